/** The record of what was published: read once, and replaced on condition that nobody else has. */
import { sha256 } from '#core/hash.ts'
import { publishedKey } from '#core/keys.ts'
import { decodePublished, encodePublished, nothingPublished, type Published } from '#core/published.ts'
import type { Condition, Store } from '../store/store.ts'

export interface PublishRecord {
  before: Published
  /** Writes what was published, if it is otherwise than it stands there; false: somebody else has written since. */
  save(published: Published): Promise<boolean>
}

export async function openRecord(store: Store): Promise<PublishRecord> {
  const stored = await store.get(publishedKey)
  let condition: Condition = stored === null ? 'absent' : { ifMatch: stored.etag }
  let saved = stored === null ? '' : sha256(stored.bytes)
  return {
    before: stored === null ? nothingPublished() : decodePublished(stored.bytes),
    async save(published) {
      const bytes = encodePublished(published)
      const digest = sha256(bytes)
      if (digest === saved) return true
      const result = await store.put(publishedKey, bytes, condition)
      if (result.outcome === 'refused') return false
      condition = { ifMatch: result.etag }
      saved = digest
      return true
    },
  }
}
