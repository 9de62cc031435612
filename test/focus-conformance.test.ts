/** Conformance of FOCUS exports: rule by rule by the specification's text, and by the FinOps Foundation's own model of 1.2. */
import { moneyOf, nanoOf } from '#core/costs/money.ts'
import { type FocusColumn, type FocusRows, type FocusVersion, focusColumns } from '#core/focus/columns.ts'
import { pricedDays } from '../functions/stage/priced-days.ts'
import type { Store } from '../functions/store/store.ts'
import { BILL_LINES, END, FIRST_DAY, focusLedger, withBill } from './focus-ledger.ts'
import { brokenBy, MODEL, type ModelRule, scaled } from './focus-model.ts'
import { exported, type FocusFile, type FocusRecord } from './focus-records.ts'
import { TEXT_RULES } from './focus-rules.ts'

const store: Store = await withBill(await focusLedger())

const FILES: [version: FocusVersion, rows: FocusRows, file: FocusFile][] = []
for (const version of ['1.2', '1.4'] as const) {
  for (const rows of ['estimate', 'allocation'] as const) {
    FILES.push([version, rows, await exported(store, rows, { version })])
  }
}

/** Which provider's features the rows are of; no commitments, no reservations, one currency, one type of account. */
const SUPPORTED = new Set([
  ...['ACCOUNT_NAMING_SUPPORTED', 'MULTIPLE_PRICING_CATEGORIES_SUPPORTED', 'NEGOTIATED_PRICING_SUPPORTED'],
  ...['PUBLIC_PRICE_LIST_SUPPORTED', 'USAGE_MEASUREMENT_SUPPORTED', 'UNIT_PRICING_SUPPORTED', 'SUB_ACCOUNT_SUPPORTED'],
  ...['BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED', 'RESOURCE_TYPE_ASSIGNMENT_SUPPORTED', 'REGION_SUPPORTED'],
  ...['TAGGING_SUPPORTED', 'MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED', 'MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED'],
  ...[
    'PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED',
    'AVAILABILITY_ZONE_SUPPORTED',
    'CAPACITY_RESERVATION_SUPPORTED',
  ],
  ...['COMMITMENT_DISCOUNT_SUPPORTED'],
])

/** Rules of the model that say the contrary of the text they are made from. */
const ERRATA: Readonly<Record<string, string>> = {
  'CommitmentDiscountStatus-C-003-C': 'the text wants null where CommitmentDiscountId is null, the model not null',
  'CommitmentDiscountStatus-C-004-C':
    'the text is of rows that have a CommitmentDiscountId, the model of those that have none',
}

describe('the FinOps Foundation’s requirements model 1.2', () => {
  const applied = MODEL.rules.filter(({ appliesTo = [] }) => appliesTo.every((one) => SUPPORTED.has(one)))

  test.each(['estimate', 'allocation'] as const)('every static rule that applies holds for %s rows', (rows) => {
    const [, , file] = FILES.find(([version, of]) => version === '1.2' && of === rows) ?? FILES[0]
    const broken = applied
      .filter(({ id }) => ERRATA[id] === undefined)
      .flatMap((rule) => brokenBy(file, rule).map((where) => `${rule.id} ${rule.text}: ${where}`))
    expect(broken).toEqual([])
  })

  test('all but those of virtual currencies apply, and each column of the version is named by one', () => {
    expect([MODEL.rules.length, applied.length]).toEqual([266, 263])
    const named = JSON.stringify(applied.map(({ requirement }) => requirement))
    const specified = focusColumns('1.2', 'estimate').filter(({ level }) => level !== 'custom')
    expect(specified.filter(({ name }) => !named.includes(`"${name}"`))).toEqual([])
  })

  test('each rule can be broken: by a column that is missing, or by values of the columns it names', () => {
    const [, , { records }] = FILES[0]
    const never = applied.filter(
      (rule) => brokenBy({ columns: [], records: breaking(rule, records[0]) }, rule).length === 0,
    )
    // It asks for what it is conditioned on.
    expect(never.map(({ id }) => id)).toEqual(['PricingQuantity-C-008-M'])
  })
})

