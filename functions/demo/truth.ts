/**
 * The truth of a mesh: what really left it, and what of that no reader can ever know. For a reader that looked at given
 * instants, and asked each time for the last values of series that died since and for the greatest ones of those that began
 * again, class by class and measure by measure:
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
  overwritten: ClassAmounts // before a restart, after the reader's last look, and no more than was counted since by the next
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
  const overwritten = overwrittenBy(restartUnseen(subject, outages, reads), readable, baseline)
  addAmounts(truth.overwritten[egress], overwritten)
  addAmounts(truth.booked[egress], minus(minus(readable, baseline), overwritten))
}

/** What a reader knew of a stream at its last look before the process was restarted, and what it saw at the next. */
interface UnseenRestart {
  known: Amounts | null // null when the reader had not seen the stream, to which the next one is a new series then
  next: Amounts // of the process that began, under the same labels
}

/** The restart that the reader has to ask about, since the series did not count as dead; null when there is none. */
function restartUnseen(subject: Subject, outages: readonly Span[], reads: readonly number[]): UnseenRestart | null {
  const { pod, stream, life: number } = subject
  const life = pod.lives[number]
  if (number + 1 >= pod.lives.length) return null
  const last = sampleOfLife(pod, life, outages, life.end)
  const next = reads.find((read) => lookAtOrBefore(pod, outages, read) > last)
  if (next === undefined) return null
  const counts = (life: number, look: number) => look !== -1 && stream.counters[life].at('count', look) >= 1
  for (let later = number + 1; later < pod.lives.length; later++) {
    const sample = sampleOfLife(pod, pod.lives[later], outages, next)
    if (!counts(later, sample)) continue
    const before = reads.findLast((read) => read < next)
    const look = before === undefined ? -1 : sampleOfLife(pod, life, outages, before)
    return {
      known: counts(number, look) ? amountsAt(subject, look) : null,
      next: amountsAt({ ...subject, life: later }, sample),
    }
  }
  return null
}

/** Of what was sampled of a process, the part above what the reader knew that no greatest value can tell it. */
function overwrittenBy(restart: UnseenRestart | null, sampled: Amounts, baseline: Amounts): Amounts {
  const overwritten = zeroAmounts()
  if (restart === null) return overwritten
  const { known, next } = restart
  for (const measure of COUNTED) {
    if (known !== null && sampled[measure] > next[measure]) continue
    overwritten[measure] = sampled[measure] - Math.max(known?.[measure] ?? 0, baseline[measure])
  }
  return overwritten
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
