/** A store whose calls go wrong as told: before they reach it, or after, when only the answer is lost. */
import type { Store } from '../functions/store/store.ts'

/** `fails`: never arrived; `answer lost`: done, and nobody told; a crash is the same, and no later call arrives either. */
export type Fault = 'none' | 'fails' | 'answer lost' | 'crash before' | 'crash after'

export interface StoreCall {
  method: keyof Store
  key: string // or prefix
  index: number // from 0, over the store's life
}

export interface FaultyStore extends Store {
  calls: StoreCall[]
  restart(): void // a crashed store's caller is there again
}

/** Wraps a store; `plan` says of each call what happens to it. */
export function faultyStore(store: Store, plan: (call: StoreCall) => Fault): FaultyStore {
  const calls: StoreCall[] = []
  let crashed = false
  async function call<T>(method: keyof Store, key: string, run: () => Promise<T>): Promise<T> {
    if (crashed) throw new Error('crashed')
    const one = { method, key, index: calls.length }
    calls.push(one)
    const fault = plan(one)
    crashed = fault === 'crash before' || fault === 'crash after'
    if (fault === 'fails' || fault === 'crash before') throw new Error(`${method} ${key} failed`)
    const result = await run()
    if (fault !== 'none') throw new Error(`answer to ${method} ${key} was lost`)
    return result
  }
  return {
    calls,
    restart() {
      crashed = false
    },
    get: (key) => call('get', key, () => store.get(key)),
    head: (key) => call('head', key, () => store.head(key)),
    put: (key, bytes, condition) => call('put', key, () => store.put(key, bytes, condition)),
    list: (prefix, after) => call('list', prefix, () => store.list(prefix, after)),
  }
}
