/** Placement: which flow a series belongs to, by its number in the checkpoint's dictionary of flows. */
import type { Checkpoint } from '#core/checkpoint.ts'
import { classify, type MeshNames } from '#core/classify.ts'
import type { Coverage, QuarantinedHost } from '#core/coverage.ts'
import { type Flow, flowKey } from '#core/flow.ts'
import type { LabelledSeries } from '#core/labels.ts'
import { BOOKED, type MetricIndex } from '#core/metric.ts'
import { labelExample, type PlacedFlow } from '#core/newcomers.ts'
import { foldDestination, foldSource, sourceKey } from '#core/overflow.ts'
import { UNBOOKED, UNCLASSIFIED } from '#core/series.ts'

const QUARANTINE_KEPT = 20

export class Placement {
  folding = false // whether flows the checkpoint does not know are folded from now on
  private readonly checkpoint: Checkpoint
  private readonly mesh: MeshNames
  private readonly coverage: Coverage
  private byKey: Map<string, number> | null = null // of flows; most scrapes place nothing
  private sources: Set<string> | null = null // keys of known ones

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
    if (this.folding && this.find(flow) === undefined) return this.fold(flow)
    if (quarantined !== null) this.quarantine(quarantined)
    return this.indexOf(flow)
  }

  /** To its destination's and, unless that workload is known, to its source's namesakes beyond the limit. */
  private fold(flow: Flow): number {
    this.coverage.foldedFlows++
    this.sources ??= new Set(this.checkpoint.flows.map(sourceKey))
    const folded = foldDestination(flow)
    return this.indexOf(this.sources.has(sourceKey(flow)) ? folded : foldSource(folded))
  }

  private quarantine(host: QuarantinedHost): void {
    const { quarantinedHosts } = this.coverage
    if (quarantinedHosts.some(({ placeholder }) => placeholder === host.placeholder)) return
    this.coverage.quarantinedCount++
    if (quarantinedHosts.length < QUARANTINE_KEPT) quarantinedHosts.push(host)
  }

  private find(flow: Flow): number | undefined {
    this.byKey ??= new Map(this.checkpoint.flows.map((known, index) => [flowKey(known), index]))
    return this.byKey.get(flowKey(flow))
  }

  private indexOf(flow: Flow): number {
    const known = this.find(flow)
    if (known !== undefined) return known
    const index = this.checkpoint.flows.push(flow) - 1
    this.byKey?.set(flowKey(flow), index)
    this.sources?.add(sourceKey(flow))
    return index
  }
}
