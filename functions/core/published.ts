/** What publish has rendered, from what: so that the next publish renders only what changed. Derived; safe to lose. */
import type { DaySummary } from '#core/report.ts'

export interface PublishedDay {
  inputs: string // hash of all that the day's files were made from
  summary: DaySummary
}

export interface Published {
  schema: 1
  days: Record<string, PublishedDay> // by date
  index: string // hash of what the index was made from
}

export function nothingPublished(): Published {
  return { schema: 1, days: {}, index: '' }
}

export function encodePublished(published: Published): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(published, null, 1)}\n`)
}

/** The inverse of encodePublished; anything else counts as nothing published, since all of it can be rendered again. */
export function decodePublished(bytes: Uint8Array): Published {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Published
    if (parsed.schema === 1 && typeof parsed.days === 'object' && parsed.days !== null) return parsed
  } catch {
    return nothingPublished()
  }
  return nothingPublished()
}
