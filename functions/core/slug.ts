/**
 * Slugs: file names for names that come from labels, and so from anybody. What is readable of the name, then eight
 * characters that tell names apart whose readable parts are the same.
 */
import { hashText } from '#core/hash.ts'

const READABLE_LENGTH = 40
const SEED = { lo: 0, hi: 0 } // fixed, since a slug stays what it is

/**
 * A path segment for any name at all: `api.example.com` becomes `api-example-com-` and eight characters of 0-9a-v.
 * It holds only a-z, 0-9 and `-`, never starts with `-`, is at most 49 characters, and is the same on every machine.
 * The hash has 40 bits and no secret: names meet by accident never, but by design they can, so who keeps one file for
 * each name compares the names.
 */
export function slug(name: string): string {
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, READABLE_LENGTH)
    .replace(/^-+|-+$/g, '')
  const { lo, hi } = hashText(name, SEED)
  return `${readable === '' ? 'x' : readable}-${((hi & 0xff) * 2 ** 32 + lo).toString(32).padStart(8, '0')}`
}

/** True for what slug could have returned. */
export function isSlug(text: string): boolean {
  return text.length <= READABLE_LENGTH + 9 && /^[a-z0-9]+(-[a-z0-9]+)*-[0-9a-v]{8}$/.test(text)
}
