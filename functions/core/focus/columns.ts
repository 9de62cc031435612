/**
 * Columns of the FinOps Open Cost and Usage Specification (FOCUS), by version, as its "Content constraints" have them. Every
 * column of a version is written, those that cannot apply to data transfer as nulls, so that no loader needs a special case.
 */

/** 1.2 is what validators and most consumers carry; 1.4 has columns for split costs of its own. */
export type FocusVersion = '1.2' | '1.4'
export const FOCUS_VERSIONS: readonly FocusVersion[] = ['1.2', '1.4']

/** What rows say: what the mesh's traffic costs by list prices, or to whom the lines of an imported bill go. */
export type FocusRows = 'estimate' | 'allocation'
export const FOCUS_ROWS: readonly FocusRows[] = ['estimate', 'allocation']

export type FocusType = 'string' | 'decimal' | 'datetime' | 'json' | 'boolean'

export interface FocusColumn {
  name: string
  type: FocusType
  level: 'mandatory' | 'conditional' | 'recommended' | 'custom'
  nullable: boolean
}

/** The columns of a file in their order: those of the specification by name, then our own. */
export function focusColumns(version: FocusVersion, rows: FocusRows): readonly FocusColumn[] {
  const specified = [...SHARED, ...OF_VERSION[version]].sort((a, b) => (a.name < b.name ? -1 : 1))
  const own = rows === 'estimate' ? OF_ESTIMATES : [...OF_ALLOCATIONS, ...(version === '1.2' ? SPLIT_BEFORE_1_3 : [])]
  return [...specified, ...OF_BOTH, ...own]
}

type Level = FocusColumn['level']

function columns(level: Level, nullable: boolean, type: FocusType, names: string): FocusColumn[] {
  return names.split(' ').map((name) => ({ name, type, level, nullable }))
}

const SHARED: readonly FocusColumn[] = [
  ...columns('mandatory', false, 'decimal', 'BilledCost ContractedCost EffectiveCost ListCost'),
  ...columns('mandatory', false, 'string', 'BillingAccountId BillingCurrency ChargeCategory InvoiceIssuerName'),
  ...columns('mandatory', false, 'string', 'ServiceCategory ServiceName'),
  ...columns('mandatory', false, 'datetime', 'BillingPeriodEnd BillingPeriodStart ChargePeriodEnd ChargePeriodStart'),
  ...columns('mandatory', true, 'string', 'BillingAccountName ChargeClass ChargeDescription PricingUnit'),
  ...columns('mandatory', true, 'decimal', 'PricingQuantity'),
  ...columns('conditional', false, 'string', 'BillingAccountType PricingCurrency'),
  ...columns('conditional', true, 'string', 'CapacityReservationId CapacityReservationStatus'),
  ...columns('conditional', true, 'string', 'CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName'),
  ...columns('conditional', true, 'string', 'CommitmentDiscountStatus CommitmentDiscountType CommitmentDiscountUnit'),
  ...columns('conditional', true, 'decimal', 'CommitmentDiscountQuantity ConsumedQuantity ContractedUnitPrice'),
  ...columns('conditional', true, 'decimal', 'ListUnitPrice PricingCurrencyContractedUnitPrice'),
  ...columns('conditional', true, 'decimal', 'PricingCurrencyListUnitPrice'),
  ...columns('conditional', true, 'string', 'ConsumedUnit PricingCategory RegionId RegionName'),
  ...columns('conditional', true, 'string', 'ResourceId ResourceName ResourceType SkuId SkuMeter SkuPriceId'),
  ...columns('conditional', true, 'json', 'SkuPriceDetails Tags'),
  ...columns('conditional', true, 'string', 'SubAccountId SubAccountName SubAccountType'),
  ...columns('recommended', true, 'string', 'AvailabilityZone'),
  ...columns('recommended', false, 'string', 'ChargeFrequency ServiceSubcategory'),
]

const OF_VERSION: Readonly<Record<FocusVersion, readonly FocusColumn[]>> = {
  '1.2': [
    ...columns('mandatory', false, 'string', 'ProviderName PublisherName'),
    ...columns('recommended', true, 'string', 'InvoiceId'),
    ...columns('conditional', true, 'decimal', 'PricingCurrencyEffectiveCost'),
  ],
  '1.4': [
    ...columns('mandatory', false, 'string', 'HostProviderName ServiceProviderName'),
    ...columns('conditional', true, 'string', 'InvoiceDetailId InvoiceId'),
    ...columns('conditional', false, 'decimal', 'PricingCurrencyEffectiveCost'),
    ...columns('conditional', true, 'string', 'AllocatedMethodId AllocatedResourceId AllocatedResourceName'),
    ...columns('conditional', true, 'json', 'AllocatedTags CommitmentProgramEligibilityDetails ContractApplied'),
    ...columns('recommended', true, 'json', 'AllocatedMethodDetails'),
  ],
}

const OF_BOTH: readonly FocusColumn[] = [
  ...columns('custom', false, 'string', 'x_RowKind x_PriceKind'),
  ...columns('custom', true, 'string', 'x_Target x_SourceNamespace x_SourceWorkload x_DestinationHost'),
  ...columns('custom', true, 'string', 'x_Team x_CostCentre'),
]

const OF_ESTIMATES: readonly FocusColumn[] = [
  ...columns('custom', true, 'string', 'x_Protocol x_DestinationClass x_DestinationProvider x_DestinationRegion'),
  ...columns('custom', true, 'string', 'x_DestinationService x_PriceBasis x_PriceEntry x_PriceSource x_PriceMissing'),
  ...columns('custom', true, 'decimal', 'x_ChargedBytes'),
  ...columns('custom', false, 'string', 'x_Observation'),
  ...columns('custom', false, 'boolean', 'x_BytesEstimated x_Provisional'),
]

const OF_ALLOCATIONS: readonly FocusColumn[] = [
  ...columns('custom', false, 'string', 'x_BillFile x_BillSha256'),
  ...columns('custom', false, 'decimal', 'x_BillRow'),
  ...columns('custom', true, 'decimal', 'x_MeshBytes'),
  ...columns('custom', true, 'string', 'x_UnattributedReason'),
]

/** What 1.3 brought for split costs, under names of our own. */
const SPLIT_BEFORE_1_3: readonly FocusColumn[] = [
  ...columns('custom', true, 'string', 'x_AllocatedMethodId x_AllocatedResourceId x_AllocatedResourceName'),
  ...columns('custom', true, 'json', 'x_AllocatedTags x_AllocatedMethodDetails'),
]
