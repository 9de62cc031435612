/**
 * Allocation rows: to whom the lines of an imported bill go, with what nobody explains as a row of its own. They are the
 * bill's charges divided, and stand in place of its lines: BilledCost of all rows of a line sums to the line.
 *
 * A line as it was imported has no list price, so that list and contracted prices are what was billed for a unit.
 */
import type { Bill, BillLine } from '#core/bills/bill.ts'
import type { BillPart } from '#core/bills/split.ts'
import { decimalOf, type Nano, nanoOf, shareOut } from '#core/costs/money.ts'
import { costText, decimalText, unitPriceText } from '#core/focus/decimal.ts'
import { accountColumns, unitPrices } from '#core/focus/estimate-row.ts'
import { chargeName, providerName, resourceOf, serviceOf, skuMeter, tagsOf } from '#core/focus/names.ts'
import { periodColumns } from '#core/focus/period.ts'
import type { FocusRow } from '#core/focus/row.ts'
import { parseInstant } from '#core/time.ts'

/** How lines are divided: by each flow's share of the bytes that the meshes saw in the line's period. */
export const ALLOCATED_METHOD = 'wharfage-share-of-bytes'

/** Places of a part's share of its line; the shares of a line sum to 1 exactly. */
const RATIO_PLACES = 18
const QUANTITY_PLACES = 18

/** The rows of one line, from all its parts, in their order. */
export function allocationRows(bill: Bill, line: BillLine, parts: readonly BillPart[]): FocusRow[] {
  const weights = weightsOf(parts)
  const ratios = shareOut(10n ** BigInt(RATIO_PLACES), weights)
  const measures = line.category === 'usage' ? usageColumns(line, weights) : null
  const isSplit = parts.length > 1 || parts.some(({ flow }) => flow !== null)
  return parts.map((part, at) => ({
    ...lineColumns(bill, line, part),
    ...costColumns(part.nano),
    ...(measures === null ? otherColumns(line) : measures[at]),
    ...(isSplit ? splitColumns(part, ratios[at]) : {}),
  }))
}

/** What parts are worth beside each other; where nothing was billed, by their bytes. */
function weightsOf(parts: readonly BillPart[]): bigint[] {
  const nanos = parts.map(({ nano }) => (nano < 0n ? -nano : nano))
  return nanos.some((nano) => nano > 0n) ? nanos : parts.map(({ bytes }) => BigInt(bytes))
}

function lineColumns(bill: Bill, line: BillLine, { flow, reason, bytes, kind }: BillPart): FocusRow {
  const [payer] = bill.payers
  return {
    ...periodColumns({ from: parseInstant(line.from), to: parseInstant(line.until) }, bill.month),
    ...accountColumns(providerName(bill.provider), bill.payers.length === 1 ? payer : bill.provider, bill.currency),
    ...serviceOf(line.kind),
    SubAccountId: line.account,
    SubAccountName: line.account,
    SubAccountType: line.account === '' ? '' : 'Account',
    ChargeDescription: line.description === '' ? chargeName(line.kind) : line.description,
    RegionId: line.region,
    RegionName: line.region,
    x_RowKind: flow === null ? 'unattributed' : 'allocation',
    x_PriceKind: kind,
    x_Target: flow?.target ?? '',
    x_SourceNamespace: flow?.namespace ?? '',
    x_SourceWorkload: flow?.workload ?? '',
    x_DestinationHost: flow?.host ?? '',
    x_Team: flow?.team ?? '',
    x_CostCentre: flow?.costCentre ?? '',
    x_BillFile: bill.file,
    x_BillSha256: bill.sha256,
    x_BillRow: String(line.row),
    x_MeshBytes: flow === null || kind.endsWith('-hours') ? '' : String(bytes),
    x_UnattributedReason: reason,
  }
}

function costColumns(nano: Nano): FocusRow {
  const cost = costText(nano)
  return {
    BilledCost: cost,
    EffectiveCost: cost,
    ContractedCost: cost,
    ListCost: cost,
    PricingCurrencyEffectiveCost: cost,
  }
}

/** Credits and adjustments have no quantity, and are nobody's. */
function otherColumns({ category }: BillLine): FocusRow {
  return { ChargeCategory: category === 'credit' ? 'Credit' : 'Adjustment', ChargeFrequency: 'One-Time' }
}

/** Quantities of the parts, which sum to those of the line. A line without one is sold as one unit. */
function usageColumns(line: BillLine, weights: readonly bigint[]): FocusRow[] {
  const billed = line.unit === '' ? null : decimalOf(line.quantity, QUANTITY_PLACES)
  const isCounted = billed !== null && billed > 0n
  const quantity = isCounted ? billed : 10n ** BigInt(QUANTITY_PLACES)
  const unit = isCounted ? line.unit : 'Units'
  const price = unitPriceText(nanoOf(line.cost), quantity, QUANTITY_PLACES)
  const quantities = shareOut(quantity, weights).map((part) => decimalText(part, QUANTITY_PLACES))
  const consumed = line.bytes === null ? quantities : shareOut(BigInt(line.bytes), weights).map(String)
  const sku = line.meter === '' ? [line.kind, line.region, line.to].filter((part) => part !== '').join(' ') : line.meter
  return weights.map((_, at) => ({
    ChargeCategory: 'Usage',
    ChargeFrequency: 'Usage-Based',
    ConsumedQuantity: consumed[at],
    ConsumedUnit: line.bytes === null ? unit : 'B',
    ...unitPrices(price),
    PricingCategory: 'Standard',
    PricingQuantity: quantities[at],
    PricingUnit: unit,
    SkuId: sku,
    SkuMeter: skuMeter(line.kind),
    SkuPriceId: sku,
  }))
}

/** The split, under the names it has from 1.3 on and under ours for versions before. */
function splitColumns({ flow, bytes }: BillPart, ratio: bigint): FocusRow {
  // Written by hand: as a float the shares of a line would not sum to 1.
  const usage = bytes === 0 ? '' : `,"UsageUnit":"B","UsageQuantity":${bytes}`
  const element = `{"AllocatedRatio":${decimalText(ratio, RATIO_PLACES)}${usage}}`
  const resource = flow === null ? { id: '', name: '' } : resourceOf(flow)
  const split = {
    AllocatedMethodId: ALLOCATED_METHOD,
    AllocatedMethodDetails: `{"Elements":[${element}]}`,
    AllocatedResourceId: flow === null ? '' : resource.id || `${flow.target}/${flow.namespace}`,
    AllocatedResourceName: flow === null ? '' : resource.name || flow.namespace || flow.target,
    AllocatedTags: flow === null ? '' : tagsOf(flow),
  }
  return { ...split, ...Object.fromEntries(Object.entries(split).map(([name, value]) => [`x_${name}`, value])) }
}
