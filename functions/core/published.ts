/** What publish has rendered, from what: so that the next publish renders only what changed. Derived; safe to lose. */
import type { DaySummary } from '#core/report.ts'

/** What one page and its downloads were made from, and as what they were written. */
export interface PublishedPage {
  inputs: string // hash of all that the files were made from
  files: Record<string, string> // by key in the site: the etag it got
}

export interface Published {
  schema: 1
  days: Record<string, PublishedPage & { summary: DaySummary }> // by date
  index: PublishedPage
}

export function nothingPublished(): Published {
  return { schema: 1, days: {}, index: { inputs: '', files: {} } }
}

/**
 * True when a page and its downloads were made from these inputs and are still there as written; a file that is gone, or
 * that another publish or a person has replaced, is not.
 */
export function isPublished(
  page: PublishedPage | undefined,
  inputs: string,
  there: ReadonlyMap<string, string>,
): boolean {
  return page?.inputs === inputs && Object.entries(page.files).every(([key, etag]) => there.get(key) === etag)
}

export function encodePublished(published: Published): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(published, null, 1)}\n`)
}

/** The inverse of encodePublished; anything else counts as nothing published, since all of it can be rendered again. */
export function decodePublished(bytes: Uint8Array): Published {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Published
    if (parsed.schema === 1 && isObject(parsed.days) && isObject(parsed.index) && isObject(parsed.index.files))
      return parsed
  } catch {
    return nothingPublished()
  }
  return nothingPublished()
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
