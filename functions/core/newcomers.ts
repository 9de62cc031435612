/**
 * Newcomers: what the labels of a reading's series say, as columns. A label set is decoded, placed and forgotten at once,
 * since a million of them, decoded, would take gigabytes; each flow and each proxy they name is kept once.
 */
import { classify, type MeshNames } from '#core/classify.ts'
import type { QuarantinedHost } from '#core/coverage.ts'
import { FLOW_FIELDS, type Flow, flowKey } from '#core/flow.ts'
import { type Hash64, type HashSeed, hashText } from '#core/hash.ts'
import { type LabelledSeries, proxyIdentity, proxyKey, seriesIdentity } from '#core/labels.ts'
import { BOOKED, type MetricIndex } from '#core/metric.ts'
import { SeriesTable, UNBOOKED, UNCLASSIFIED } from '#core/series.ts'

/** A series with what would find it in a table. */
export interface FreshSeries extends Hash64 {
  series: LabelledSeries
  metric: MetricIndex
  length: number // of its bytes in a body
}

/** A flow as labels tell it, and the host that had to be replaced in it, if any. */
export interface PlacedFlow {
  flow: Flow
  quarantined: QuarantinedHost | null
}

const EXAMPLE_LENGTH = 1000

export class Newcomers {
  readonly unknown = new SeriesTable(0) // series no row is known of; `flow` and `proxy` are indexes into the lists below
  readonly restated = new SeriesTable(0) // known series that were placed once more, likewise
  readonly flows: PlacedFlow[] = [] // distinct, in the order they were met
  readonly proxies: string[] = [] // keys of distinct ones, in the order they were met
  unclassifiedExample = '' // label set of the last series that no rule could place
  private readonly mesh: MeshNames
  private readonly seed: HashSeed
  private readonly flowByKey = new Map<string, number>()
  private readonly proxyByIdentity = new Map<string, number>()
  private readonly texts = new Map<string, string>()

  constructor(mesh: MeshNames, seed: HashSeed) {
    this.mesh = mesh
    this.seed = seed
  }

  /** The row of a series among the unknown ones, appended; -1 when it is there already. */
  add(fresh: FreshSeries, time: number, value: number): number {
    if (this.unknown.find(fresh.lo, fresh.hi, fresh.length) >= 0) return -1
    return this.push(this.unknown, fresh, time, value)
  }

  /** The row of a known series among those that are placed once more. */
  restate(fresh: FreshSeries, time: number, value: number): number {
    return this.push(this.restated, fresh, time, value)
  }

  private push(table: SeriesTable, { series, metric, lo, hi, length }: FreshSeries, time: number, value: number) {
    const booked = metric < BOOKED.length
    const identity = booked ? hashText(seriesIdentity(series), this.seed) : { lo: 0, hi: 0 }
    return table.push({
      lo,
      hi,
      length,
      identityLo: identity.lo,
      identityHi: identity.hi,
      time,
      value,
      rate: 0,
      vanishedAt: 0,
      tailedAt: 0,
      flow: booked ? this.place(series, metric) : UNBOOKED,
      proxy: this.proxyOf(series),
      metric,
    })
  }

  private place(series: LabelledSeries, metric: MetricIndex): number {
    const placed = classify(series.labels, BOOKED[metric].layer, this.mesh)
    if (placed.kind === 'unclassified') {
      this.unclassifiedExample = labelExample(series)
      return UNCLASSIFIED
    }
    if (placed.kind !== 'flow') return UNBOOKED
    const key = flowKey(placed.flow)
    let index = this.flowByKey.get(key)
    if (index === undefined) {
      index = this.flows.push({ flow: this.lasting(placed.flow), quarantined: placed.quarantined }) - 1
      this.flowByKey.set(key, index)
    }
    return index
  }

  private proxyOf({ labels }: LabelledSeries): number {
    const identity = proxyIdentity(labels)
    if (identity === '') return -1
    let index = this.proxyByIdentity.get(identity)
    if (index === undefined) {
      index = this.proxies.push(proxyKey(identity, this.seed)) - 1
      this.proxyByIdentity.set(identity, index)
    }
    return index
  }

  /** The same flow in texts of its own, each kept once: a part of a text would keep the whole line in memory. */
  private lasting(flow: Flow): Flow {
    const entries = FLOW_FIELDS.map((field) => {
      const value = flow[field]
      if (typeof value !== 'string') return [field, value]
      let text = this.texts.get(value)
      if (text === undefined) {
        text = JSON.parse(JSON.stringify(value)) as string
        this.texts.set(text, text)
      }
      return [field, text]
    })
    return Object.fromEntries(entries) as Flow
  }
}

/** A label set for somebody to look at, cut to a length that can be kept. */
export function labelExample({ labels }: LabelledSeries): string {
  return [...labels]
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
    .slice(0, EXAMPLE_LENGTH)
}
