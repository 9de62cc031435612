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
  share: number // 0..1 of the day's egress bytes, or of its blocked attempts when blocked
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
  share: number // 0..1 of the day's egress bytes
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

export interface DayReport {
  schema: 1
  title: string // of the site
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
  protocols: ProtocolRow[]
  responses: ResponseRow[] // most frequent first
  coverage: TargetCoverage[] // one for each target, by name
  downloads: Download[]
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

export interface IndexReport {
  schema: 1
  title: string
  days: DaySummary[] // oldest first, dense: a day without data has observation 'none'
  targets: { target: string; firstHour: string; closedThrough: string }[]
  byClass: ByClass // over all days
  complete: boolean
  downloads: Download[] // one: the days as CSV
}
