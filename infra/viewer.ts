/** Fills in the viewer lock: what the configuration says of viewers, as the function that CloudFront runs. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import type { AwsSettings } from '../functions/config.ts'
import { SECURITY_HEADERS } from '../functions/serve.ts'

const MIN_PASSWORD = 16 // characters
const MAX_PASSWORD = 500
const MAX_FUNCTION = 10_240 // bytes, CloudFront's limit
const UNLOCKED = /^const LOCK = .*$/m

/** What the function needs of the settings. */
export type ViewerSettings = Pick<AwsSettings, 'stack' | 'viewers'>

/** What every answer carries behind CloudFront besides SECURITY_HEADERS, as infra/site.yml says it too. */
export const HSTS = 'max-age=31536000'

/**
 * SHA-256 (hex) of a password under the stack's own salt, which is no secret and the same each time: the same
 * configuration packages to the same bytes. Throws for a password that could be guessed, without repeating it.
 */
export function viewerPasswordHash(password: string, stack: string): string {
  const length = [...password].length
  if (length < MIN_PASSWORD || length > MAX_PASSWORD) {
    throw new Error(
      `aws.viewers.password has ${length} characters and needs ${MIN_PASSWORD} to ${MAX_PASSWORD}; ` +
        'make one by "openssl rand -base64 24"',
    )
  }
  if (/\p{Cc}/u.test(password)) {
    throw new Error('aws.viewers.password holds a control character, which browsers do not send; take it out')
  }
  // As browsers send it, however it was typed.
  return createHash('sha256').update(saltOf(stack)).update(password.normalize('NFC')).digest('hex')
}

/** The source of the CloudFront function; `passwordHash` is viewerPasswordHash's, null when the settings name no password. */
export function viewerFunction({ stack, viewers }: ViewerSettings, passwordHash: string | null): string {
  if ((viewers.password === null) !== (passwordHash === null)) {
    throw new Error("viewer function: aws.viewers.password and the password's hash must be given both or neither")
  }
  const headers = { ...SECURITY_HEADERS, 'strict-transport-security': HSTS }
  const lock = {
    salt: saltOf(stack),
    passwordSha256: passwordHash ?? '',
    ranges: viewers.addresses.map(toRange),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
  }
  const template = readFileSync(new URL('./viewer.js', import.meta.url), 'utf8')
  const source = template.replace(UNLOCKED, () => `const LOCK = ${JSON.stringify(lock)}`)
  const size = Buffer.byteLength(source)
  if (size > MAX_FUNCTION) {
    throw new Error(
      `viewer function: it has ${size} bytes of ${MAX_FUNCTION}; name fewer ranges than ${viewers.addresses.length} in aws.viewers.addresses`,
    )
  }
  return source
}

function saltOf(stack: string): string {
  return `wharfage viewers of ${stack}\n`
}

/** A CIDR range as the function compares it: 16-bit words, two of IPv4 and eight of IPv6. */
function toRange(cidr: string): { words: number[]; bits: number } {
  const [address, bits] = cidr.split('/')
  return { words: isIPv4(address) ? wordsOfIPv4(address) : wordsOfIPv6(address), bits: Number(bits) }
}

function wordsOfIPv4(address: string): number[] {
  const [a, b, c, d] = address.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

function wordsOfIPv6(address: string): number[] {
  // The URL's own parser knows every spelling, and gives one.
  const [head, tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const words = (half = ''): number[] => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16)))
  const [before, after] = [words(head), words(tail)]
  return [...before, ...Array(8 - before.length - after.length).fill(0), ...after]
}
