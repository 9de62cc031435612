/**
 * Deltas: what a counter's next sample adds. PromQL's own functions extrapolate to a window's edges and lose a series'
 * first sample (prometheus#1673, #3746, #3886); a ledger books what was counted, whole, once.
 *
 * Cumulative values are rounded before they are differenced, so that the deltas of a series telescope exactly.
 */

export interface Sample {
  time: number // ms since epoch, of the sample
  value: number // cumulative
}

/**
 * `nothing`: no time has passed; `difference`; `reset`: the counter began again, its new value is what it counted since;
 * `birth`: proved to have begun at zero; `assumed`: taken to have; `baseline`: may be old, so nothing is booked.
 */
export type Basis = 'nothing' | 'difference' | 'reset' | 'birth' | 'assumed' | 'baseline'

export interface Delta {
  basis: Basis
  amount: number // whole; for a baseline, what was not booked
  from: number // ms since epoch: the amount was counted in (from, the sample's time]
}

/** When a proxy's process started, in ms since epoch, as read before and as read now; null when not known. */
export interface ProcessStart {
  before: number | null
  now: number | null
}

const FLOAT_NOISE = 1e-9
/** Uptime is in whole seconds, set at a flush, so one process' starts are read up to some 6 s apart. */
const START_JITTER_MS = 15_000
const LATE_START_MS = 10_000
/** Clocks of two replicas of a Prometheus are less than this apart. */
export const CLOCKS_APART_MS = 30_000
/** Pods are discovered late, and their first samples later still. */
const DISCOVERY_MS = 5 * 60_000

const NOTHING: Delta = { basis: 'nothing', amount: 0, from: 0 }

/** A cumulative value as a whole number, half up. */
export function wholeValue(value: number): number {
  return Math.round(value)
}

/** False for values no counter can have, or that are past the range in which whole numbers are exact. */
export function isUsable(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

/** True when a counter's value became smaller, by more than sums of floats do; both cumulative. */
export function fell(from: number, to: number): boolean {
  return from - to > from * FLOAT_NOISE
}

/**
 * What a series that was seen before adds. Older samples and repeated timestamps add nothing. The clocks by which the two
 * samples and starts were stamped may be apart, in ms.
 */
export function continueSeries(previous: Sample, sample: Sample, start: ProcessStart, clocksApart = 0): Delta {
  if (sample.time <= previous.time) return NOTHING
  if (fell(previous.value, sample.value)) return resetTo(previous, sample, start)
  if (sample.value < previous.value) return { basis: 'difference', amount: 0, from: previous.time }
  if (restarted(previous, sample, start, clocksApart)) return resetTo(previous, sample, start)
  return { basis: 'difference', amount: wholeValue(sample.value) - wholeValue(previous.value), from: previous.time }
}

/** What a series that returned from the dead, or its tail, adds: never by its start time alone. */
export function continueTail(previous: Sample, sample: Sample): Delta {
  return continueSeries(previous, sample, { before: null, now: null })
}

/**
 * True when a value under other labels may be an earlier one than the last, stamped by another replica's clock: a smaller
 * one is no proof yet that the counter began again.
 */
export function mayBeEarlier(previous: Sample, sample: Sample): boolean {
  return fell(previous.value, sample.value) && sample.time < previous.time + CLOCKS_APART_MS
}

/** True when a process certainly began after an instant at which another was counting; all in ms, two since epoch. */
export function startedAfter(time: number, start: number, clocksApart = 0): boolean {
  return start > time + START_JITTER_MS + clocksApart
}

/** True when the process is another one than at the previous sample, though its counter may have grown past it. */
function restarted(previous: Sample, sample: Sample, start: ProcessStart, clocksApart: number): boolean {
  // A sample older than the process is its predecessor's last one, still shown beside it.
  if (start.now === null || start.now > sample.time) return false
  if (startedAfter(previous.time, start.now, clocksApart)) return true
  return start.before !== null && start.now > previous.time && startedAfter(start.before, start.now, clocksApart)
}

function resetTo(previous: Sample, sample: Sample, start: ProcessStart): Delta {
  const from = start.now !== null && start.now > previous.time && start.now < sample.time ? start.now : previous.time
  return { basis: 'reset', amount: wholeValue(sample.value), from }
}

export interface Birth {
  sample: Sample
  lastScrape: number // watermark of the last good scrape, ms since epoch
  recent: boolean // that scrape is no gap away
  processStart: number | null // ms since epoch
  processSeen: boolean // the same process was there at the last good scrape
  expected: boolean // the selectors are the same, and neither new labels nor a replay may be why it is new
  metricSeen: boolean // some series had the metric at the last good scrape; else it may have been dropped and restored
}

/** What a series that was never seen before adds. Envoy's counters are born at 0, so it is all new if its process proves it. */
export function bearSeries(birth: Birth): Delta {
  const { sample, lastScrape, processStart } = birth
  const amount = wholeValue(sample.value)
  const since = (from: number): Delta => ({ basis: 'birth', amount, from: Math.min(from, sample.time) })
  if (!birth.expected) return { basis: 'baseline', amount, from: sample.time }
  if (birth.processSeen) {
    if (birth.metricSeen) return since(lastScrape)
  } else if (processStart !== null) {
    if (processStart >= lastScrape - LATE_START_MS) return since(Math.max(processStart, lastScrape))
    if (processStart > lastScrape - DISCOVERY_MS) return since(processStart)
  } else if (birth.recent && birth.metricSeen) {
    return { basis: 'assumed', amount, from: Math.min(lastScrape, sample.time) }
  }
  return { basis: 'baseline', amount, from: sample.time }
}

/** Splits a whole amount over the parts of an interval in proportion; the last takes the remainder, so they sum to it. */
export function apportion(amount: number, parts: readonly number[]): number[] {
  const whole = parts.reduce((sum, part) => sum + part, 0)
  let rest = amount
  return parts.map((part, index) => {
    if (index === parts.length - 1) return rest
    const share = whole === 0 ? 0 : Number((BigInt(amount) * BigInt(part)) / BigInt(whole))
    rest -= share
    return share
  })
}
