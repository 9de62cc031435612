/** The configuration's values: what is wrong with one of a kind, by itself, in a sentence; null when nothing is. */
import { isIP } from 'node:net'
import { parseSecretRef, SECRET_FORMS } from '#core/secret-ref.ts'
import { parseDuration } from '#core/time.ts'

/** No part of a prefix is empty, '.' or '..', which some clients of S3 resolve as in a path and others do not. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/((?:(?!\.{1,2}(?:\/|$))[A-Za-z0-9_=.-]+(?:\/|$))*))?$/
/** It stands in every key, of which S3 takes 1,024, and several times in the policy of each function's role. */
const MAX_PREFIX = 200
const MAX_URL = 2000

/** Bucket and prefix (without slashes at its ends) of s3://bucket/prefix; null for any other text. */
export function parseBucketUrl(store: string): { bucket: string; prefix: string } | null {
  const found = S3.exec(store)
  return found && { bucket: found[1], prefix: (found[2] ?? '').replace(/\/$/, '') }
}

export function secretProblem(value: string): string | null {
  return parseSecretRef(value) === null ? `must be ${SECRET_FORMS}; a secret itself never stands here` : null
}

export function viewerPasswordProblem(value: string): string | null {
  const kind = parseSecretRef(value)?.kind
  if (kind === 'env' || kind === 'file') return null
  return 'must be env:NAME or file:PATH, read when the functions are packaged: only its hash goes to AWS'
}

export function urlProblem(value: string): string | null {
  if (value.length > MAX_URL) return `must have at most ${MAX_URL} characters`
  const url = URL.parse(value)
  if (url === null || !/^https?:\/\//i.test(value)) return 'must be a URL that begins with http:// or https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password; use auth'
  if (value.includes('#')) return 'must not have a fragment; end it in /federate'
  if (value.includes('?')) return 'must not have a query, which every scrape writes itself; end it in /federate'
  return url.pathname.endsWith('/federate') ? null : 'must end in /federate'
}

/** An address that a page's own is put behind, on whatever host the pages are served. */
export function siteUrlProblem(value: string): string | null {
  if (value.length > MAX_URL) return `must have at most ${MAX_URL} characters`
  const url = URL.parse(value)
  if (url === null || !/^https:\/\//i.test(value)) return 'must be a URL that begins with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  return /[?#]/.test(value) ? 'must have neither a query nor a fragment' : null
}

export function keyFileProblem(value: string): string | null {
  return parseSecretRef(value)?.kind === 'file' ? null : 'must be file:PATH; a key itself never stands here'
}

export function pathProblem(value: string): string | null {
  if (value.trim() === '') return 'is empty'
  if (value.includes('\0')) return 'must be a path'
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? 'must be a file or folder on this machine' : null
}

export function durationProblem(value: string, minSeconds: number): string | null {
  try {
    const seconds = parseDuration(value)
    if (seconds > 3600) return 'must be at most 1h'
    return seconds < minSeconds ? `must be at least ${minSeconds}s` : null
  } catch {
    return 'must be a whole number with a unit, such as 60s, 5m or 1h'
  }
}

export function storeProblem(value: string): string | null {
  if (value.trim() === '' || value.includes('\0')) return 'must be a folder, or s3://bucket/prefix'
  if (/^s3:/i.test(value)) {
    const bucket = parseBucketUrl(value)
    if (bucket === null) return 'must be s3:// with a bucket, and a prefix of plain names'
    return bucket.prefix.length > MAX_PREFIX ? `must have a prefix of at most ${MAX_PREFIX} characters` : null
  }
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? 'must be a folder, or s3://bucket/prefix' : null
}

export function cidrProblem(value: string): string | null {
  const [, address, length] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? []
  const family = isIP(address ?? '')
  const right = family !== 0 && Number(length) <= (family === 4 ? 32 : 128)
  return right ? null : 'must be an address range such as 10.0.0.0/8'
}
