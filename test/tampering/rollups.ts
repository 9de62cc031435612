/** Ways of tampering with rollups, alone or with the checkpoint that goes with them. */
import { rollupKey } from '#core/keys.ts'
import { DAY_MS, HOUR_MS, parseInstant } from '#core/time.ts'
import { checkpointOf } from '../closed-checkpoint.ts'
import { CLOSED, chainOf, DATES, ledger } from '../sealed-ledger.ts'
import {
  bytesOf,
  type Change,
  chains,
  checkpointOfChain,
  damage,
  endOf,
  headsFrom,
  hourOfKey,
  near,
  put,
  rewritten,
  sealedLength,
  targetOf,
  targetOfKey,
} from './ledger.ts'

/** By what is done; each may be anywhere. */
export const ROLLUP_CHANGES: Record<string, Change> = {
  'a rollup damaged': (draw) => {
    const { key } = draw.of(draw.of(chains))
    damage(draw, key)
    return { suspects: [key], touched: near(key) }
  },
  'a rollup replaced by a valid one of its place, with other figures': ({ objects, of, number }) => {
    const chain = of(chains)
    const i = number(0, chain.length - 1)
    put(objects, [rewritten(chain, i)[i]])
    return { suspects: [chain[i].key], touched: near() }
  },
  'a rollup removed': ({ objects, of }) => {
    const { key } = of(of(chains))
    objects.delete(key)
    return { suspects: [key], touched: near() }
  },
  'neighbours removed': ({ objects, of, number }) => {
    const chain = of(chains)
    const from = number(0, chain.length - 2)
    const run = chain.slice(from, number(from + 2, chain.length)).map(({ key }) => key)
    for (const key of run) objects.delete(key)
    // Before a chain's beginning and after its end only the next one is known by name.
    return { suspects: run, touched: (key) => run.includes(key), all: from > 0 && run.at(-1) !== chain.at(-1)?.key }
  },
  'two hours swapped': ({ objects, of, number }) => {
    const chain = of(chains)
    const i = number(0, chain.length - 1)
    const other = chain[(i + number(1, chain.length - 1)) % chain.length]
    objects.set(chain[i].key, other.bytes).set(other.key, chain[i].bytes)
    return { suspects: [chain[i].key, other.key], touched: near(chain[i].key, other.key), all: true }
  },
  'a rollup copied over another one': ({ objects, number }) => {
    const every = chains.flat()
    const i = number(0, every.length - 1)
    const { key } = every[(i + number(1, every.length - 1)) % every.length]
    objects.set(key, every[i].bytes)
    return { suspects: [key], touched: near(key) }
  },
  'a rollup moved to a free hour': ({ objects, of, number }) => {
    const from = of(of(chains))
    const chain = of(chains)
    const target = targetOf(chain)
    const hours = number(1, 5) * HOUR_MS
    const free = of([hourOfKey(chain[0].key) - hours, endOf(chain) - HOUR_MS + hours])
    const key = rollupKey(target, free)
    objects.delete(from.key)
    objects.set(key, from.bytes)
    // What would lie between is missed, too.
    const touched = (told: string) => {
      return near(from.key, key)(told) || (targetOfKey(told) === target && bytesOf(objects, told).length === 0)
    }
    const first = (told: string) => told === chain[0].key || told === chain.at(-1)?.key
    return { suspects: [from.key, key], touched: (told) => touched(told) || first(told), all: true }
  },
  'an hour appended': ({ objects, of }) => {
    const chain = of(chains)
    const target = targetOf(chain)
    const longer = chainOf(target, hourOfKey(chain[0].key), endOf(chain) + HOUR_MS)
    put(objects, longer.slice(-1))
    return { suspects: [longer[longer.length - 1].key], touched: near() }
  },
  'an hour put before the first': ({ objects, of }) => {
    const chain = of(chains)
    const before = hourOfKey(chain[0].key) - HOUR_MS
    const [one] = chainOf(targetOf(chain), before, before + HOUR_MS)
    put(objects, [one])
    return { suspects: [one.key, chain[0].key], touched: near(one.key) }
  },
  'a chain written anew from an hour on, and the checkpoint with it': ({ objects, of, number }) => {
    const chain = of(chains)
    const from = number(0, sealedLength(chain) - 1)
    const anew = rewritten(chain, from)
    put(objects, anew)
    objects.set(checkpointOfChain(chain), checkpointOf(anew))
    return { suspects: headsFrom(chain, from).slice(0, 1), touched: near() }
  },
  'a chain written anew from an hour on, without its checkpoint': ({ objects, of, number }) => {
    const chain = of(chains)
    const from = number(0, chain.length - 1)
    put(objects, rewritten(chain, from))
    const newest = chain[chain.length - 1].key
    return { suspects: [newest], touched: (key) => headsFrom(chain, from).includes(key) }
  },
  'the newest hours removed, and the checkpoint made to fit': ({ objects, of, number }) => {
    const chain = of(chains)
    const from = number(0, sealedLength(chain) - 1)
    for (const { key } of chain.slice(from)) objects.delete(key)
    const checkpoint = checkpointOfChain(chain)
    if (from === 0) objects.delete(checkpoint)
    else objects.set(checkpoint, checkpointOf(chain.slice(0, from)))
    return { suspects: headsFrom(chain, from).slice(0, 1), touched: near() }
  },
  'the newest hours removed, and the checkpoint left': ({ objects, of, number }) => {
    const chain = of(chains)
    const from = number(0, chain.length - 1)
    for (const { key } of chain.slice(from)) objects.delete(key)
    return { suspects: [chain[chain.length - 1].key], touched: (key) => headsFrom(chain, from).includes(key) }
  },
  'an hour taken out, and the rest moved up': ({ objects, of, number }) => {
    const chain = of(chains)
    const from = number(0, sealedLength(chain) - 1)
    const start = hourOfKey(chain[0].key)
    const target = targetOf(chain)
    const shorter = chainOf(target, from === 0 ? start + HOUR_MS : start, endOf(chain), hourOfKey(chain[from].key))
    objects.delete(chain[0].key)
    put(objects, shorter)
    objects.set(checkpointOfChain(chain), checkpointOf(shorter))
    return { suspects: headsFrom(chain, 0), touched: near() }
  },
  'a target made up for days that are sealed': ({ objects, number }) => {
    const hours = number(1, 20)
    const madeUp = chainOf('made-up', parseInstant(DATES[2]) + DAY_MS - hours * HOUR_MS, CLOSED)
    for (const [key, bytes] of ledger(madeUp)) objects.set(key, bytes)
    return { suspects: [madeUp[0].key], touched: near() }
  },
  'a file laid beside the rollups': ({ objects, of, number }) => {
    const { key, bytes } = of(of(chains))
    const name = of(['copy.parquet', 'rollup.parquet.bak', 'a/rollup.parquet', '_delta.json'])
    const folder = key.slice(0, key.lastIndexOf('/', key.length - 1 - number(0, 1) * 20))
    const stray = `${folder}/${name}`
    objects.set(stray, bytes)
    return { suspects: [stray], touched: near() }
  },
  'a target removed': ({ objects, of }) => {
    const chain = of(chains)
    for (const { key } of chain) objects.delete(key)
    objects.delete(checkpointOfChain(chain))
    return { suspects: headsFrom(chain, 0).slice(0, 1), touched: near() }
  },
}
