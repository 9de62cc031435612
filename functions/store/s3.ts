/**
 * A store in an S3 bucket. Every object carries its SHA-256, by which it is checked on its way in by S3 and on its way out
 * here. Nothing is ever deleted, and no access list is ever sent.
 *
 * What S3 answers to a conditional write:
 *
 * - 200: written.
 * - 412, or 404 to an If-Match: the condition does not hold: refused. But where an earlier try of the same write may have
 *   been carried out unheard (the SDK tried again after a lost answer, or we did after a 409), it may be our own bytes that
 *   stand in the way, so the object is looked at first: our bytes are there, so they were written.
 * - 409: somebody else was writing the same key in that moment, and neither side is told who won: the same write again.
 * - Anything else throws, and its outcome is unknown.
 *
 * S3's etag is a hash of the content: it does come back when the same bytes do. A checkpoint never has the same bytes
 * twice, since it counts its scrapes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3'
import { sha256 } from '#core/hash.ts'
import { checkKey, checkPrefix, isImmutable, isKey, isMutable } from '#core/keys.ts'
import { compareText } from '#core/order.ts'
import type { Retention } from '#core/target.ts'
import { DAY_MS } from '#core/time.ts'
import type { StoredVersion } from '#core/versions.ts'
import type { MediaHeaders } from '../media-type.ts'
import { CONFLICT_TRIES, type S3Call, s3Attempts, s3ErrorName, s3Sentence, s3Status } from './s3-error.ts'
import type { Condition, Etag, ListedObject, ObjectHead, PutResult, Store, StoredObject } from './store.ts'

export interface S3StoreOptions {
  client: S3Client
  bucket: string
  prefix?: string // of every key, without slashes at its ends; '' (default): the whole bucket
  retention?: Retention | null // of rollups and seals; needs a bucket with Object Lock
  headers?: (key: string) => MediaHeaders // for what browsers will read
  timeoutMs?: number // of one call with all its tries; of a listing, each page; default 15 s, which a function can afford
}

/** A store that can also tell what was written over, or deleted, in a bucket that keeps versions. */
export interface S3Store extends Store {
  /** Every version of every object whose key begins with prefix, newest first for each key; needs s3:ListBucketVersions. */
  versions(prefix: string): Promise<StoredVersion[]>
}

interface Bounds {
  abortSignal: AbortSignal
}

const REFUSED: PutResult = { outcome: 'refused' }
const TRIES = 3
const CONFLICT_PAUSE_MS = 25 // at most, before the second try; doubled each time

/** A client by the environment's region, credentials and endpoint, as in Lambda and on a laptop, that never waits long. */
export function s3Client(): S3Client {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 = AWS_ENDPOINT_URL } = process.env
  return new S3Client({
    maxAttempts: TRIES,
    retryMode: 'standard',
    // Each write brings its own SHA-256, and each read asks for it.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // What is no AWS seldom has a host name for each bucket.
    forcePathStyle: (AWS_ENDPOINT_URL_S3 ?? '') !== '',
    requestHandler: { connectionTimeout: 1900, socketTimeout: 5900 },
  })
}

