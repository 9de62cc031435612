/** The part of a ledger that an audit's pack holds, verified as it will be unpacked. */

import type { AuditSeal } from '#core/audit/audit.ts'
import { type AuditSpan, lastDay, type Stretch, stretchOf } from '#core/audit/stretch.ts'
import { JUDGING_KINDS } from '#core/declarations.ts'
import { sha256 } from '#core/hash.ts'
import {
  declarationKey,
  declarationsPrefix,
  parsePublicKeyKey,
  publicKeyKey,
  publicKeysPrefix,
  sealKey,
  sealsPrefix,
  signatureKey,
} from '#core/keys.ts'
import { type PublicKey, readPublicKey } from '#core/public-key.ts'
import { encodeSeal, type Seal } from '#core/seal.ts'
import { DAY_MS, dayOf, isoDate, parseDate } from '#core/time.ts'
import type { ListedObject, Store } from '../store/store.ts'
import { Declarations } from './declarations.ts'
import { type LedgerTarget, readLedger } from './ledger.ts'
import { verifyLedger, verifySeals } from './verify.ts'
import { verifyStoredSignatures } from './verify-signatures.ts'

export interface AuditPart {
  span: AuditSpan
  ledgerFrom: string // the ledger's first day, YYYY-MM-DD
  stretch: Stretch
  targets: readonly LedgerTarget[] // all of the ledger's, as far as the last of the part's seals says
  declarations: Declarations // all of the ledger's
  seals: AuditSeal[] // of the part, oldest first
  keys: PublicKey[] // that some signature of the part names, by id
  objects: ListedObject[] // of the store, in the order of their keys
}

/** What proves a span. Throws one sentence when something of it does not hold, or is not there. */
export async function auditPart(
  store: Store,
  span: AuditSpan,
  progress: (read: number, of: number) => void,
): Promise<AuditPart> {
  const ledger = await readLedger(store)
  const first = Math.min(...ledger.filter(({ rollups }) => rollups.size > 0).map(({ firstHour }) => firstHour))
  if (!Number.isFinite(first)) throw new Error('the store has no rollup yet, so there is nothing to audit')
  const all = await verifySeals(store)
  refuse(all.problems)
  const stretch = stretchOf(span, all.sound)
  const declarations = await Declarations.read(store)

  const listed = await listAll(store)
  const keys = await publicKeysOf(store, listed)
  const rollups = ledger.flatMap(({ target, rollups: of }) => {
    const hours = stretch.hours.get(target)
    if (hours === undefined) return []
    return [...of].filter(([hour]) => hour >= hours.from && hour < hours.to).map(([, object]) => object)
  })
  const declared = declaredKeys(declarations, span)
  const named = new Set([
    ...stretch.dates.flatMap((date) => [sealKey(date), signatureKey(date)]),
    ...keys.map(({ keyId }) => publicKeyKey(keyId)),
    ...declared,
  ])
  const objects = [...rollups, ...listed.filter(({ key }) => named.has(key))].sort((a, b) => (a.key < b.key ? -1 : 1))
  const seals = await verifyPart(partOf(store, objects), keys, progress)
  const used = new Set(seals.map(({ keyId }) => keyId))
  const unused = new Set(keys.filter(({ keyId }) => !used.has(keyId)).map(({ keyId }) => publicKeyKey(keyId)))
  return {
    span,
    ledgerFrom: isoDate(first),
    stretch,
    targets: ledger.map((target) => asSealed(target, stretch, span)),
    declarations,
    seals,
    keys: keys.filter(({ keyId }) => used.has(keyId)),
    objects: objects.filter(({ key }) => !unused.has(key)),
  }
}

/** The days of a span that the ledger has, oldest first. */
export function daysOf({ ledgerFrom, span }: Pick<AuditPart, 'ledgerFrom' | 'span'>): string[] {
  const dates: string[] = []
  const from = Math.max(parseDate(ledgerFrom), parseDate(span.from))
  for (let day = dayOf(from); day < parseDate(span.to); day += DAY_MS) dates.push(isoDate(day))
  return dates
}

/** A store of nothing but these objects; nothing can be written. */
export function partOf(store: Store, objects: readonly ListedObject[]): Store {
  const known = new Set(objects.map(({ key }) => key))
  return {
    get: async (key) => (known.has(key) ? store.get(key) : null),
    head: async (key) => (known.has(key) ? store.head(key) : null),
    list: async (prefix, after = '') => objects.filter(({ key }) => key.startsWith(prefix) && key > after),
    put: async (key) => {
      throw new Error(`${key} cannot be written: an audit changes nothing`)
    },
  }
}

async function listAll(store: Store): Promise<ListedObject[]> {
  const lists: ListedObject[] = []
  for (const prefix of [sealsPrefix, declarationsPrefix, publicKeysPrefix]) lists.push(...(await store.list(prefix)))
  return lists
}

async function publicKeysOf(store: Store, listed: readonly ListedObject[]): Promise<PublicKey[]> {
  const keys: PublicKey[] = []
  for (const { key } of listed) {
    const keyId = parsePublicKeyKey(key)
    if (keyId === null) continue
    const read = readPublicKey((await store.get(key))?.bytes ?? new Uint8Array(), key)
    if (read.keyId !== keyId) throw new Error(`${key} was altered: it holds the public key ${read.keyId}`)
    keys.push(read)
  }
  return keys
}

/** What judges: declarations that hold on some day of the span, or were recorded for one and replaced since. */
function declaredKeys(declarations: Declarations, { from, to }: AuditSpan): string[] {
  const last = lastDay({ from, to })
  return declarations.all().flatMap((place) => {
    const kind = JUDGING_KINDS.find((one) => one === place.kind)
    if (kind === undefined) return []
    return place.from <= last || declarations.placeOn(kind, last) === place ? [declarationKey(place)] : []
  })
}

async function verifyPart(
  part: Store,
  keys: readonly PublicKey[],
  progress: (read: number, of: number) => void,
): Promise<AuditSeal[]> {
  const seals = await verifySeals(part, null, 'part')
  const targets = await verifyLedger(part, undefined, progress, seals.sound, 'part')
  refuse([...seals.problems, ...targets.flatMap(({ problems }) => problems)])
  const { problems, byDate } = await verifyStoredSignatures(part, keys)
  refuse(problems.filter(({ kind }) => kind !== 'unsigned'))
  return seals.sound.map((seal: Seal) => {
    return { date: seal.date, sha256: sha256(encodeSeal(seal)), keyId: byDate.get(seal.date) ?? '' }
  })
}

function refuse(problems: readonly { kind: string; key: string; message: string }[]): void {
  if (problems.length === 0) return
  const [{ kind, key, message }] = problems
  const others = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  throw new Error(`the ledger does not hold${others}: ${kind} ${key}: ${message}; run "wharfage verify"`)
}

/** A target as far as it is sealed: what is newer is in no pack. */
function asSealed(target: LedgerTarget, { closedThrough }: Stretch, { to }: AuditSpan): LedgerTarget {
  const sealed = closedThrough.get(target.target) ?? target.firstHour
  const rollups = new Map([...target.rollups].filter(([hour]) => hour < sealed))
  const dueThrough = Math.max(sealed, parseDate(to))
  return { ...target, rollups, finished: new Map(), open: [], closedThrough: sealed, watermark: sealed, dueThrough }
}
