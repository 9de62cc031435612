/**
 * Hosts: what a client claims in its Host header is anything at all (istio/istio#18818 shows a stored `<script>`). A name
 * or address is brought to one spelling; what is neither is replaced by a placeholder and quarantined.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { OTHER } from '#core/flow.ts'
import { sha256 } from '#core/hash.ts'

export interface Host {
  name: string // lower case, no port, no trailing dot; a placeholder when invalid; '' when nothing was claimed
  port: number | null
  quarantined: string | null // the raw value, when it is no host
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const DNS_NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`)
const KEPT_RAW = 256
/** How the placeholder of every host that is none begins; no host is ever called so. */
export const INVALID_HOST = '(invalid-host)'
/** The proxies' own word for what they could not know; a host that claims it says no more. */
const UNKNOWN = 'unknown'

/** Brings a host, with or without port, to one spelling. */
export function normaliseHost(raw: string): Host {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(raw)
  const plain = /^([^:]*?)(?::(\d{1,5}))?$/.exec(raw)
  const [, text, portText] = bracketed ?? plain ?? (isIPv6(raw) ? [raw, raw, undefined] : [raw, '', undefined])
  const port = portText === undefined ? null : Number(portText)
  const name = text === '' || (port !== null && (port < 1 || port > 65535)) ? null : spell(text, bracketed !== null)
  if (raw === '' || name === UNKNOWN) return { name: '', port, quarantined: null }
  if (name !== null) return { name, port, quarantined: null }
  return { name: placeholder(raw), port: null, quarantined: raw.slice(0, KEPT_RAW) }
}

function spell(text: string, bracketed: boolean): string | null {
  if (bracketed || text.includes(':'))
    return isIPv6(text) && !text.includes('%') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : null
  const lower = text.toLowerCase().replace(/\.$/, '')
  if (isIPv4(lower)) return lower
  if (lower === OTHER) return null
  const ascii = /^[\x20-\x7e]*$/.test(lower) ? lower : idnaToAscii(lower)
  if (ascii === null || ascii.length > 253 || !DNS_NAME.test(ascii)) return null
  const last = ascii.slice(ascii.lastIndexOf('.') + 1)
  return /^\d+$/.test(last) ? null : ascii
}

function idnaToAscii(name: string): string | null {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(name)) return null
  return URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : null
}

function placeholder(raw: string): string {
  return `${INVALID_HOST}-${sha256(raw).slice(0, 12)}`
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

/** A label value fit to be kept: 'unknown' becomes '', control and direction characters are shown as U+FFFD, 253 at most. */
export function cleanLabel(value: string | undefined): string {
  if (value === undefined || value === 'unknown') return ''
  return value.replace(UNPRINTABLE, '\ufffd').slice(0, 253).toWellFormed()
}
