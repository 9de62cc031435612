/** Placement: which flow a series belongs to, by its number in the checkpoint's dictionary of flows. */
import type { Checkpoint } from '#core/checkpoint.ts'
import { classify, type MeshNames } from '#core/classify.ts'
import type { Coverage, QuarantinedHost } from '#core/coverage.ts'
import { type Flow, flowKey } from '#core/flow.ts'
import type { LabelledSeries } from '#core/labels.ts'
import { BOOKED, type MetricIndex } from '#core/metric.ts'
import { labelExample, type PlacedFlow } from '#core/newcomers.ts'
import { UNBOOKED, UNCLASSIFIED } from '#core/series.ts'

const QUARANTINE_KEPT = 20

export class Placement {
  private readonly checkpoint: Checkpoint
  private readonly mesh: MeshNames
  private readonly coverage: Coverage
  private byKey: Map<string, number> | null = null // of flows; most scrapes place nothing

  /** Flows are found in, or appended to, the checkpoint; oddities are noted in coverage. */
  constructor(checkpoint: Checkpoint, mesh: MeshNames, coverage: Coverage) {
    this.checkpoint = checkpoint
    this.mesh = mesh
    this.coverage = coverage
  }

  /** The flow a series of a booked metric belongs to, or UNBOOKED or UNCLASSIFIED when it has none. */
  place(series: LabelledSeries, metric: MetricIndex): number {
    const placed = classify(series.labels, BOOKED[metric].layer, this.mesh)
    if (placed.kind === 'unclassified') {
      this.checkpoint.unclassifiedExample = labelExample(series)
      return UNCLASSIFIED
    }
    return placed.kind === 'flow' ? this.enter(placed) : UNBOOKED
  }

  /** A flow's number in the checkpoint. */
  enter({ flow, quarantined }: PlacedFlow): number {
    if (quarantined !== null) this.quarantine(quarantined)
    return this.indexOf(flow)
  }

  private quarantine(host: QuarantinedHost): void {
    const { quarantinedHosts } = this.coverage
    if (quarantinedHosts.some(({ placeholder }) => placeholder === host.placeholder)) return
    this.coverage.quarantinedCount++
    if (quarantinedHosts.length < QUARANTINE_KEPT) quarantinedHosts.push(host)
  }

  private indexOf(flow: Flow): number {
    const { flows } = this.checkpoint
    this.byKey ??= new Map(flows.map((known, index) => [flowKey(known), index]))
    const key = flowKey(flow)
    let index = this.byKey.get(key)
    if (index === undefined) {
      index = flows.push(flow) - 1
      this.byKey.set(key, index)
    }
    return index
  }
}
