/** A change: what is otherwise than it was the day before, and how urgent it is to look at. */

import type { DestinationClass } from '#core/flow.ts'
import { compareText } from '#core/order.ts'
import type { Caller } from '#core/pair.ts'
import type { Totals } from '#core/report.ts'
import type { Burst } from '#core/reports/blocked.ts'

export type ChangeKind =
  | 'new-destination' // never seen before
  | 'returned-destination' // not seen the day before
  | 'vanished-destination'
  | 'new-pair' // a workload that never called this destination before
  | 'class-change' // passthrough became registered, and so on
  | 'volume-jump' // egress bytes at least three times, or at most a third of, the day before
  | 'error-jump'
  | 'blocked-burst'

export type Change = {
  kind: ChangeKind
  severity: 'high' | 'medium' | 'low'
  host: string
  workloads: Caller[] // those it concerns, most bytes first; at most 20
  workloadCount: number // of all it concerns
  classes: DestinationClass[] // on the day
  classesBefore: DestinationClass[] // the day before
  now: Totals // of what left; what was blocked is apart
  before: Totals
  blocked: number // attempts that were refused on the day
  blockedBefore: number
  weekBeforeBytes: number | null // of a volume-jump: bytes out on the same weekday a week before, when much the same as now
  firstSeen: string // of the destination, or of the pair; YYYY-MM-DD
  sentence: string // what is so, with its figures
}

/** A change before it is told in a sentence. */
export interface Found extends Omit<Change, 'sentence'> {
  burst?: Burst // of a blocked-burst
  namedSince?: string // '10:00': of a class-change, when traffic without a name became traffic to this host
}

/** The kinds in the order in which a reader wants them. */
export const CHANGE_KINDS: readonly ChangeKind[] = [
  'blocked-burst',
  'class-change',
  'new-destination',
  'error-jump',
  'volume-jump',
  'new-pair',
  'returned-destination',
  'vanished-destination',
]

const SEVERITIES: readonly Change['severity'][] = ['high', 'medium', 'low']

/** For sort(): the most urgent first. */
export function byUrgency(a: Found, b: Found): number {
  const weight = ({ now, before: was }: Found) => Math.max(now.egressBytes, was.egressBytes)
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    CHANGE_KINDS.indexOf(a.kind) - CHANGE_KINDS.indexOf(b.kind) ||
    weight(b) - weight(a) ||
    b.blocked - a.blocked ||
    compareText(a.host, b.host) ||
    compareText(JSON.stringify(a.workloads), JSON.stringify(b.workloads))
  )
}
