/**
 * A store: named objects, with the conditional writes of S3. A folder and a bucket keep the same contract, and
 * `test/store-contract.ts` holds both to it.
 */

/** Opaque; equal only while the object has not changed. */
export type Etag = string

export interface StoredObject {
  bytes: Uint8Array
  etag: Etag
}

export interface ObjectHead {
  etag: Etag
  size: number // bytes
  sha256: string // hex, of the content
}

export interface ListedObject {
  key: string
  size: number // bytes
  etag: Etag
}

/** When a write may happen: always, only if the key is free, or only if the object is still the one that was read. */
export type Condition = 'always' | 'absent' | { ifMatch: Etag }

/**
 * Of a conditional write: done, or refused since the condition did not hold (412). Anything else throws; after a throw
 * the outcome is unknown and the caller reads back or repeats the same write.
 */
export type PutResult = { outcome: 'written'; etag: Etag } | { outcome: 'refused' }

export interface Store {
  /** The object, or null when there is none (404). */
  get(key: string): Promise<StoredObject | null>
  head(key: string): Promise<ObjectHead | null>
  put(key: string, bytes: Uint8Array, condition: Condition): Promise<PutResult>
  /** Every object whose key begins with prefix and comes after another key, by default '', in the keys' byte order. */
  list(prefix: string, after?: string): Promise<ListedObject[]>
}
