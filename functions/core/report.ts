/**
 * Reports: what a page, a CSV and a JSON download say. Built from rollups (and, marked provisional, from open hours);
 * pages render from a report and from nothing else.
 */
import type { Amounts, Coverage, Gap, QuarantinedHost } from '#core/coverage.ts'
import type { DestinationClass, Protocol } from '#core/flow.ts'

/** Whole numbers; a sum over incomplete hours is a lower bound, which `complete` of its surroundings tells. */
export interface Totals {
  requests: number // HTTP and gRPC
  connections: number // TCP connections closed
  egressBytes: number
  ingressBytes: number
  errors: number // failed requests plus failed connections; blocked attempts are not errors
  durationMs: number // summed over requests; with them it gives the average latency, an estimate
}

export type ByClass = Record<DestinationClass, Totals>

/**
 * `observed`: the whole period; `partial`: some of it; `none`: no data, which is not zero; `pending`: its time has not come
 * or has not been closed yet and nothing was seen.
 */
export type Observation = 'observed' | 'partial' | 'none' | 'pending'

export interface HourReport {
  start: string // ISO 8601, UTC
  observation: Observation // over all targets
  provisional: boolean // some target has not closed it yet
  observedSeconds: number // summed over targets
  expectedSeconds: number // 3600 for each target that had begun
  byClass: ByClass // zeros when observation is 'none' or 'pending': show "no data", never 0
}

export interface DestinationRow {
  destinationClass: DestinationClass
  host: string // '' when unknown
  ports: number[] // those that were labelled
  targets: string[]
  protocols: Protocol[]
  sources: number // distinct source workloads
  totals: Totals
  averageMs: number | null // average latency of a request, an estimate; null without requests
  share: number // 0..1 of the period's egress bytes, or of its blocked attempts when blocked
}

export interface SourceRow {
  target: string
  namespace: string
  workload: string
  app: string
  protocols: Protocol[]
  destinations: number // distinct hosts and classes
  totals: Totals // registered and passthrough
  blockedAttempts: number // requests plus connections that were blocked
  share: number // 0..1 of the period's egress bytes
}

/** What left the mesh by source and destination, registered and passthrough together; the cells sum to the whole period. */
export interface Matrix {
  sources: MatrixSource[] // at most 15, most egress bytes first
  destinations: MatrixDestination[] // likewise
  otherSources: number // how many workloads the last row stands for; without any there is no such row
  otherDestinations: number // how many hosts the last column stands for, likewise
  cells: (Totals | null)[][] // a row for each source, then the others; null where there was no traffic
}

export interface MatrixSource {
  target: string
  namespace: string
  workload: string // '' when unknown
  totals: Totals
}

export interface MatrixDestination {
  host: string // '' when unknown
  totals: Totals
}

export interface ProtocolRow {
  protocol: Protocol
  byClass: ByClass
}

/** HTTP codes, gRPC statuses and Envoy's flags with how often each was seen. */
export interface ResponseRow {
  destinationClass: DestinationClass
  protocol: Protocol
  code: string // HTTP code, 'grpc 14', or '' for TCP
  flags: string // '-' for none
  count: number // requests, or connections for TCP
  failed: boolean
}

export interface TargetCoverage {
  target: string
  hours: Observation[] // 24
  firstHour: string // ISO; the first hour this ledger has of the target
  closedThrough: string // ISO; hours that end by then are closed
  observedSeconds: number
  expectedSeconds: number // of this day, since the target's first hour
  observation: Observation
  tails: Coverage['tails']
  counts: Pick<
    Coverage,
    | 'scrapes'
    | 'series'
    | 'births'
    | 'deaths'
    | 'resets'
    | 'assumedSeries'
    | 'baselineSeries'
    | 'evictedSeries'
    | 'carriedSeries'
    | 'skippedLines'
    | 'skippedSamples'
    | 'unclassifiedSeries'
    | 'laggingTargets'
    | 'quarantinedCount'
    | 'foldedSeries'
    | 'foldedFlows'
    | 'tailSeries'
  >
  unclassifiedExample: string
  gaps: Gap[] // joined where they touch across hours
  quarantinedHosts: QuarantinedHost[]
  assumed: Amounts
  apportioned: Amounts // deltas that cross one of the day's two edges, split in proportion to time
  spread: Amounts
  late: Amounts
  tail: Amounts
  unseen: Amounts
  baseline: Amounts
}

export interface Download {
  file: string // relative to the page
  title: string
  rows: number
  size: number // bytes
  sha256: string // hex
}

/** What every page's report begins with. */
export interface PageReport {
  schema: 1
  page: string // which kind of page
  title: string // of the site
  downloads: Download[] // relative to the page
}

export interface DayReport extends PageReport {
  page: 'day'
  date: string // YYYY-MM-DD, UTC
  previous: string | null // the neighbouring days that have a page
  next: string | null
  provisional: boolean // an hour of the day is still open
  observation: Observation
  complete: boolean // every hour of every target observed whole; if not, sums are lower bounds and shown with "≥"
  byClass: ByClass
  hours: HourReport[] // 24
  destinations: DestinationRow[] // all, most egress bytes first; blocked by attempts
  sources: SourceRow[] // all, most egress bytes first
  matrix: Matrix // sources by destinations
  protocols: ProtocolRow[]
  responses: ResponseRow[] // most frequent first
  coverage: TargetCoverage[] // one for each target, by name
}

export interface DaySummary {
  date: string
  provisional: boolean
  observation: Observation
  complete: boolean
  byClass: ByClass
  destinations: number
  sources: number
}
