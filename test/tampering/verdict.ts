/** Verify's verdict on a ledger somebody tampered with: what it names, held against what was done. */
import type { HeldSeal } from '#core/seal-chain.ts'
import { verifyLedger, verifySeals } from '../../functions/stage/verify.ts'
import { type Objects, storeOf } from '../sealed-ledger.ts'
import { type Tampering, tampering } from './tampering.ts'

/** The keys verify names, as the command runs it; a sentence that ends it names its key, too. */
export async function named(objects: Objects, held: HeldSeal | null = null): Promise<string[]> {
  const store = await storeOf(objects)
  try {
    const { sound, problems } = await verifySeals(store, held)
    const targets = await verifyLedger(store, undefined, undefined, sound)
    return [...problems, ...targets.flatMap((target) => target.problems)].map(({ key }) => key)
  } catch (error) {
    const key = /^checkpoint (\S+) /.exec((error as Error).message)?.[1]
    if (key === undefined) throw error
    return [key]
  }
}

/** What is wrong with verify's verdict on the change of this seed; '' when it is right. */
export async function judge(seed: number): Promise<string> {
  const fault = await judgeTampering(await tampering(seed))
  return fault === '' ? '' : `seed ${seed}, ${fault}`
}

/** What is wrong with verify's verdict on a change; '' when it is right. */
export async function judgeTampering(change: Tampering): Promise<string> {
  const fault = faultOf(change, await named(change.objects))
  return fault === '' ? '' : `${change.what}: ${fault}`
}

function faultOf({ suspects, all, touched }: Tampering, keys: readonly string[]): string {
  if (keys.length === 0) return 'not found'
  const found = suspects.filter((key) => keys.includes(key))
  if (found.length < (all ? suspects.length : 1)) return `names ${keys.join(', ')} and not ${suspects.join(', ')}`
  const wrong = keys.filter((key) => !suspects.includes(key) && !touched(key))
  return wrong.length === 0 ? '' : `names ${wrong.join(', ')}, which nobody touched`
}
