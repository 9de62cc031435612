/**
 * Keys: where every object of the ledger lies, written and read in one place.
 *
 *     checkpoints/<target>                                              mutable
 *     rollups/target=<target>/date=YYYY-MM-DD/hour=HH/rollup.parquet    immutable
 *     seals/date=YYYY-MM-DD/seal.json                                   immutable
 *     seals/date=YYYY-MM-DD/seal.sig                                    immutable
 *     keys/<SHA-256 of the public key>.pem                              immutable
 *     declarations/kind=<kind>/from=YYYY-MM-DD/<recorded>-<sha256>.json immutable
 *     bills/month=YYYY-MM/provider=<provider>/<imported>-<sha256>.json.zst  immutable
 *     daily/date=YYYY-MM-DD/digest.json.zst                             derived
 *     daily/history.json.zst                                            derived
 *     daily/compliance.json.zst                                         derived
 *     daily/costs.json.zst                                              derived
 *     daily/costs/month=YYYY-MM/costs.json.zst                          derived
 *     published.json                                                    mutable, derived
 *     notified.json                                                     mutable
 *
 * Each `parse…` is the exact inverse of its `…Key`: it takes back every key that was written and no other text. The
 * `name=value` folders are Hive partitions, by which Athena and DuckDB find target, date and hour.
 */
import { HOUR_MS, hourOf, isoDate, isoInstant, parseDate, parseInstant } from '#core/time.ts'

/** A target's name is a folder, a URL segment and a column's value as it is. */
export const TARGET_NAME = /^[a-z0-9-]{1,40}$/

/** What publish has rendered, from what. */
export const publishedKey = 'published.json'

/** All closed days together, as far as publish has folded them. */
export const historyKey = 'daily/history.json.zst'

/** What all closed days were judged to be, as far as publish has folded them. */
export const complianceHistoryKey = 'daily/compliance.json.zst'

/** What all closed months cost, as far as publish has folded them. */
export const costHistoryKey = 'daily/costs.json.zst'

/** Which findings somebody has been told of. */
export const notifiedKey = 'notified.json'

/** The prefix of every declaration. */
export const declarationsPrefix = 'declarations/'

/** The prefix of every bill. */
export const billsPrefix = 'bills/'

/** A provider's name as a folder and a column's value as it is. */
export const PROVIDER_NAME = /^[a-z0-9-]{1,40}$/

/** The prefix of every rollup of every target. */
export const rollupsPrefix = 'rollups/'

/** The prefix of every seal and of every signature of one. */
export const sealsPrefix = 'seals/'

/** The prefix of every public key that seals were signed with. */
export const publicKeysPrefix = 'keys/'

export interface RollupPlace {
  target: string
  hour: number // ms since epoch, a whole UTC hour
}

export function checkpointKey(target: string): string {
  return `checkpoints/${checkTarget(target)}`
}

/** The target of a checkpoint's key, or null for any other key. */
export function parseCheckpointKey(key: string): string | null {
  const target = /^checkpoints\/([^/]+)$/.exec(key)?.[1]
  return target !== undefined && TARGET_NAME.test(target) ? target : null
}

/** The key of one target's rollup of the UTC hour that begins at `hour`, in ms since epoch. */
export function rollupKey(target: string, hour: number): string {
  if (hourOf(hour) !== hour) throw new Error(`rollup key of ${target}: ${hour} is not the start of an hour`)
  const date = checkDate(isoDate(hour))
  const hourOfDay = String((hour - parseDate(date)) / HOUR_MS).padStart(2, '0')
  return `${rollupPrefix(target, date)}hour=${hourOfDay}/rollup.parquet`
}

/** Target and hour of a rollup's key, or null for any other key. */
export function parseRollupKey(key: string): RollupPlace | null {
  const parts = /^rollups\/target=([^/]+)\/date=([^/]+)\/hour=(\d\d)\/rollup\.parquet$/.exec(key)
  if (parts === null) return null
  const [, target, date, hourOfDay] = parts
  if (!TARGET_NAME.test(target) || !isDate(date) || Number(hourOfDay) > 23) return null
  return { target, hour: parseDate(date) + Number(hourOfDay) * HOUR_MS }
}

