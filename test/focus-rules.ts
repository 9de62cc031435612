/** The specification's text of FOCUS 1.2 and 1.4 as rules, for exports of the ledger of focus-ledger.ts. */
import type { FocusRows, FocusVersion } from '#core/focus/columns.ts'
import { hoursOf, isKeyValue, scaled, UNIT } from './focus-model.ts'
import type { FocusRecord } from './focus-records.ts'

/** A rule of the specification's text, for one column or the whole row. */
export interface TextRule {
  column: string
  says: string // in short
  holds(row: FocusRecord): boolean
  versions?: readonly FocusVersion[] // all by default
  rows?: readonly FocusRows[]
}

const is =
  (column: string, ...allowed: string[]) =>
  (row: FocusRecord) =>
    allowed.includes(String(row[column]))
const isNull = (column: string) => (row: FocusRecord) => row[column] === null
const bothOrNone = (column: string, other: string) => (row: FocusRecord) =>
  (row[column] === null) === (row[other] === null)
const isUsage = is('ChargeCategory', 'Usage')
const onlyOfUsage = (column: string) => (row: FocusRecord) => isUsage(row) === (row[column] !== null)
const same = (column: string, other: string) => (row: FocusRecord) => row[column] === row[other]
const month = (row: FocusRecord) => String(row.BillingPeriodStart).slice(0, 7)

