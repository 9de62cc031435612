/**
 * Estimate rows. Nobody is invoiced by them, so that what is billed and effective is 0 and the estimate stands in ListCost.
 *
 * The specification has no usage without a price: its unit price and SKU must not be null. What has no price is therefore an
 * Adjustment of 0 without unit price, which says why, with its bytes in a column of ours.
 */
import type { Nano } from '#core/costs/money.ts'
import type { PricedEdge } from '#core/costs/priced-day.ts'
import type { PriceEntry, PriceKind, Prices, TargetPlace } from '#core/costs/prices.ts'
import { costText, decimalText, quantityText, unitPriceText } from '#core/focus/decimal.ts'
import { chargeName, providerName, resourceOf, serviceOf, skuId, skuMeter, tagsOf } from '#core/focus/names.ts'
import { type ChargePeriod, periodColumns } from '#core/focus/period.ts'
import type { PriceLevel } from '#core/focus/price-level.ts'
import type { FocusRow } from '#core/focus/row.ts'
import type { Observation } from '#core/report.ts'

/** What is the same in all rows of one line of charges. */
export interface ChargeLine {
  currency: string
  target: string
  kind: PriceKind
  entry: PriceEntry | null // null: without a price
  level: PriceLevel | null // null: without a price, or by the hour
  missing: string
  edge: PricedEdge | null // the first of its flows; null for what is charged by the hour
  service: string // of an endpoint that is charged by the hour
  prices: Prices
}

export interface ChargeSum {
  line: ChargeLine
  quantity: bigint // bytes or hours
  nano: Nano
}

/** When it was, and how far to believe it. */
export interface EstimatePeriod {
  period: ChargePeriod
  observation: Observation // of the target
  provisional: boolean
}

/** The row of a sum. */
export function estimateRow(sum: ChargeSum, { period, observation, provisional }: EstimatePeriod): FocusRow {
  const { line } = sum
  const { currency, target, kind, entry, edge } = line
  const place = placeOf(line.prices, target)
  const provider = providerName(place?.provider ?? target)
  const payer = place?.payer || place?.provider || target
  const region = place?.region ?? ''
  const resource = edge === null ? hourlyResource(line) : resourceOf(edge)
  const source = {
    target,
    namespace: edge?.namespace ?? '',
    team: edge?.team ?? '',
    costCentre: edge?.costCentre ?? '',
  }
  return {
    ...periodColumns(period),
    ...accountColumns(provider, payer, currency),
    ...serviceOf(kind),
    ...(entry === null ? withoutPrice(line, sum.quantity) : withPrice(line, entry, sum)),
    BilledCost: '0',
    EffectiveCost: '0',
    PricingCurrencyEffectiveCost: '0',
    RegionId: region,
    RegionName: region,
    ResourceId: resource.id,
    ResourceName: resource.name,
    ResourceType: resource.id === '' ? '' : edge === null ? resourceTypeOf(kind) : 'Workload',
    Tags: tagsOf(source),
    x_RowKind: 'estimate',
    x_PriceKind: kind,
    x_Target: target,
    x_SourceNamespace: source.namespace,
    x_SourceWorkload: edge?.workload ?? '',
    x_DestinationHost: edge?.host ?? '',
    x_Team: source.team,
    x_CostCentre: source.costCentre,
    x_Protocol: edge?.protocol ?? '',
    x_DestinationClass: edge?.destinationClass ?? '',
    x_DestinationProvider: edge?.destined?.provider ?? '',
    x_DestinationRegion: edge?.destined?.region ?? '',
    x_DestinationService: edge?.destined?.service ?? line.service,
    x_PriceBasis: edge?.destined?.basis ?? '',
    x_PriceEntry: entry?.id ?? '',
    x_PriceSource: entry?.source ?? '',
    x_PriceMissing: line.missing,
    x_ChargedBytes: edge === null ? '' : String(sum.quantity),
    x_Observation: observation,
    x_BytesEstimated: String(edge !== null && edge.protocol !== 'tcp'),
    x_Provisional: String(provisional),
  }
}