/** The objects of a bucket whose keys begin with prefix; nothing is asked before the first call. */
export function s3Store(options: S3StoreOptions): S3Store {
  const { client, bucket, retention = null, timeoutMs = 15_000 } = options
  const root = (options.prefix ?? '') === '' ? '' : `${options.prefix}/`
  const place = (key: string) => ({ Bucket: bucket, Key: root + checkKey(key) })

  /** Runs one call's requests; what they throw is told as a sentence. */
  async function call<T>(verb: S3Call['verb'], key: string, run: (bounds: Bounds) => Promise<T>): Promise<T> {
    try {
      return await run({ abortSignal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      const url = `s3://${bucket}/${root}${key}`
      throw new Error(s3Sentence(error, { verb, url, retention: verb === 'write' && isRetained(key) }))
    }
  }

  function isRetained(key: string): boolean {
    return retention !== null && isImmutable(key)
  }

  async function read(key: string, bounds: Bounds): Promise<StoredObject | null> {
    const command = new GetObjectCommand({ ...place(key), ChecksumMode: 'ENABLED' })
    for (let attempt = 1; ; attempt++) {
      const object = await orNull('NoSuchKey', () => client.send(command, bounds))
      if (object === null) return null
      const { ETag, ContentLength, Body } = object
      try {
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0)
        if (bytes.length !== ContentLength)
          throw new Error(
            `${bytes.length} bytes came of ${ContentLength ?? 'a number not told'}; is it S3 that answers there?`,
          )
        return { bytes, etag: etagOf(ETag) }
      } catch (error) {
        // The SDK holds the bytes against their checksum as they come; its own tries end with the headers.
        if (attempt === TRIES || bounds.abortSignal.aborted) throw error
      }
    }
  }

  async function look(key: string, bounds: Bounds): Promise<ObjectHead | null> {
    const command = new HeadObjectCommand({ ...place(key), ChecksumMode: 'ENABLED' })
    const object = await orNull('NotFound', () => client.send(command, bounds))
    if (object === null) return null
    const digest = hexOf(object.ChecksumSHA256)
    if (digest !== null) return { etag: etagOf(object.ETag), size: object.ContentLength ?? 0, sha256: digest }
    // Somebody else put it here, with another checksum or in parts.
    const whole = await read(key, bounds)
    return whole && { etag: whole.etag, size: whole.bytes.length, sha256: sha256(whole.bytes) }
  }

  async function write(key: string, bytes: Uint8Array, condition: Condition, bounds: Bounds): Promise<PutResult> {
    if (!isMutable(key) && typeof condition === 'object') throw new Error('only checkpoints are replaced by etag')
    const digest = sha256(bytes)
    const media = options.headers?.(key)
    const command = new PutObjectCommand({
      ...place(key),
      ...(retention !== null && isRetained(key) && lock(retention)),
      ...(media && { ContentType: media.contentType, CacheControl: media.cacheControl }),
      ...conditionHeaders(condition),
      Body: bytes,
      ChecksumAlgorithm: 'SHA256', // which a locked object must name
      ChecksumSHA256: Buffer.from(digest, 'hex').toString('base64'),
    })
    let unheard = false // whether an earlier try may have been carried out
    for (let attempt = 1; ; attempt++) {
      try {
        return { outcome: 'written', etag: etagOf((await client.send(command, bounds)).ETag) }
      } catch (error) {
        const status = s3Status(error)
        unheard ||= s3Attempts(error) > 1
        if (status === 412) {
          const there = unheard ? await look(key, bounds) : null
          return there?.sha256 === digest ? { outcome: 'written', etag: there.etag } : REFUSED
        }
        if (status === 404 && s3ErrorName(error) === 'NoSuchKey' && typeof condition === 'object') return REFUSED
        if (status !== 409 || attempt === CONFLICT_TRIES) throw error
        unheard = true
        await sleep(Math.random() * CONFLICT_PAUSE_MS * 2 ** (attempt - 1))
      }
    }
  }

  return {
    get: (key) => call('read', key, (bounds) => read(key, bounds)),
    head: (key) => call('read', key, (bounds) => look(key, bounds)),
    put: (key, bytes, condition) => call('write', key, (bounds) => write(key, bytes, condition, bounds)),

    list: (prefix, after = '') =>
      call('list', prefix, async () => {
        const objects: ListedObject[] = []
        const tokens = new Set<string>()
        for (let token: string | undefined; ; ) {
          const page = await client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: root + checkPrefix(prefix),
              StartAfter: after === '' ? undefined : root + checkPrefix(after),
              ContinuationToken: token,
              EncodingType: 'url', // else a key that is no valid XML would spoil the whole listing
            }),
            { abortSignal: AbortSignal.timeout(timeoutMs) },
          )
          const { Contents = [], KeyCount = Contents.length, IsTruncated, NextContinuationToken: next } = page
          for (const { Key, Size, ETag } of Contents) {
            const key = decoded(Key).slice(root.length)
            if (isKey(key)) objects.push({ key, size: Size ?? 0, etag: etagOf(ETag) })
          }
          // An answer that is nobody's, such as an empty one, must not pass for a bucket with nothing in it.
          const whole = IsTruncated !== undefined && KeyCount === Contents.length
          if (whole && !IsTruncated) return objects
          if (!whole || next === undefined || tokens.has(next))
            throw new Error('the listing was cut off; is it S3 that answers there?')
          tokens.add(next)
          token = next
        }
      }),

    versions: (prefix) =>
      call('list', prefix, async () => {
        const versions: StoredVersion[] = []
        const markers = new Set<string>()
        for (let marker: { KeyMarker?: string; VersionIdMarker?: string } = {}; ; ) {
          const command = {
            Bucket: bucket,
            Prefix: root + checkPrefix(prefix),
            EncodingType: 'url' as const,
            ...marker,
          }
          const abortSignal = AbortSignal.timeout(timeoutMs)
          const page = await client.send(new ListObjectVersionsCommand(command), { abortSignal })
          const { Versions = [], DeleteMarkers = [], IsTruncated, NextKeyMarker, NextVersionIdMarker } = page
          for (const [of, isDeleteMarker] of [[Versions, false] as const, [DeleteMarkers, true] as const]) {
            for (const { Key, VersionId = 'null', LastModified } of of) {
              const key = decoded(Key).slice(root.length)
              const modified = LastModified?.toISOString() ?? ''
              if (isKey(key)) versions.push({ key, isDeleteMarker, isKept: VersionId !== 'null', modified })
            }
          }
          if (IsTruncated === false) return versions.sort(byKeyThenNewest)
          const next = JSON.stringify([NextKeyMarker, NextVersionIdMarker])
          if (IsTruncated === undefined || NextKeyMarker === undefined || markers.has(next))
            throw new Error('the listing was cut off; is it S3 that answers there?')
          markers.add(next)
          marker = { KeyMarker: decoded(NextKeyMarker), VersionIdMarker: NextVersionIdMarker }
        }
      }),
  }
}

