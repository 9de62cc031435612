/** The next release: one that keeps checkpoints under a schema this one does not know, and reads both. */
import { CHECKPOINT_SCHEMA } from '#core/checkpoint.ts'
import { sha256 } from '#core/hash.ts'
import type { Store } from '../../functions/store/store.ts'
import { isCheckpoint } from './store.ts'

const OURS = `wharfage checkpoint ${CHECKPOINT_SCHEMA}\n`
const NEXT = `wharfage checkpoint ${CHECKPOINT_SCHEMA + 1}\n`
const DIGEST_LENGTH = 32

/** True for a checkpoint of the next release's schema. */
export function isOfNextRelease(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, NEXT.length)).toString('latin1') === NEXT
}

/** The same checkpoint as this release would have written it. */
export function asOurs(bytes: Uint8Array): Uint8Array {
  return isOfNextRelease(bytes) ? rewritten(bytes, OURS) : bytes
}

/** A store as the next release sees it through this one's code. */
export function nextRelease(store: Store): Store {
  return {
    list: (prefix, after) => store.list(prefix, after),
    async get(key) {
      const object = await store.get(key)
      return object !== null && isCheckpoint(key) ? { ...object, bytes: asOurs(object.bytes) } : object
    },
    async head(key) {
      if (!isCheckpoint(key)) return store.head(key)
      const object = await store.get(key)
      if (object === null) return null
      const bytes = asOurs(object.bytes)
      return { etag: object.etag, size: bytes.length, sha256: sha256(bytes) }
    },
    put: (key, bytes, condition) => store.put(key, isCheckpoint(key) ? rewritten(bytes, NEXT) : bytes, condition),
  }
}

function rewritten(bytes: Uint8Array, firstLine: string): Uint8Array {
  const body = Buffer.concat([Buffer.from(firstLine), bytes.subarray(OURS.length, -DIGEST_LENGTH)])
  return Buffer.concat([body, Buffer.from(sha256(body), 'hex')])
}