export const TEXT_RULES: readonly TextRule[] = [
  { column: 'BilledCost', says: '0 from whoever does not invoice', rows: ['estimate'], holds: is('BilledCost', '0') },
  {
    column: 'BilledCost',
    says: 'what the bill has, below zero for credits and adjustments alone',
    rows: ['allocation'],
    holds: (row) => !isUsage(row) || !String(row.BilledCost).startsWith('-'),
  },
  {
    column: 'RegionId',
    says: 'not null where the service is operated in a region',
    holds: (row) => (row.RegionId === 'us-east-1') === (row.x_Target !== 'edge'),
  },
  {
    column: 'ResourceId',
    says: 'of a workload that is known; no line of a bill tells its resource',
    holds: ({
      ResourceId: id,
      x_Target: target,
      x_SourceNamespace: namespace,
      x_SourceWorkload: workload,
      x_RowKind: kind,
    }) => {
      if (kind !== 'estimate') return id === null
      if (namespace === null) return id === 'mesh/nat' || id === 'mesh/endpoint/ecr'
      return id === (workload === null ? null : `${target}/${namespace}/${workload}`)
    },
  },
  { column: 'SubAccountId', says: 'null where none is known', rows: ['estimate'], holds: isNull('SubAccountId') },
  { column: 'SubAccountId', says: 'that of the line', rows: ['allocation'], holds: is('SubAccountId', '222222222222') },
  {
    column: 'EffectiveCost',
    says: 'matches BilledCost where nothing covers the charge',
    holds: same('EffectiveCost', 'BilledCost'),
  },
  {
    column: 'ContractedCost',
    says: 'the list cost without negotiated discounts',
    holds: same('ContractedCost', 'ListCost'),
  },
  {
    column: 'ContractedUnitPrice',
    says: 'the list unit price likewise',
    holds: same('ContractedUnitPrice', 'ListUnitPrice'),
  },
  {
    column: 'ListCost',
    says: 'matches BilledCost where there is no unit price',
    holds: (row) => row.ListUnitPrice !== null || row.ListCost === row.BilledCost,
  },
  {
    column: 'ListCost',
    says: 'the product of unit price and quantity, to the nano-unit of each hour',
    holds: (row) => {
      if (row.ListUnitPrice === null || row.PricingQuantity === null) return true
      const off = scaled(row.ListUnitPrice) * scaled(row.PricingQuantity) - scaled(String(row.ListCost)) * scaled('1')
      return (off < 0n ? -off : off) <= BigInt(hoursOf(row)) * scaled('1') * scaled('0.000000001')
    },
  },
  { column: 'BillingAccountId', says: 'not null', holds: is('BillingAccountId', 'main', 'edge', '111111111111') },
  {
    column: 'BillingAccountName',
    says: 'not null where accounts have names',
    holds: (row) => row.BillingAccountName !== null,
  },
  {
    column: 'BillingAccountType',
    says: 'not null with an id',
    holds: bothOrNone('BillingAccountType', 'BillingAccountId'),
  },
  { column: 'BillingCurrency', says: 'ISO 4217', holds: is('BillingCurrency', 'USD') },
  { column: 'PricingCurrency', says: 'not null; here the same', holds: same('PricingCurrency', 'BillingCurrency') },
  {
    column: 'PricingCurrencyEffectiveCost',
    says: 'EffectiveCost in the pricing currency',
    holds: same('PricingCurrencyEffectiveCost', 'EffectiveCost'),
  },
  {
    column: 'PricingCurrencyListUnitPrice',
    says: 'ListUnitPrice in the pricing currency',
    holds: same('PricingCurrencyListUnitPrice', 'ListUnitPrice'),
  },
  {
    column: 'PricingCurrencyContractedUnitPrice',
    says: 'ContractedUnitPrice in the pricing currency',
    holds: same('PricingCurrencyContractedUnitPrice', 'ContractedUnitPrice'),
  },
  {
    column: 'BillingPeriodStart',
    says: 'the first instant of a month, inclusive',
    holds: is('BillingPeriodStart', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'),
  },
  {
    column: 'BillingPeriodEnd',
    says: 'the first instant of the next, exclusive',
    holds: (row) =>
      row.BillingPeriodEnd === (month(row) === '2026-10' ? '2026-11-01T00:00:00Z' : '2026-12-01T00:00:00Z'),
  },
  {
    column: 'ChargePeriodStart',
    says: 'inclusive, in the billing period',
    holds: (row) => String(row.ChargePeriodStart) >= String(row.BillingPeriodStart),
  },
  {
    column: 'ChargePeriodEnd',
    says: 'exclusive, after the start, in the billing period',
    holds: (row) =>
      String(row.ChargePeriodEnd) > String(row.ChargePeriodStart) &&
      String(row.ChargePeriodEnd) <= String(row.BillingPeriodEnd),
  },
  {
    column: 'ChargeCategory',
    says: 'of the allowed values',
    holds: is('ChargeCategory', 'Usage', 'Adjustment', 'Credit'),
  },
  { column: 'ChargeClass', says: 'null where no invoiced period is corrected', holds: isNull('ChargeClass') },
  { column: 'ChargeDescription', says: 'should not be null', holds: (row) => row.ChargeDescription !== null },
  { column: 'ChargeFrequency', says: 'of the allowed values', holds: is('ChargeFrequency', 'Usage-Based', 'One-Time') },
  { column: 'ConsumedQuantity', says: 'of usage, and of nothing else', holds: onlyOfUsage('ConsumedQuantity') },
  { column: 'ConsumedUnit', says: 'null with its quantity', holds: bothOrNone('ConsumedUnit', 'ConsumedQuantity') },
  { column: 'ConsumedUnit', says: 'a unit', holds: (row) => row.ConsumedUnit === null || UNIT.test(row.ConsumedUnit) },
  { column: 'ListUnitPrice', says: 'of usage; of nothing here besides', holds: onlyOfUsage('ListUnitPrice') },
  {
    column: 'ListUnitPrice',
    says: 'not below zero',
    holds: (row) => row.ListUnitPrice === null || !row.ListUnitPrice.startsWith('-'),
  },
  {
    column: 'PricingCategory',
    says: 'Standard at a rate agreed before',
    holds: (row) => isNull('PricingCategory')(row) !== isUsage(row),
  },
  { column: 'PricingQuantity', says: 'of usage; null without a price', holds: onlyOfUsage('PricingQuantity') },
  { column: 'PricingUnit', says: 'null with its quantity', holds: bothOrNone('PricingUnit', 'PricingQuantity') },
  {
    column: 'PricingUnit',
    says: 'a unit, GB of 10^9 and GiB of 2^30 bytes',
    rows: ['estimate'],
    holds: (row) => row.PricingUnit === null || ['GB', 'GiB', 'Hours'].includes(row.PricingUnit),
  },
  { column: 'SkuId', says: 'of usage', holds: onlyOfUsage('SkuId') },
  { column: 'SkuPriceId', says: 'of usage', holds: onlyOfUsage('SkuPriceId') },
  { column: 'SkuMeter', says: 'null with the SKU, else not', holds: bothOrNone('SkuMeter', 'SkuId') },
  {
    column: 'SkuPriceDetails',
    says: 'null without a price, and keys of our own begin with x_',
    holds: ({ SkuPriceDetails: text, SkuPriceId: id }) =>
      text === null ||
      (id !== null && isKeyValue(text) && Object.keys(JSON.parse(text)).every((key) => key.startsWith('x_'))),
  },
  { column: 'ServiceCategory', says: 'of the allowed values', holds: is('ServiceCategory', 'Networking') },
  {
    column: 'ServiceSubcategory',
    says: 'one of the category’s',
    holds: is('ServiceSubcategory', 'Network Connectivity'),
  },
  {
    column: 'ServiceName',
    says: 'not null',
    holds: is('ServiceName', 'Data Transfer', 'NAT Gateway', 'Private Endpoint'),
  },
  { column: 'RegionName', says: 'null with its id, else not', holds: bothOrNone('RegionName', 'RegionId') },
  { column: 'ResourceType', says: 'null with the resource, else not', holds: bothOrNone('ResourceType', 'ResourceId') },
  {
    column: 'ResourceName',
    says: 'no duplicate of its id',
    holds: (row) => row.ResourceName === null || row.ResourceName !== row.ResourceId,
  },
  { column: 'SubAccountName', says: 'null with its id, else not', holds: bothOrNone('SubAccountName', 'SubAccountId') },
  { column: 'SubAccountType', says: 'null with its id, else not', holds: bothOrNone('SubAccountType', 'SubAccountId') },
  {
    column: 'Tags',
    says: 'an object of unique keys and plain values',
    holds: (row) => row.Tags === null || isKeyValue(row.Tags),
  },
  { column: 'InvoiceIssuerName', says: 'not null', holds: is('InvoiceIssuerName', 'AWS', 'edge') },
  { column: 'ProviderName', says: 'not null', versions: ['1.2'], holds: same('ProviderName', 'InvoiceIssuerName') },
  { column: 'PublisherName', says: 'not null', versions: ['1.2'], holds: same('PublisherName', 'InvoiceIssuerName') },
  {
    column: 'ServiceProviderName',
    says: 'not null',
    versions: ['1.4'],
    holds: same('ServiceProviderName', 'InvoiceIssuerName'),
  },
  {
    column: 'HostProviderName',
    says: 'matches ServiceProviderName unless another host was chosen',
    versions: ['1.4'],
    holds: same('HostProviderName', 'ServiceProviderName'),
  },
  { column: 'InvoiceId', says: 'null without an invoice', holds: isNull('InvoiceId') },
  { column: 'InvoiceDetailId', says: 'null without an invoice', versions: ['1.4'], holds: isNull('InvoiceDetailId') },
  ...[
    ...['AvailabilityZone', 'CapacityReservationId', 'CapacityReservationStatus', 'CommitmentDiscountCategory'],
    ...['CommitmentDiscountId', 'CommitmentDiscountName', 'CommitmentDiscountQuantity', 'CommitmentDiscountStatus'],
    ...['CommitmentDiscountType', 'CommitmentDiscountUnit'],
  ].map(
    (column): TextRule => ({
      column,
      says: 'null: no zone, reservation or commitment is involved',
      holds: isNull(column),
    }),
  ),
  ...['CommitmentProgramEligibilityDetails', 'ContractApplied'].map(
    (column): TextRule => ({
      column,
      says: 'null: no commitment is known of',
      versions: ['1.4'],
      holds: isNull(column),
    }),
  ),
  ...[
    'AllocatedMethodId',
    'AllocatedMethodDetails',
    'AllocatedResourceId',
    'AllocatedResourceName',
    'AllocatedTags',
  ].map((column): TextRule => {
    const versions = ['1.4'] as const
    return { column, says: 'null where nothing was split', versions, rows: ['estimate'], holds: isNull(column) }
  }),
  {
    column: 'AllocatedResourceId',
    says: 'null for what is not allocated, else not',
    versions: ['1.4'],
    rows: ['allocation'],
    holds: (row) => isNull('AllocatedResourceId')(row) === (row.x_RowKind === 'unattributed'),
  },
  {
    column: 'AllocatedResourceName',
    says: 'null with its id, else not',
    versions: ['1.4'],
    holds: bothOrNone('AllocatedResourceName', 'AllocatedResourceId'),
  },
  {
    column: 'AllocatedMethodId',
    says: 'not null where a charge was split, the remainder among it',
    versions: ['1.4'],
    holds: (row) => row.AllocatedResourceId === null || row.AllocatedMethodId === 'wharfage-share-of-bytes',
  },
  {
    column: 'AllocatedMethodDetails',
    says: 'elements with a ratio, and a unit with each quantity',
    versions: ['1.4'],
    holds: ({ AllocatedMethodDetails: text, AllocatedMethodId: id }) => {
      if (text === null || id === null) return text === id
      const { Elements: elements } = JSON.parse(text)
      return elements.every(
        (one: Record<string, unknown>) =>
          typeof one.AllocatedRatio === 'number' && (one.UsageUnit === undefined) === (one.UsageQuantity === undefined),
      )
    },
  },
  {
    column: 'AllocatedTags',
    says: 'an object, and none that Tags has',
    versions: ['1.4'],
    holds: (row) => row.AllocatedTags === null || (row.Tags === null && isKeyValue(row.AllocatedTags)),
  },
]
