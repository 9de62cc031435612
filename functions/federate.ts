/**
 * Federate: one GET of a target's /federate. It answers for the transport alone; whether the body is whole is for the
 * reader of the exposition to say, since an answer can be cut off and well framed.
 */
import type { Target } from '#core/target.ts'
import type { Body } from './body.ts'
import { type EndpointOptions, getFrom } from './endpoint.ts'
import type { HttpResponse } from './http.ts'

const BODY_BYTES = 2 ** 31 // a million and a half of long lines; read in chunks, never held whole

/**
 * The exposition of all series that match any of the selectors, newest sample each, as Prometheus sent it. Throws one
 * sentence with the target's name when the answer is anything but a text exposition with something in it.
 */
export async function federate(target: Target, selectors: string[], options: EndpointOptions = {}): Promise<Body> {
  try {
    return await getFrom(target, federateUrl(target, selectors), 'text/plain;version=0.0.4', exposition, {
      maxBodyBytes: BODY_BYTES,
      ...options,
    })
  } catch (error) {
    throw new Error(`scrape ${target.name}: ${(error as Error).message}`)
  }
}

/** The target's url, its own query kept, with a match[] for each selector. */
export function federateUrl(target: Target, selectors: string[]): URL {
  if (selectors.length === 0) throw new Error('no selectors, and without any /federate answers nothing; give one')
  const url = new URL(target.url)
  for (const selector of selectors) url.searchParams.append('match[]', selector)
  return url
}

/** The body, if it can be an exposition at all. Prometheus answers 200 with nothing in it when nothing matches. */
async function exposition({ headers, body }: HttpResponse): Promise<Body> {
  const contentType = headers['content-type'] ?? ''
  const start = await firstByte(body)
  if (/^text\/html\b/i.test(contentType) || start === '<') {
    throw new Error("answered 200 with HTML, a login page perhaps; check the target's url and auth")
  }
  if (start === '\x1f') {
    throw new Error('answered 200 with gzip that no content-encoding tells of; look at proxies on the way')
  }
  if (start === '') {
    throw new Error(
      'answered 200 with an empty body: nothing matched, which is not zero; check the url and the selectors',
    )
  }
  if (contentType !== '' && !/^text\/plain *(;|$)/i.test(contentType)) {
    throw new Error(`answered 200 with content-type "${contentType}", no exposition; check the target's url`)
  }
  return body
}

/** The first that is neither blank nor a byte order mark, as a character; '' when there is none. */
async function firstByte(body: Body): Promise<string> {
  let begins = true
  for await (const chunk of body.chunks()) {
    let at = begins && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0
    while ([0x09, 0x0a, 0x0d, 0x20].includes(chunk[at])) at++
    if (at < chunk.length) return chunk.toString('latin1', at, at + 1)
    begins = false
  }
  return ''
}