/** The prefix of one target's rollups, of all its days or of one (YYYY-MM-DD). */
export function rollupPrefix(target: string, date?: string): string {
  const prefix = `${rollupsPrefix}target=${checkTarget(target)}/`
  return date === undefined ? prefix : `${prefix}date=${checkDate(date)}/`
}

/** The key of the seal of one UTC day, YYYY-MM-DD. */
export function sealKey(date: string): string {
  return `${sealsPrefix}date=${checkDate(date)}/seal.json`
}

/** The date of a seal's key, or null for any other key. */
export function parseSealKey(key: string): string | null {
  const date = /^seals\/date=([^/]+)\/seal\.json$/.exec(key)?.[1]
  return date !== undefined && isDate(date) ? date : null
}

/** The key of the signature of one day's seal. */
export function signatureKey(date: string): string {
  return `${sealsPrefix}date=${checkDate(date)}/seal.sig`
}

/** The date of a signature's key, or null for any other key. */
export function parseSignatureKey(key: string): string | null {
  const date = /^seals\/date=([^/]+)\/seal\.sig$/.exec(key)?.[1]
  return date !== undefined && isDate(date) ? date : null
}

/** The key of a public key by its id, the SHA-256 of its DER in hex. */
export function publicKeyKey(keyId: string): string {
  const key = `${publicKeysPrefix}${keyId}.pem`
  if (parsePublicKeyKey(key) === null) throw new Error(`key id ${JSON.stringify(keyId)} is no SHA-256 in hex`)
  return key
}

/** The id of a public key's key, or null for any other key. */
export function parsePublicKeyKey(key: string): string | null {
  return /^keys\/([0-9a-f]{64})\.pem$/.exec(key)?.[1] ?? null
}

/** A declaration by what tells it from all others. */
export interface DeclarationPlace {
  kind: string // a-z
  from: string // YYYY-MM-DD, the first day it holds for
  recorded: string // ISO 8601, UTC, whole seconds
  sha256: string // hex, of its bytes
}

/** The key of a declaration; declarations of one kind and day stand in the order in which they were recorded. */
export function declarationKey({ kind, from, recorded, sha256 }: DeclarationPlace): string {
  const key = `${declarationsPrefix}kind=${kind}/from=${checkDate(from)}/${recorded.replace(/[-:]/g, '')}-${sha256}.json`
  if (parseDeclarationKey(key) === null) throw new Error(`declaration key ${JSON.stringify(key)} is none`)
  return key
}

/** What a declaration's key tells, or null for any other key. */
export function parseDeclarationKey(key: string): DeclarationPlace | null {
  const parts =
    /^declarations\/kind=([a-z]{1,20})\/from=([^/]+)\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([0-9a-f]{64})\.json$/.exec(
      key,
    )
  if (parts === null || !isDate(parts[2])) return null
  const [, kind, from, year, month, day, hour, minute, second, sha256] = parts
  const recorded = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
  return isInstant(recorded) ? { kind, from, recorded, sha256 } : null
}

/** A bill by what tells it from all others. */
export interface BillPlace {
  month: string // YYYY-MM
  provider: string
  imported: string // ISO 8601, UTC, whole seconds
  sha256: string // hex, of its stored bytes
}

/** The key of a bill; those of one month and provider stand in the order in which they were imported. */
export function billKey({ month, provider, imported, sha256 }: BillPlace): string {
  const key = `${billPrefix(month, provider)}${imported.replace(/[-:]/g, '')}-${sha256}.json.zst`
  if (parseBillKey(key) === null) throw new Error(`bill key ${JSON.stringify(key)} is none`)
  return key
}

/** The prefix of the bills of one month and provider. */
export function billPrefix(month: string, provider: string): string {
  return `${billsPrefix}month=${month}/provider=${provider}/`
}