/** A key as it is, of a listing that was asked for with the encoding of URLs. */
function decoded(key: string | undefined): string {
  return decodeURIComponent((key ?? '').replaceAll('+', ' '))
}

function byKeyThenNewest(a: StoredVersion, b: StoredVersion): number {
  return compareText(a.key, b.key) || compareText(b.modified, a.modified)
}

function conditionHeaders(condition: Condition): Partial<PutObjectCommandInput> {
  if (condition === 'always') return {}
  return condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.ifMatch }
}

function lock({ mode, days }: Retention): Partial<PutObjectCommandInput> {
  return {
    ObjectLockMode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
    ObjectLockRetainUntilDate: new Date(Date.now() + days * DAY_MS),
  }
}

async function orNull<T>(name: string, run: () => Promise<T>): Promise<T | null> {
  try {
    return await run()
  } catch (error) {
    if (s3Status(error) === 404 && s3ErrorName(error) === name) return null
    throw error
  }
}

/** A base64 SHA-256 of the whole object in hex; null for none, or for one over the sums of its parts ('…-2'). */
function hexOf(checksum: string | undefined): string | null {
  return checksum !== undefined && /^[A-Za-z0-9+/]{43}=$/.test(checksum)
    ? Buffer.from(checksum, 'base64').toString('hex')
    : null
}

function etagOf(etag: string | undefined): Etag {
  if (etag === undefined || etag === '') throw new Error('the answer has no ETag; is it S3 that answers there?')
  return etag
}
