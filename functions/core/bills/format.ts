/** Formats of bills: which columns a file has, by which its format and version are told, and what a row of it says. */
import { awsDescription, awsUsage, type Metered } from '#core/bills/aws-usage.ts'
import type { BillFormat, BillLine } from '#core/bills/bill.ts'
import { cloudMeter } from '#core/bills/cloud-meters.ts'

/** What a row says, as text; '' where it says nothing. */
export interface BillRow {
  provider: string // as targets name it; '' when the row names none
  period: string // when its billing period begins
  currency: string
  payer: string
  account: string
  category: BillLine['category']
  isCredit: boolean // by its category alone, whatever its sign
  service: string
  metered: Metered | null
  meter: string
  from: string
  until: string
  quantity: string
  unit: string
  cost: string
  description: string
}

export interface BillColumns {
  format: BillFormat
  version: string
  names: { from: string; until: string; quantity: string; cost: string; period: string } // for sentences about their cells
  wanted: readonly string[] // columns that rows are read by, those that the file has
  read(cell: (column: string) => string): BillRow
}

const FOCUS_NEEDED = [
  'BilledCost',
  'BillingCurrency',
  'BillingPeriodStart',
  'ChargePeriodStart',
  'ChargePeriodEnd',
  'ChargeCategory',
]
const CUR_NEEDED = [
  'line_item_usage_type',
  'line_item_unblended_cost',
  'line_item_currency_code',
  'line_item_line_item_type',
  'line_item_usage_start_date',
  'line_item_usage_end_date',
  'bill_billing_period_start_date',
]

/** A column that only our own exports have: their estimates are billed at 0, and their allocations are of bills that are kept. */
const OWN = 'x_RowKind'

/** Tells a file's format by its header; throws one sentence that names what is missing for one that has neither. */
export function billColumns(header: readonly string[]): BillColumns {
  const twice = header.find((name, at) => header.indexOf(name) < at)
  if (twice !== undefined && twice !== '')
    throw new Error(`column ${JSON.stringify(twice.slice(0, 60))} is there twice`)
  if (header.includes(OWN)) throw new Error('it is an export of estimates and allocations by wharfage, and no bill')
  if (FOCUS_NEEDED.every((name) => header.includes(name))) return focusColumns(header)
  const names = new Map(header.map((name) => [curName(name), name]))
  if (CUR_NEEDED.every((name) => names.has(name))) return curColumns(names)
  const missing = (needed: readonly string[], has: (name: string) => boolean) => needed.filter((name) => !has(name))
  const isFocus = header.includes('BilledCost') || header.includes('ChargePeriodStart')
  const isCur = names.has('line_item_usage_type') || names.has('line_item_unblended_cost')
  if (isFocus) throw new Error(`it lacks ${missing(FOCUS_NEEDED, (name) => header.includes(name)).join(', ')} of FOCUS`)
  if (isCur) throw new Error(`it lacks ${missing(CUR_NEEDED, (name) => names.has(name)).join(', ')} of AWS CUR`)
  throw new Error(
    `its columns are neither those of FOCUS (${FOCUS_NEEDED.join(', ')}) nor of AWS CUR (${CUR_NEEDED.join(', ')}); export it as one of them`,
  )
}

const FOCUS_WANTED = [
  ...FOCUS_NEEDED,
  ...['ProviderName', 'ServiceProviderName', 'HostProviderName', 'PublisherName', 'InvoiceIssuerName'],
  ...[
    'BillingAccountId',
    'SubAccountId',
    'ChargeClass',
    'ChargeDescription',
    'RegionId',
    'ServiceCategory',
    'ServiceName',
  ],
  ...['ConsumedQuantity', 'ConsumedUnit', 'PricingQuantity', 'PricingUnit', 'SkuMeter'],
  ...[
    'x_UsageType',
    'x_ServiceCode',
    'x_SkuMeterCategory',
    'x_SkuMeterSubcategory',
    'x_SkuMeterName',
    'x_SkuDescription',
  ],
]

/** Versions by a column that the one before had not, newest first. */
const FOCUS_VERSIONS: readonly [version: string, column: string][] = [
  ['1.3', 'ServiceProviderName'],
  ['1.2', 'PricingCurrency'],
  ['1.1', 'SkuMeter'],
]

function focusColumns(header: readonly string[]): BillColumns {
  const usageOf = remembered(awsUsage)
  const told = FOCUS_VERSIONS.find(([, column]) => header.includes(column))?.[0] ?? '1.0'
  const version = told === '1.3' && !header.includes('ProviderName') ? '1.4' : told
  return {
    format: 'focus',
    version,
    names: {
      from: 'ChargePeriodStart',
      until: 'ChargePeriodEnd',
      quantity: 'ConsumedQuantity',
      cost: 'BilledCost',
      period: 'BillingPeriodStart',
    },
    wanted: FOCUS_WANTED.filter((name) => header.includes(name)),
    read(cell) {
      const provider = providerOf(
        ['ProviderName', 'ServiceProviderName', 'HostProviderName', 'PublisherName', 'InvoiceIssuerName'].map(cell),
      )
      const isConsumed = cell('ConsumedQuantity') !== '' && cell('ConsumedUnit') !== ''
      const unit = cell(isConsumed ? 'ConsumedUnit' : 'PricingUnit')
      const { metered, meter } = focusMeter(provider, cell, unit, usageOf)
      const category = cell('ChargeCategory')
      return {
        provider,
        period: cell('BillingPeriodStart'),
        currency: cell('BillingCurrency'),
        payer: cell('BillingAccountId'),
        account: cell('SubAccountId'),
        category: category === 'Usage' ? 'usage' : category === 'Credit' ? 'credit' : 'adjustment',
        isCredit: category === 'Credit',
        service: cell('ServiceName') || cell('ServiceCategory'),
        metered,
        meter,
        from: cell('ChargePeriodStart'),
        until: cell('ChargePeriodEnd'),
        quantity: cell(isConsumed ? 'ConsumedQuantity' : 'PricingQuantity'),
        unit,
        cost: cell('BilledCost'),
        description: cell('ChargeDescription'),
      }
    },
  }
}

