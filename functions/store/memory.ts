/** A store in memory, for tests and simulation: the whole contract, and nothing that outlives the process. */
import { sha256 } from '#core/hash.ts'
import { checkKey, checkPrefix } from '#core/keys.ts'
import type { Condition, ListedObject, ObjectHead, PutResult, Store, StoredObject } from './store.ts'

/** An empty store; objects are copied on their way in and out, so that nobody's later writes change them. */
export function memoryStore(): Store {
  const objects = new Map<string, StoredObject>()
  let writes = 0

  function holds(key: string, condition: Condition): boolean {
    if (condition === 'always') return true
    return condition === 'absent' ? !objects.has(key) : objects.get(key)?.etag === condition.ifMatch
  }

  return {
    async get(key: string): Promise<StoredObject | null> {
      const object = objects.get(checkKey(key))
      return object === undefined ? null : { bytes: object.bytes.slice(), etag: object.etag }
    },

    async head(key: string): Promise<ObjectHead | null> {
      const object = objects.get(checkKey(key))
      if (object === undefined) return null
      return { etag: object.etag, size: object.bytes.length, sha256: sha256(object.bytes) }
    },

    async put(key: string, bytes: Uint8Array, condition: Condition): Promise<PutResult> {
      if (!holds(checkKey(key), condition)) return { outcome: 'refused' }
      const etag = String(++writes)
      objects.set(key, { bytes: Uint8Array.from(bytes), etag })
      return { outcome: 'written', etag }
    },

    async list(prefix: string, after = ''): Promise<ListedObject[]> {
      checkPrefix(prefix)
      checkPrefix(after)
      return [...objects]
        .filter(([key]) => key.startsWith(prefix) && key > after)
        .map(([key, object]) => ({ key, size: object.bytes.length, etag: object.etag }))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
    },
  }
}
