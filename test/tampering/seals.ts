/** Ways of tampering with seals alone. */
import { sealKey } from '#core/keys.ts'
import { decodeSeal, encodeSeal } from '#core/seal.ts'
import { DAY_MS, isoDate, parseInstant } from '#core/time.ts'
import { DATES, sealedLedger } from '../sealed-ledger.ts'
import { bytesOf, type Change, chains, type Draw, damage, headsFrom, rewritten, SEALS } from './ledger.ts'

/** A seal with one of its facts changed, written as a seal is. */
function reworded({ of, number }: Draw, bytes: Uint8Array, key: string): Uint8Array {
  const seal = decodeSeal(bytes, key)
  const hash = 'deadbeef'.repeat(8)
  const i = number(0, seal.targets.length - 1)
  const targets = seal.targets.map((one) => ({ ...one, head: one.head && { ...one.head } }))
  const { head } = targets[i]
  const how = of(['head', 'number', 'drop', 'previous', 'count'] as const)
  if (how === 'head' && head !== null) head.sha256 = hash
  else if (how === 'number' && head !== null) head.number += number(1, 9)
  else if (how === 'drop') targets.splice(i, 1)
  else if (how === 'count') targets[i].rollups = targets[i].rollups === 0 ? 1 : targets[i].rollups - 1
  const previous = how === 'previous' ? { key: sealKey(isoDate(parseInstant(seal.date) - DAY_MS)), sha256: hash } : null
  return encodeSeal({ ...seal, targets, previous: previous ?? seal.previous })
}

/** A seal holds the hash of the one before it, or says that there is one, which may be named with it. */
const aSeal = (key: string) => key.startsWith('seals/')

/** The newest seal has no successor: where it disagrees with what it names, either could be the wrong one. */
function suspectsOf(key: string): string[] {
  if (key !== SEALS[2]) return [key]
  return [key, SEALS[1], ...chains.flatMap((chain) => [chain[0].key, ...headsFrom(chain, 0)])]
}

/** By what is done; each may be any day's. */
export const SEAL_CHANGES: Record<string, Change> = {
  'a seal damaged': (draw) => {
    const key = draw.of(SEALS)
    damage(draw, key)
    return { suspects: suspectsOf(key), touched: aSeal }
  },
  'a seal replaced by a valid one that says something else': (draw) => {
    const key = draw.of(SEALS)
    draw.objects.set(key, reworded(draw, bytesOf(draw.objects, key), key))
    return { suspects: suspectsOf(key), touched: aSeal }
  },
  'a seal removed': ({ objects, of }) => {
    const gone = of([SEALS.slice(0, 1), SEALS.slice(1, 2), SEALS.slice(0, 2)])
    for (const key of gone) objects.delete(key)
    // Before the first one that is left only the next is known by name.
    return { suspects: gone, touched: () => false }
  },
  'two seals swapped': ({ objects, number }) => {
    const i = number(0, 2)
    const [key, other] = [SEALS[i], SEALS[(i + number(1, 2)) % 3]]
    const bytes = bytesOf(objects, key)
    objects.set(key, bytesOf(objects, other)).set(other, bytes)
    return { suspects: [key, other], touched: aSeal, all: true }
  },
  'a seal copied over another one': ({ objects, number }) => {
    const i = number(0, 2)
    const key = SEALS[(i + number(1, 2)) % 3]
    objects.set(key, bytesOf(objects, SEALS[i]))
    return { suspects: [key], touched: aSeal }
  },
  'a seal moved to a free day': ({ objects, number, of }) => {
    const from = of(SEALS)
    const days = number(1, 4) * DAY_MS
    const key = sealKey(isoDate(of([parseInstant(DATES[0]) - days, parseInstant(DATES[2]) + days])))
    objects.set(key, bytesOf(objects, from)).delete(from)
    return { suspects: [key], touched: aSeal }
  },
  'a seal of a ledger that has other figures': ({ objects, of }) => {
    const key = of(SEALS)
    objects.set(key, bytesOf(forgery, key))
    return { suspects: suspectsOf(key), touched: aSeal }
  },
}

/** A ledger of the same targets whose first hours had other figures, sealed as it is. */
const forgery = await sealedLedger(...chains.map((chain) => rewritten(chain, 0)))
