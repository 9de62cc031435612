/** Drafts: entries for what was observed and no entry of a register is for, to be completed and approved by a person. */

import { type Edge, edgeKey } from '#core/edge.ts'
import { type EvidenceGrade, evidenceOf } from '#core/evidence.ts'
import type { DestinationClass, Protocol } from '#core/flow.ts'
import { compareText } from '#core/order.ts'
import { registerLookup } from '#core/register/approval.ts'
import { normaliseDestination, UNKNOWN_DESTINATION } from '#core/register/destination.ts'
import { placeByName } from '#core/register/provider.ts'
import type { Register } from '#core/register/register.ts'
import { parseSource } from '#core/register/source.ts'
import type { Totals } from '#core/report.ts'
import { addTotals, attempts, zeroTotals } from '#core/totals.ts'

export interface DraftEntry {
  name: string // unique, in the register too
  destination: string
  ports: number[] // those that were labelled, ascending; [] for any
  protocols: Protocol[]
  from: string[] // source patterns
  provider: string // '' unless the host's name says it
  region: string // likewise
  seen: DraftEvidence
}

/** What was observed of a destination, as far as no entry is for it. */
export interface DraftEvidence {
  first: string // YYYY-MM-DD
  last: string
  days: number
  totals: Totals
  classes: DestinationClass[]
  grade: EvidenceGrade // of its name, by the weakest
}

export interface Draft {
  entries: DraftEntry[] // most bytes first
  left: number // destinations that found no room, those with the fewest bytes
  unnamed: number // destinations that no entry can be for, since what was claimed is no host's name
}

/** A register for people; whoever observed more has something else to look at first. */
const AT_MOST = 1000
/** A namespace of which more workloads call a destination is drafted as a whole. */
const WORKLOADS = 10
const NAME_LENGTH = 70

/** Collects what left, day by day, oldest first. */
export class Drafting {
  readonly #register: Register | null
  readonly #lookup: ReturnType<typeof registerLookup>
  readonly #found = new Map<string, Found>() // by destination
  readonly #unnamed = new Set<string>()

  constructor(register: Register | null) {
    this.#register = register
    this.#lookup = registerLookup(register)
  }

  /** Adds what left on a day; what is no egress is left out by whoever calls. */
  add(date: string, edges: readonly Edge[]): void {
    for (const edge of edges) {
      if (edge.destinationClass === 'blocked') continue
      if (this.#lookup(edge, date).approval.entry !== '') continue
      const named = edge.host === '' ? { destination: UNKNOWN_DESTINATION } : normaliseDestination(edge.host)
      if ('problem' in named) {
        this.#unnamed.add(edge.host)
        continue
      }
      const found = this.#found.get(named.destination) ?? { edges: new Map(), dates: new Set(), totals: zeroTotals() }
      this.#found.set(named.destination, found)
      const kept = found.edges.get(edgeKey(edge))
      const ports = [...new Set([...(kept?.ports ?? []), ...edge.ports])]
      found.edges.set(edgeKey(edge), { ...edge, ports })
      found.dates.add(date)
      addTotals(found.totals, edge.totals)
    }
  }

  draft(): Draft {
    const found = [...this.#found].sort(
      ([a, { totals: of }], [b, { totals }]) =>
        totals.egressBytes - of.egressBytes || attempts(totals) - attempts(of) || compareText(a, b),
    )
    const names = new Set(this.#register?.entries.map(({ name }) => name))
    const entries = found.slice(0, AT_MOST).map(([destination, one]) => entryOf(destination, one, names))
    return { entries, left: found.length - entries.length, unnamed: this.#unnamed.size }
  }
}

interface Found {
  edges: Map<string, Edge> // by their keys; of each the newest
  dates: Set<string>
  totals: Totals
}

function entryOf(destination: string, { edges, dates, totals }: Found, names: Set<string>): DraftEntry {
  const all = [...edges.values()]
  const days = [...dates].sort(compareText)
  return {
    name: newName(destination, names),
    destination,
    ports: [...new Set(all.flatMap(({ ports }) => ports))].sort((a, b) => a - b),
    protocols: sorted(all.map(({ protocol }) => protocol)),
    from: sourcesOf(all),
    ...placeByName(destination),
    seen: {
      first: days[0],
      last: days[days.length - 1],
      days: days.length,
      totals,
      classes: sorted(all.map(({ destinationClass }) => destinationClass)),
      grade: evidenceOf(all).grade,
    },
  }
}

/** The destination as a name that is free, which it then no longer is. */
function newName(destination: string, names: Set<string>): string {
  const plain = destination
    .replace(/^\*\./, 'any.')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, NAME_LENGTH)
    .replace(/[^A-Za-z0-9]+$/, '')
  const stem = plain === '' ? 'destination' : plain
  let name = stem
  for (let number = 2; names.has(name); number++) name = `${stem}-${number}`
  names.add(name)
  return name
}

/** The workloads as patterns; a namespace where they are many, or where one's name can be no pattern. */
function sourcesOf(edges: readonly Edge[]): string[] {
  const namespaces = Map.groupBy(edges, ({ target, namespace }) => patternOr(`${target}:${namespace}`, `${target}:*`))
  return [...namespaces]
    .flatMap(([namespace, of]) => {
      const workloads = sorted(of.map(({ workload }) => patternOr(`${namespace}/${workload}`, namespace)))
      const isWhole = namespace.endsWith(':*') || workloads.includes(namespace) || workloads.length > WORKLOADS
      return isWhole ? [namespace] : workloads
    })
    .sort(compareText)
}

function patternOr(text: string, wider: string): string {
  return parseSource(text) === null ? wider : text
}

function sorted<T extends string>(values: readonly T[]): T[] {
  return [...new Set(values)].sort(compareText)
}
