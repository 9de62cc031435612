/** Time: UTC hours and days as milliseconds since the epoch, how they are written, and how people's times are read. */

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

const YEAR_10000 = Date.UTC(10000, 0)

/** The start of the UTC hour that holds an instant, both in ms since epoch. */
export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS
}

/** The start of the UTC day that holds an instant, both in ms since epoch. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS
}

/** `2026-07-01` for any instant of that UTC day; throws outside the years 0 to 9999, which have no such form. */
export function isoDate(ms: number): string {
  return isoInstant(ms).slice(0, 10)
}

/** `2026-07-01T13:00:00Z`: the start of the UTC hour that holds the instant. */
export function isoHour(ms: number): string {
  return `${isoInstant(ms).slice(0, 13)}:00:00Z`
}

/** `2026-07-01T13:05:07Z`, with milliseconds only where there are any. */
export function isoInstant(ms: number): string {
  const iso = new Date(ms).toISOString()
  if (iso.length !== 24) throw new Error(`time ${ms} lies outside the years 0 to 9999 and cannot be written`)
  return iso.replace('.000Z', 'Z')
}

/** A half-open span of time, in ms since epoch. */
export interface Span {
  from: number
  to: number
}

/** A calendar month, written YYYY-MM, in UTC. */
export function monthSpan(month: string): Span {
  const from = parseDate(`${month}-01`)
  const first = new Date(from)
  return { from, to: first.setUTCMonth(first.getUTCMonth() + 1) }
}

/** The hours of a day, given by its start, that a span has a part of: from 0 to 24, half-open. */
export function hoursIn(day: number, { from, to }: Span): { from: number; until: number } {
  return {
    from: Math.max(0, Math.floor((from - day) / HOUR_MS)),
    until: Math.min(24, Math.ceil((to - day) / HOUR_MS)),
  }
}

/** The start of a day written YYYY-MM-DD, in ms since epoch; throws on anything else and on days no calendar has. */
export function parseDate(text: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (parts === null) throw new Error(`date ${quote(text)} is not of the form YYYY-MM-DD`)
  return calendarDay(text, parts)
}

/**
 * An instant in ms since epoch, from `2026-07-01` (its start, UTC) or `2026-07-01T13:05[:07[.123]]` with `Z` or an
 * offset such as `+02:00`; a time without a zone is refused, since it would mean another instant on each machine.
 */
export function parseInstant(text: string): number {
  if (!text.includes('T')) return parseDate(text)
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text)
  if (parts === null) {
    throw new Error(`time ${quote(text)} is not of the form YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ`)
  }
  const [, , , , hour, minute, second = '0', fraction = '0', zone] = parts
  if (zone === undefined) throw new Error(`time ${quote(text)} has no zone; write Z for UTC, or an offset like +02:00`)
  const offsetHours = zone === 'Z' ? 0 : Number(zone.slice(0, 3))
  const offsetMinutes = zone === 'Z' ? 0 : Number(zone.slice(4))
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw new Error(`time ${quote(text)} is not a time of day`)
  }
  if (Math.abs(offsetHours) > 14 || offsetMinutes > 59) throw new Error(`time ${quote(text)} has no possible offset`)
  const offset = offsetHours * HOUR_MS + (zone.startsWith('-') ? -1 : 1) * offsetMinutes * MINUTE_MS
  return (
    calendarDay(text, parts) +
    Number(hour) * HOUR_MS +
    Number(minute) * MINUTE_MS +
    Number(second) * SECOND_MS +
    Number(fraction.padEnd(3, '0')) -
    offset
  )
}

/** Seconds from a whole number with a unit, `90s`, `5m` or `1h`; throws on anything else and on zero. */
export function parseDuration(text: string): number {
  const parts = /^(\d{1,9})(s|m|h)$/.exec(text)
  if (parts === null) {
    throw new Error(`duration ${quote(text)} is not a whole number with a unit; write 60s, 5m or 1h`)
  }
  const seconds = Number(parts[1]) * { s: 1, m: 60, h: 3600 }[parts[2] as 's' | 'm' | 'h']
  if (seconds === 0) throw new Error(`duration ${quote(text)} is zero; write 60s, 5m or 1h`)
  return seconds
}

/** `90s`, `5m` or `1h`: the shortest form that parseDuration reads back as these whole seconds. */
export function formatDuration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}

/** The start of every UTC hour that has a part in [from, to), oldest first; all in ms since epoch. */
export function eachHour(from: number, to: number): Generator<number> {
  return eachStep(hourOf(from), from, to, HOUR_MS)
}

/** The start of every UTC day that has a part in [from, to), oldest first; all in ms since epoch. */
export function eachDay(from: number, to: number): Generator<number> {
  return eachStep(dayOf(from), from, to, DAY_MS)
}

function* eachStep(first: number, from: number, to: number, step: number): Generator<number> {
  if (from >= to) return
  for (let start = first; start < to; start += step) yield start
}

function calendarDay(text: string, [, year, month, day]: RegExpExecArray): number {
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date.UTC reads years below 100 as 19xx and rolls 31 June over into July; a ledger has neither.
  if (
    Number(year) < 1970 ||
    ms >= YEAR_10000 ||
    new Date(ms).toISOString().slice(0, 10) !== `${year}-${month}-${day}`
  ) {
    throw new Error(`date ${quote(text)} is on no calendar since 1970`)
  }
  return ms
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
