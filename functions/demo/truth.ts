/**
 * The truth of a mesh: what really left it, and what of that no reader can ever know. For a reader that looked at given
 * instants, and asked each time for the series that died since, class by class and measure by measure:
 *
 *   booked = truth − baseline − unscraped − neverScraped − overwritten − pending
 */
import { type Amounts, addAmounts, zeroAmounts } from '#core/coverage.ts'
import { COUNTED, type DestinationClass } from '#core/flow.ts'
import { counted, type Pod, type Stream } from './lifecycle.ts'
import { lookAtOrBefore, type Span, sampleOfLife } from './scrapes.ts'

export type ClassAmounts = Record<DestinationClass, Amounts>

export interface Truth {
  until: number // ms since epoch, exclusive
  total: ClassAmounts // since the first process started, which is before the simulation
  byHour: Map<number, ClassAmounts> // by the hour's start, ms since epoch; they sum to total
  baseline: ClassAmounts // counted before the reader's first look
  unscraped: ClassAmounts // counted after Prometheus's last sample of a process that ended or was restarted
  neverScraped: ClassAmounts // by processes, or kinds of calls, of which Prometheus has no sample at all
  overwritten: ClassAmounts // before a restart, after the reader's last look; the series had begun again at the next
  pending: ClassAmounts // after the last sample that the reader could have seen by now
  booked: ClassAmounts // what a ledger must say, to the unit
}

const HOUR = 3_600_000

export function zeroClasses(): ClassAmounts {
  return { registered: zeroAmounts(), passthrough: zeroAmounts(), blocked: zeroAmounts() }
}

/** What left by an instant, for a reader that looked at these instants (ascending, ms since epoch). */
export function truthOf(
  pods: readonly Pod[],
  prometheusOutages: readonly Span[],
  reads: readonly number[],
  until: number,
): Truth {
  const truth: Truth = {
    until,
    total: zeroClasses(),
    byHour: new Map(),
    baseline: zeroClasses(),
    unscraped: zeroClasses(),
    neverScraped: zeroClasses(),
    overwritten: zeroClasses(),
    pending: zeroClasses(),
    booked: zeroClasses(),
  }
  const seen = reads.filter((read) => read <= until)
  for (const pod of pods) {
    for (const stream of pod.streams) {
      if (stream.egress === null) continue
      for (let life = 0; life < pod.lives.length; life++) {
        account(truth, { pod, stream, life, egress: stream.egress }, prometheusOutages, seen)
      }
    }
  }
  return truth
}

interface Subject {
  pod: Pod
  stream: Stream
  life: number
  egress: DestinationClass
}

/** Divides what one process counted of one stream among the causes. */
function account(truth: Truth, subject: Subject, outages: readonly Span[], reads: readonly number[]): void {
  const { pod, stream, life: number, egress } = subject
  const life = pod.lives[number]
  if (life.start >= truth.until) return
  const ended = life.end <= truth.until
  const at = (time: number) => amountsAt(subject, time)
  const sampled = (time: number) => {
    const sample = sampleOfLife(pod, life, outages, time)
    return sample === -1 || stream.counters[number].at('count', sample) < 1 ? null : at(sample)
  }

  const everything = at(Math.min(truth.until, life.end))
  addAmounts(truth.total[egress], everything)
  addHours(truth, subject)

  const scraped = sampled(truth.until)
  const unscraped = minus(everything, scraped ?? zeroAmounts())
  if (!ended) addAmounts(truth.pending[egress], unscraped)
  else if (scraped === null) addAmounts(truth.neverScraped[egress], unscraped)
  else addAmounts(truth.unscraped[egress], unscraped)
  if (scraped === null) return

  if (reads.length === 0) {
    addAmounts(truth.pending[egress], scraped)
    return
  }
  const baseline = sampled(reads[0]) ?? zeroAmounts()
  addAmounts(truth.baseline[egress], baseline)
  const readable = sampled(reads[reads.length - 1]) ?? zeroAmounts()
  addAmounts(truth.pending[egress], minus(scraped, readable))
  const lost = lostToRestart(subject, outages, reads)
  const overwritten = lost === null ? zeroAmounts() : minus(readable, larger(lost, baseline))
  addAmounts(truth.overwritten[egress], overwritten)
  addAmounts(truth.booked[egress], minus(minus(readable, baseline), overwritten))
}

/**
 * What the reader knew of a stream when its process was restarted, if it never learns the rest: at its next look the same
 * series had begun again, so that it did not count as dead. Null: nothing was lost in this way.
 */
function lostToRestart(subject: Subject, outages: readonly Span[], reads: readonly number[]): Amounts | null {
  const { pod, stream, life: number } = subject
  const life = pod.lives[number]
  if (number + 1 >= pod.lives.length) return null
  const last = sampleOfLife(pod, life, outages, life.end)
  const next = reads.find((read) => lookAtOrBefore(pod, outages, read) > last)
  if (next === undefined) return null
  const begunAgain = pod.lives.some((later, i) => {
    if (i <= number) return false
    const sample = sampleOfLife(pod, later, outages, next)
    return sample !== -1 && stream.counters[i].at('count', sample) >= 1
  })
  if (!begunAgain) return null
  const before = reads.findLast((read) => read < next)
  const look = before === undefined ? -1 : sampleOfLife(pod, life, outages, before)
  if (look === -1 || stream.counters[number].at('count', look) < 1) return zeroAmounts()
  return amountsAt(subject, look)
}

function addHours(truth: Truth, subject: Subject): void {
  const { pod, life, egress, stream } = subject
  const end = Math.min(pod.lives[life].end, truth.until)
  let before = zeroAmounts()
  for (let hour = Math.floor(stream.counters[life].start / HOUR) * HOUR; hour < end; hour += HOUR) {
    const now = amountsAt(subject, Math.min(hour + HOUR, end))
    const classes = truth.byHour.get(hour) ?? zeroClasses()
    addAmounts(classes[egress], minus(now, before))
    truth.byHour.set(hour, classes)
    before = now
  }
}

/** Cumulative amounts of one life; blocked bytes are 0, since they never left. */
function amountsAt(subject: Subject, time: number): Amounts {
  const { stream, life, egress, pod } = subject
  const instant = Math.min(time, pod.lives[life].end)
  const value = (metric: 'count' | 'out' | 'in' | 'ms' | 'closed') => counted(stream, life, metric, instant)
  const left = egress !== 'blocked'
  const tcp = stream.call.protocol === 'tcp'
  return {
    requests: tcp ? 0 : value('count'),
    egressBytes: left ? value('out') : 0,
    ingressBytes: left ? value('in') : 0,
    connectionsOpened: tcp && stream.call.to.kind !== 'blackhole' ? value('count') : 0,
    connectionsClosed: tcp ? value('closed') : 0,
    durationMs: tcp ? 0 : value('ms'),
  }
}

function minus(a: Amounts, b: Amounts): Amounts {
  const difference = zeroAmounts()
  for (const measure of COUNTED) difference[measure] = a[measure] - b[measure]
  return difference
}

function larger(a: Amounts, b: Amounts): Amounts {
  const result = zeroAmounts()
  for (const measure of COUNTED) result[measure] = Math.max(a[measure], b[measure])
  return result
}
