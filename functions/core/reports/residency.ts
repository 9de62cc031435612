/** The report of residency: from which namespaces to which declared places. */
import type { ComplianceHistory } from '#core/compliance-history.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { compareText } from '#core/order.ts'
import type { Place, PlaceVerdict } from '#core/register/approval.ts'
import type { Register, ResidencyRule } from '#core/register/register.ts'
import type { Observation, PageReport, Totals } from '#core/report.ts'
import { addTotals, attempts, zeroTotals } from '#core/totals.ts'

export interface ResidencyReport extends PageReport {
  page: 'residency'
  from: string // the 35 days that end with the newest closed one; '' while there is none
  through: string
  rules: Omit<ResidencyRule, 'line'>[] // in force on the last day, by name
  places: DeclaredPlace[] // columns, most bytes first, undeclared last
  rows: ResidencyRow[] // by target, namespace and rule
  days: { date: string; observation: Observation; complete: boolean; verdicts: Record<PlaceVerdict, Totals> }[]
}

export interface DeclaredPlace {
  country: string // '' with region '': undeclared
  region: string
  provider: string
}

/** What left a namespace under one rule; a namespace has a row for each that held for some of its workloads or days. */
export interface ResidencyRow {
  target: string
  namespace: string
  rule: string // name of its residency rule, or '': unrestricted
  cells: (ResidencyCell | null)[] // one for each place; null without traffic
}

export interface ResidencyCell {
  verdict: PlaceVerdict // the worst of the last day with traffic
  totals: Totals
  hosts: number
  lastOutside: string // the last day of a verdict `outside`; '' without
}

export interface ResidencyInput {
  title: string // of the site
  register: Register | null // in force on the last closed day
  compliance: ComplianceHistory
  recent: readonly JudgedDay[] // the last closed days, at most 35, dense, oldest first
}

export function residencyReport({ title, register, compliance, recent }: ResidencyInput): ResidencyReport {
  const from = recent[0]?.digest.date ?? ''
  const through = recent.at(-1)?.digest.date ?? ''
  const cells = cellsOf(recent)
  const places = placesOf(cells)
  return {
    schema: 1,
    page: 'residency',
    title,
    downloads: [],
    from,
    through,
    rules: (register?.residency ?? []).map(({ line: _, ...rule }) => rule).sort((a, b) => compareText(a.name, b.name)),
    places: places.map(({ place }) => place),
    rows: rowsOf(
      cells,
      places.map(({ key }) => key),
    ),
    days: compliance.days
      .filter(({ date }) => from !== '' && date >= from && date <= through)
      .map(({ date, observation, complete, byPlace }) => ({ date, observation, complete, verdicts: byPlace })),
  }
}

interface Cell {
  target: string
  namespace: string
  rule: string
  place: DeclaredPlace
  placeKey: string
  verdict: PlaceVerdict
  on: string // the day of the verdict
  totals: Totals
  hosts: Set<string>
  lastOutside: string
}

const UNDECLARED = JSON.stringify(['', '', ''])
const WORST_FIRST: readonly PlaceVerdict[] = ['outside', 'undeclared', 'allowed', 'unrestricted']

/** What left, by namespace, rule and place. */
function cellsOf(recent: readonly JudgedDay[]): Cell[] {
  const cells = new Map<string, Cell>()
  for (const { digest, edges } of recent) {
    for (const edge of edges) {
      if (!edge.traffic.isEgress || edge.destinationClass === 'blocked') continue
      const place = declaredPlace(edge.place)
      const placeKey = JSON.stringify([place.country, place.region, place.provider])
      const key = JSON.stringify([edge.target, edge.namespace, edge.place.rule, placeKey])
      const cell = cells.get(key) ?? newCell(edge, place, placeKey)
      cells.set(key, cell)
      addToCell(cell, edge, digest.date)
    }
  }
  return [...cells.values()]
}

function newCell({ target, namespace, place: { rule, verdict } }: JudgedEdge, place: DeclaredPlace, placeKey: string) {
  const ends = { target, namespace, rule, place, placeKey }
  const cell: Cell = { ...ends, verdict, on: '', totals: zeroTotals(), hosts: new Set(), lastOutside: '' }
  return cell
}

function addToCell(cell: Cell, { place: { verdict }, totals, host }: JudgedEdge, date: string): void {
  if (cell.on !== date || WORST_FIRST.indexOf(verdict) < WORST_FIRST.indexOf(cell.verdict)) cell.verdict = verdict
  cell.on = date
  if (verdict === 'outside') cell.lastOutside = date
  cell.hosts.add(host)
  addTotals(cell.totals, totals)
}

function placesOf(cells: readonly Cell[]): { key: string; place: DeclaredPlace }[] {
  const sums = new Map<string, { key: string; place: DeclaredPlace; totals: Totals }>()
  for (const { place, placeKey, totals } of cells) {
    const sum = sums.get(placeKey) ?? { key: placeKey, place, totals: zeroTotals() }
    sums.set(placeKey, sum)
    addTotals(sum.totals, totals)
  }
  return [...sums.values()].sort(
    (a, b) =>
      Number(a.key === UNDECLARED) - Number(b.key === UNDECLARED) ||
      b.totals.egressBytes - a.totals.egressBytes ||
      attempts(b.totals) - attempts(a.totals) ||
      compareText(a.key, b.key),
  )
}

function rowsOf(cells: readonly Cell[], placeKeys: readonly string[]): ResidencyRow[] {
  return [...Map.groupBy(cells, ({ target, namespace, rule }) => JSON.stringify([target, namespace, rule])).values()]
    .map((ofRow) => {
      const { target, namespace, rule } = ofRow[0]
      const byPlace = new Map(ofRow.map((cell) => [cell.placeKey, shownCell(cell)]))
      return { target, namespace, rule, cells: placeKeys.map((key) => byPlace.get(key) ?? null) }
    })
    .sort(
      (a, b) => compareText(a.target, b.target) || compareText(a.namespace, b.namespace) || compareText(a.rule, b.rule),
    )
}

function shownCell({ verdict, totals, hosts, lastOutside }: Cell): ResidencyCell {
  return { verdict, totals, hosts: hosts.size, lastOutside }
}

function declaredPlace({ country, region, provider }: Place): DeclaredPlace {
  return country === '' && region === '' ? { country, region, provider: '' } : { country, region, provider }
}
