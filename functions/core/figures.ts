/** Figures as a reader sees them, on pages and in sentences. Bytes are decimal: 1 GB is 10^9 bytes. */
import type { Money } from '#core/costs/money.ts'

export type Unit = 'bytes' | 'count'

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E']

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

/** A part of one as per cent; what is there but tiny is never shown as nothing. */
export function percent(share: number): string {
  if (share === 0) return '0\u00a0%'
  if (share < 0.001) return '<\u00a00.1\u00a0%'
  if (share > 0.999 && share < 1) return '>\u00a099.9\u00a0%'
  return `${(share * 100).toFixed(share >= 0.9995 ? 0 : 1)}\u00a0%`
}

/** A length of time: '21 h 48 min', '40 s', '0 s'. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)]
  const parts = [hours && `${hours}\u00a0h`, minutes && `${minutes}\u00a0min`, !hours && rest && `${rest}\u00a0s`]
  return parts.filter(Boolean).join(' ') || '0\u00a0s'
}

/**
 * An amount of a currency (ISO 4217) as a reader of English sees it: '$1,234.50', '-€0.0034', '¥1,235'. It has the places of
 * its currency, and where these would show nothing of what is there, as many as two digits need.
 */
export function money(amount: Money, currency: string): string {
  const zeros = /^-?0\.(0*)[1-9]/.exec(amount)?.[1].length
  const needed = zeros === undefined ? 0 : zeros + 2
  const key = `${currency} ${needed}`
  const formatter = MONEY.get(key) ?? moneyFormatter(currency, needed)
  MONEY.set(key, formatter)
  return formatter.format(amount as `${number}`) // as decimal text, of which no digit is lost
}

/** By currency and needed places: to make one takes longer than to use it a hundred times. */
const MONEY = new Map<string, Intl.NumberFormat>()

function moneyFormatter(currency: string, needed: number): Intl.NumberFormat {
  const style = { style: 'currency', currency } as const
  const places = new Intl.NumberFormat('en-US', style).resolvedOptions().maximumFractionDigits ?? 2
  const maximumFractionDigits = Math.max(places, needed)
  return new Intl.NumberFormat('en-US', { ...style, minimumFractionDigits: places, maximumFractionDigits })
}
