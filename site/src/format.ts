/** Figures, times and labels as a reader sees them. Bytes are decimal: 1 GB is 10^9 bytes. */

export type Unit = 'bytes' | 'count'

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E']
const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const LONGEST_LABEL = 253 // characters; the longest name that DNS allows

/** A whole number with its thousands apart: 1,234,567. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Three digits that count: '1.23 GB', '12.3 M', '0 B'; below a thousand the number itself. */
export function short(value: number, unit: Unit): string {
  let scaled = value
  let prefix = 0
  while (scaled >= 999.5) {
    scaled /= 1000
    prefix++
  }
  const digits = prefix === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2
  const suffix = PREFIXES[prefix] + (unit === 'bytes' ? 'B' : '')
  return suffix === '' ? scaled.toFixed(digits) : `${scaled.toFixed(digits)}\u00a0${suffix}`
}

/** The whole truth in words, for a hover: 'at least 1,234 bytes'. */
export function exact(value: number, unit: Unit, atLeast: boolean, noun = ''): string {
  const name = unit === 'bytes' ? (value === 1 ? 'byte' : 'bytes') : noun
  return `${atLeast ? 'at least ' : ''}${grouped(value)} ${name}`.trim()
}

/** A part of one as per cent; what is there but tiny is never shown as nothing. */
export function percent(share: number): string {
  if (share === 0) return '0\u00a0%'
  if (share < 0.001) return '<\u00a00.1\u00a0%'
  if (share > 0.999 && share < 1) return '>\u00a099.9\u00a0%'
  return `${(share * 100).toFixed(share >= 0.9995 ? 0 : 1)}\u00a0%`
}

/** '2026-11-20' as '20 November 2026'. */
export function longDate(date: string): string {
  const [year, month, day] = date.slice(0, 10).split('-').map(Number)
  return `${day} ${MONTHS[month - 1]} ${year}`
}

/** '2026-11-20' as 'Friday'. */
export function weekday(date: string): string {
  return WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()]
}

/** The minute of a day, UTC: '13:00'. */
export function clock(time: string | number): string {
  return new Date(time).toISOString().slice(11, 16)
}

/** A length of time: '21 h 48 min', '40 s', '0 s'. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)]
  const parts = [hours && `${hours}\u00a0h`, minutes && `${minutes}\u00a0min`, !hours && rest && `${rest}\u00a0s`]
  return parts.filter(Boolean).join(' ') || '0\u00a0s'
}

export interface ShownLabel {
  text: string // what can be shown safely
  length: number // characters of the label itself
  cut: boolean // text is only its beginning
}

/**
 * A label as it may be shown: characters that are invisible or reorder their neighbours are spelled out, and what is
 * longer than any host name is cut.
 */
export function shownLabel(label: string): ShownLabel {
  const cut = label.length > LONGEST_LABEL
  const text = (cut ? label.slice(0, 120) : label).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
  )
  return { text, length: label.length, cut }
}