function focusMeter(provider: string, cell: (column: string) => string, unit: string, usageOf: typeof awsUsage) {
  const [region, description] = [cell('RegionId'), cell('ChargeDescription')]
  if (provider === 'aws') {
    const service = `${cell('ServiceName')} ${cell('x_ServiceCode')}`.trim()
    for (const meter of [cell('x_UsageType'), cell('SkuMeter')]) {
      const metered = meter === '' ? null : usageOf(meter, service, region)
      if (metered !== null) return { metered, meter }
    }
    return { metered: awsDescription(description, service, region), meter: cell('SkuMeter') }
  }
  const meter =
    [cell('x_SkuMeterCategory'), cell('x_SkuMeterSubcategory'), cell('x_SkuMeterName')].filter(Boolean).join(' ') ||
    cell('SkuMeter') ||
    cell('x_SkuDescription')
  const kind = cloudMeter(provider, [cell('ServiceName'), meter, cell('x_SkuDescription'), description], unit)
  return { metered: kind === null ? null : { kind, region, to: '' }, meter }
}

/** Clouds by the names that bills have for them; another is named by its own, in plain letters. */
const PROVIDERS: readonly [RegExp, string][] = [
  [/\baws\b|amazon/i, 'aws'],
  [/google|\bgcp\b/i, 'gcp'],
  [/microsoft|azure/i, 'azure'],
]

function providerOf(names: readonly string[]): string {
  const name = names.find((one) => one !== '') ?? ''
  const known = PROVIDERS.find(([words]) => words.test(name))?.[1]
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return known ?? plain.replace(/^-|-$/g, '').slice(0, 40)
}

const CUR_WANTED = [
  ...CUR_NEEDED,
  ...['bill_payer_account_id', 'line_item_usage_account_id', 'line_item_product_code', 'product_servicecode'],
  ...['line_item_usage_amount', 'pricing_unit', 'line_item_line_item_description'],
  ...['product_region_code', 'product_region', 'product_from_region_code', 'product_to_region_code'],
]
const CUR_USAGE: readonly string[] = ['Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage']
const CUR_CREDIT = /^Credit$|Discount$/

/** `names` has each column's name as the file spells it, by CUR 2.0's spelling. */
function curColumns(names: ReadonlyMap<string, string>): BillColumns {
  const nameOf = (name: string) => names.get(name) ?? name
  const usageOf = remembered(awsUsage)
  const isLegacy = [...names.values()].some((name) => name.includes('/')) || names.has('product_region')
  return {
    format: 'cur',
    version: isLegacy ? '1' : '2.0',
    names: {
      from: nameOf('line_item_usage_start_date'),
      until: nameOf('line_item_usage_end_date'),
      quantity: nameOf('line_item_usage_amount'),
      cost: nameOf('line_item_unblended_cost'),
      period: nameOf('bill_billing_period_start_date'),
    },
    wanted: CUR_WANTED.filter((name) => names.has(name)).map(nameOf),
    read(spelled) {
      const cell = (name: string) => spelled(nameOf(name))
      const meter = cell('line_item_usage_type')
      const type = cell('line_item_line_item_type')
      const region = cell('product_from_region_code') || cell('product_region_code') || cell('product_region')
      const service = cell('line_item_product_code')
      const metered = usageOf(meter, service, region)
      const isUsage = CUR_USAGE.includes(type)
      const isCredit = !isUsage && CUR_CREDIT.test(type)
      return {
        provider: 'aws',
        period: cell('bill_billing_period_start_date'),
        currency: cell('line_item_currency_code'),
        payer: cell('bill_payer_account_id'),
        account: cell('line_item_usage_account_id'),
        category: isUsage ? 'usage' : isCredit ? 'credit' : 'adjustment',
        isCredit,
        service: service || cell('product_servicecode'),
        metered:
          metered?.kind === 'cross-region' ? { ...metered, to: metered.to || cell('product_to_region_code') } : metered,
        meter,
        from: cell('line_item_usage_start_date'),
        until: cell('line_item_usage_end_date'),
        quantity: cell('line_item_usage_amount'),
        // Some exports leave the unit out; the usage types that end in Bytes are metered in AWS's gigabytes.
        unit: cell('pricing_unit') || (/Bytes$/.test(meter) ? 'GB' : ''),
        cost: cell('line_item_unblended_cost'),
        description: cell('line_item_line_item_description'),
      }
    },
  }
}

const ANSWERS_KEPT = 10_000

/** The same function, which works each answer out once: a bill has few usage types and millions of rows. */
function remembered(of: typeof awsUsage): typeof awsUsage {
  const answers = new Map<string, Metered | null>()
  return (...question) => {
    const key = question.join('\0')
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = of(...question)
    if (answers.size < ANSWERS_KEPT) answers.set(key, answer)
    return answer
  }
}

/** A column of the legacy report, 'lineItem/UsageType', in CUR 2.0's spelling, 'line_item_usage_type'. */
function curName(name: string): string {
  const [group, ...rest] = name.split('/')
  const snake = (text: string) => text.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()
  return rest.length === 0 ? name : `${snake(group)}_${snake(rest.join('_'))}`
}