/** Who would invoice it, and whom. */
export function accountColumns(provider: string, payer: string, currency: string): Record<string, string> {
  return {
    BillingAccountId: payer,
    BillingAccountName: payer,
    BillingAccountType: 'Payer',
    BillingCurrency: currency,
    PricingCurrency: currency,
    InvoiceIssuerName: provider,
    HostProviderName: provider,
    ServiceProviderName: provider,
    ProviderName: provider,
    PublisherName: provider,
  }
}

function withPrice(line: ChargeLine, entry: PriceEntry, { quantity, nano }: ChargeSum): FocusRow {
  const { kind, level, edge } = line
  const cost = costText(nano)
  const [only] = entry.tiers
  const isOnePrice = entry.tiers.length === 1 && entry.free === null
  const price = level?.price ?? (isOnePrice ? only.price : unitPriceText(nano, quantity, 0))
  const sku = skuId(entry)
  const unit = entry.unit === 'hour' ? 'Hours' : entry.unit
  const priced = entry.unit === 'hour' ? String(quantity) : quantityText(quantity, entry.unit)
  const details = {
    ...(level === null || level.name === '' ? {} : { x_PriceTier: level.name }),
    ...(level === null || level.upTo === '' ? {} : { x_PriceTierUpTo: `${level.upTo} ${entry.unit}` }),
  }
  return {
    ChargeCategory: 'Usage',
    ChargeFrequency: 'Usage-Based',
    ChargeDescription: describe(line, unit, plainDecimal(price)),
    ConsumedQuantity: String(quantity),
    ConsumedUnit: edge === null ? 'Hours' : 'B',
    ListCost: cost,
    ContractedCost: cost,
    ...unitPrices(plainDecimal(price)),
    PricingCategory: 'Standard',
    PricingQuantity: priced,
    PricingUnit: unit,
    SkuId: sku,
    SkuMeter: skuMeter(kind),
    SkuPriceId: level === null || level.name === '' ? sku : `${sku} ${level.name}`,
    SkuPriceDetails: Object.keys(details).length === 0 ? '' : JSON.stringify(details),
  }
}

function withoutPrice(line: ChargeLine, quantity: bigint): FocusRow {
  const what = line.edge === null ? `${quantity} hours` : `${quantity} B`
  return {
    ChargeCategory: 'Adjustment',
    ChargeFrequency: 'Usage-Based',
    ChargeDescription: `${chargeName(line.kind)}, ${what} without a price: ${line.missing}`,
    ListCost: '0',
    ContractedCost: '0',
  }
}

/** All unit prices of a row, of which none is negotiated and none in another currency. */
export function unitPrices(price: string): FocusRow {
  return {
    ListUnitPrice: price,
    ContractedUnitPrice: price,
    PricingCurrencyListUnitPrice: price,
    PricingCurrencyContractedUnitPrice: price,
  }
}

/** A price without zeros at its end. */
function plainDecimal(price: string): string {
  const [whole, fraction = ''] = price.split('.')
  return decimalText(BigInt(whole + fraction), fraction.length)
}

function describe({ kind, edge, level, target, service }: ChargeLine, unit: string, price: string): string {
  const tier = level === null || level.name === '' ? '' : ` (${level.name})`
  const at = `at ${price} per ${unit === 'Hours' ? 'hour' : unit}${tier}, estimated from list prices`
  if (edge === null) return `${chargeName(kind)}${service === '' ? '' : ` for ${service}`} of ${target} ${at}`
  const source = `${edge.namespace}/${edge.workload === '' ? '(unknown)' : edge.workload}`
  return `${chargeName(kind)} from ${source} to ${edge.host === '' ? '(unknown)' : edge.host} ${at}`
}

function hourlyResource({ target, kind, service }: ChargeLine): { id: string; name: string } {
  return { id: kind === 'nat-hours' ? `${target}/nat` : `${target}/endpoint/${service}`, name: '' }
}

function resourceTypeOf(kind: PriceKind): string {
  return kind === 'nat-hours' ? 'NAT gateway' : 'Private endpoint'
}

/** Where a target runs; null when that is not declared. A target may be called as what every object has. */
export function placeOf({ targets }: Prices, target: string): TargetPlace | null {
  return Object.hasOwn(targets, target) ? targets[target] : null
}