/** What a bill's key tells, or null for any other key. */
export function parseBillKey(key: string): BillPlace | null {
  const parts =
    /^bills\/month=([^/]+)\/provider=([^/]+)\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([0-9a-f]{64})\.json\.zst$/.exec(
      key,
    )
  if (parts === null) return null
  const [, month, provider, year, mm, day, hour, minute, second, sha256] = parts
  const imported = `${year}-${mm}-${day}T${hour}:${minute}:${second}Z`
  if (!isMonth(month) || !PROVIDER_NAME.test(provider) || !isInstant(imported)) return null
  return { month, provider, imported, sha256 }
}

/** True for a month of the calendar, YYYY-MM. */
export function isMonth(text: string): boolean {
  return text.length === 7 && isDate(`${text}-01`)
}

/** The key of the digest of one UTC day, YYYY-MM-DD. */
export function digestKey(date: string): string {
  return `daily/date=${checkDate(date)}/digest.json.zst`
}

/** The date of a digest's key, or null for any other key. */
export function parseDigestKey(key: string): string | null {
  const date = /^daily\/date=([^/]+)\/digest\.json\.zst$/.exec(key)?.[1]
  return date !== undefined && isDate(date) ? date : null
}

/** The key of what a month cost, YYYY-MM. */
export function costMonthKey(month: string): string {
  checkDate(`${month}-01`)
  return `daily/costs/month=${month}/costs.json.zst`
}

/** The month of such a key, or null for any other key. */
export function parseCostMonthKey(key: string): string | null {
  const month = /^daily\/costs\/month=(\d{4}-\d\d)\/costs\.json\.zst$/.exec(key)?.[1]
  return month !== undefined && isMonth(month) ? month : null
}

/** True for what can be made again from the ledger, and so may be written over. */
export function isDerived(key: string): boolean {
  const whole = [publishedKey, historyKey, complianceHistoryKey, costHistoryKey]
  return whole.includes(key) || [parseDigestKey, parseCostMonthKey].some((parse) => parse(key) !== null)
}

/** True for what is written once and kept for as long as the ledger is. */
export function isImmutable(key: string): boolean {
  const readers = [
    ...[parseRollupKey, parseSealKey, parseSignatureKey],
    ...[parsePublicKeyKey, parseDeclarationKey, parseBillKey],
  ]
  return readers.some((parse) => parse(key) !== null)
}

/** True for the few keys whose objects are replaced, each time on condition that nobody else has replaced them. */
export function isMutable(key: string): boolean {
  return key.startsWith('checkpoints/') || key === publishedKey || key === notifiedKey
}

/**
 * The key as it is, or an error when it could mean anything but one object below a store's root: segments of plain
 * ASCII, none empty, none with a leading dot (which also rules out `..` and hidden files) or an `@` at its end (a folder's
 * own mark), at most 900 characters.
 */
export function checkKey(key: string): string {
  if (key.length > 900) throw new Error(`key ${JSON.stringify(key.slice(0, 60))}… has ${key.length} characters of 900`)
  for (const segment of key.split('/')) {
    if (!/^[A-Za-z0-9_=@~+-][A-Za-z0-9_=@~+.-]*(?<!@)$/.test(segment) || segment.length > 200) {
      throw new Error(`key ${JSON.stringify(key)} has a segment ${JSON.stringify(segment)} that is no plain name`)
    }
  }
  return key
}

/** True for what checkKey lets through. */
export function isKey(text: string): boolean {
  try {
    return checkKey(text) === text
  } catch {
    return false
  }
}

/** The prefix as it is, or an error when no key can begin with it. */
export function checkPrefix(prefix: string): string {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix)
  return prefix
}

function checkTarget(target: string): string {
  if (!TARGET_NAME.test(target)) {
    throw new Error(`target name ${JSON.stringify(target)} is not 1 to 40 characters of a-z, 0-9 and -`)
  }
  return target
}

function checkDate(date: string): string {
  parseDate(date)
  return date
}

function isDate(text: string): boolean {
  try {
    parseDate(text)
    return true
  } catch {
    return false
  }
}

function isInstant(text: string): boolean {
  try {
    return isoInstant(parseInstant(text)) === text
  } catch {
    return false
  }
}
