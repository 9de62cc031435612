/** Ways of tampering with checkpoints alone. */
import { checkpointOf } from '../closed-checkpoint.ts'
import { bytesOf, type Change, chains, checkpointOfChain, damage, near } from './ledger.ts'

/** By what is done; each may be any target's. */
export const CHECKPOINT_CHANGES: Record<string, Change> = {
  'a checkpoint damaged': (draw) => {
    const key = checkpointOfChain(draw.of(chains))
    damage(draw, key)
    return { suspects: [key], touched: () => false }
  },
  'an older checkpoint restored': ({ objects, of, number }) => {
    const chain = of(chains)
    objects.set(checkpointOfChain(chain), checkpointOf(chain.slice(0, number(1, chain.length - 1))))
    return { suspects: [chain[chain.length - 1].key], touched: near() }
  },
  'the checkpoint of another target': ({ objects, number }) => {
    const i = number(0, chains.length - 1)
    const key = checkpointOfChain(chains[i])
    const other = checkpointOfChain(chains[(i + number(1, chains.length - 1)) % chains.length])
    objects.set(key, bytesOf(objects, other))
    return { suspects: [key], touched: () => false }
  },
}