/** Records in which the columns that a rule names hold every mixture of values that it names, null, and what is no value. */
function breaking(rule: ModelRule, record: FocusRecord): FocusRecord[] {
  const text = JSON.stringify(rule)
  const columns = [...new Set([...text.matchAll(/"(?:Result)?Column[AB]?Name":"(\w+)"/g)].map(([, name]) => name))]
  const values = [...new Set([...text.matchAll(/"Value":"([^"]*)"/g)].map(([, value]) => value))].slice(0, 3)
  const candidates = [null, '-1', '{"a":[]}', '~\u00e9', ...values]
  return columns.reduce<FocusRecord[]>(
    (made, name) => made.flatMap((one) => candidates.map((value) => ({ ...one, [name]: value }))),
    [record],
  )
}

describe.each(FILES)('FOCUS %s, %s rows, by the text', (version, rows, { columns, records }) => {
  const due = focusColumns(version, rows)

  test('has every column of the version once, in alphabetical order, and its own after them as x_PascalCase', () => {
    expect(columns).toEqual(due.map(({ name }) => name))
    const specified = columns.filter((name) => !name.startsWith('x_'))
    expect(specified).toEqual(columns.slice(0, specified.length))
    expect(specified).toEqual([...new Set(specified)].sort())
    for (const name of columns) expect(name).toMatch(/^(x_)?[A-Z][A-Za-z0-9]{1,49}$/)
    expect(specified).toHaveLength(version === '1.2' ? 57 : 65)
  })

  test('every column is of its type, and null only where it may be', () => {
    expect(due.flatMap((column) => records.flatMap((row) => typeProblem(column, row[column.name])))).toEqual([])
  })

  test('every mandatory and conditional column has a rule, and every rule holds in every row', () => {
    const rules = TEXT_RULES.filter(
      (rule) => (rule.versions ?? [version]).includes(version) && (rule.rows ?? [rows]).includes(rows),
    )
    const ruled = new Set(rules.map(({ column }) => column))
    const unruled = due.filter(({ name, level }) => level !== 'custom' && !ruled.has(name))
    expect(unruled.map(({ name }) => name)).toEqual([])
    const broken = rules.flatMap(({ column, says, holds }) => {
      const row = records.find((one) => !holds(one))
      return row === undefined ? [] : [`${column}: ${says}, and it is ${row[column]} in ${row.ChargeDescription}`]
    })
    expect(broken).toEqual([])
  })
})

function typeProblem({ name, type, nullable }: FocusColumn, value: string | null): string[] {
  if (value === null) return nullable ? [] : [`${name} is null`]
  const forms = {
    string: /^(?!NULL$|null$|Not Applicable$)\S(?:[\s\S]*\S)?$/,
    decimal: /^(?:0|-?(?:[1-9]\d*|0)(?:\.\d*[1-9])?)$/,
    datetime: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/,
    json: /^\{[\s\S]*\}$/,
    boolean: /^(?:true|false)$/,
  }
  return forms[type].test(value) && value !== '-0' ? [] : [`${name} is ${JSON.stringify(value)}, which is no ${type}`]
}

const total = (records: readonly FocusRecord[], column: string) =>
  moneyOf(records.reduce((sum, row) => sum + nanoOf(String(row[column])), 0n))

describe('sums', () => {
  test('the list costs of a file are what the ledger prices its days at, to the nano-unit, whatever the step', async () => {
    let priced = 0n
    for await (const { edges, fixed } of pricedDays(store, { from: '2026-10-31', to: '2026-11-02' })) {
      for (const { nano } of [...edges.flatMap(({ charges }) => charges), ...fixed]) priced += nano
    }
    expect(moneyOf(priced)).not.toBe('0')
    for (const by of ['hour', 'day', 'month'] as const) {
      const { records } = await exported(store, 'estimate', { by })
      expect([by, total(records, 'ListCost')]).toEqual([by, moneyOf(priced)])
    }
  })

  test('the rows of each line of the bill sum to it: cost, quantities, and shares to 1', async () => {
    const [, , { records }] = FILES.find(([version, rows]) => version === '1.4' && rows === 'allocation') ?? FILES[0]
    const byLine = Map.groupBy(records, (row) => Number(row.x_BillRow))
    for (const line of BILL_LINES) {
      const of = byLine.get(line.row) ?? []
      expect([line.row, total(of, 'BilledCost')]).toEqual([line.row, moneyOf(nanoOf(line.cost))])
      const sum = (values: readonly (string | null)[]) => values.reduce((all, one) => all + scaled(one ?? '0'), 0n)
      if (line.quantity !== '') expect(sum(of.map((row) => row.PricingQuantity))).toBe(scaled(line.quantity))
      if (line.bytes !== null) expect(sum(of.map((row) => row.ConsumedQuantity))).toBe(scaled(String(line.bytes)))
      const ratios = of.flatMap(
        ({ AllocatedMethodDetails: text }) => /"AllocatedRatio":([\d.]+)/.exec(text ?? '')?.[1] ?? [],
      )
      if (ratios.length > 0) expect(sum(ratios)).toBe(scaled('1'))
    }
    expect([...byLine.keys()].sort()).toEqual(BILL_LINES.map(({ row }) => row))
    expect(total(records, 'BilledCost')).toBe(moneyOf(BILL_LINES.reduce((sum, { cost }) => sum + nanoOf(cost), 0n)))
  })

  test('the bytes of transfers that are charged, priced or not, are those that left, and none that were blocked', async () => {
    const { records } = await exported(store, 'estimate')
    const transfers = records.filter(({ x_PriceKind: kind }) =>
      ['internet', 'cross-region', 'same-region'].includes(String(kind)),
    )
    let left = 0
    for await (const { judged } of pricedDays(store, { from: '2026-10-31', to: '2026-11-02' })) {
      for (const edge of judged.edges) if (edge.destinationClass !== 'blocked') left += edge.totals.egressBytes
    }
    expect(transfers.reduce((sum, row) => sum + Number(row.x_ChargedBytes), 0)).toBe(left)
    expect(records.filter(({ x_DestinationHost: host }) => host === 'evil.example.com')).toEqual([])
    expect([FIRST_DAY, END].map((at) => new Date(at).toISOString().slice(0, 10))).toEqual(['2026-10-31', '2026-11-03'])
  })
})
