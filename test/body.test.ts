import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { sha256 } from '#core/hash.ts'
import { getOnce } from '../functions/http.ts'
import { closeAll, listen } from './loopback.ts'

afterEach(closeAll)

/** What a server that says this text, in gzip or not, is heard to say. */
async function bodyOf(text: Buffer, gzipped: boolean) {
  const server = createServer((_request, response) => {
    if (gzipped) response.setHeader('content-encoding', 'gzip')
    const said = gzipped ? gzipSync(text, { level: 1 }) : text
    response.setHeader('content-length', said.length)
    response.end(said)
  })
  return (await getOnce(`http://127.0.0.1:${await listen(server)}/`)).body
}

const line = Buffer.from(`m{a="${'x'.repeat(1000)}"} 1 2\n`)

test.each<[string, number, boolean]>([
  ['small, in gzip', 1000, true],
  ['small, without gzip', 1000, false],
  ['so large that it is kept deflated', 40_000, true],
  ['large, without gzip', 40_000, false],
])('a body gives the same chunks as often as it is read: %s', async (_, lines, gzipped) => {
  const text = Buffer.concat(Array.from({ length: lines }, () => line))
  const body = await bodyOf(text, gzipped)
  expect(body.size).toBe(text.length)
  for (let read = 0; read < 2; read++) {
    const chunks: Buffer[] = []
    for await (const chunk of body.chunks()) chunks.push(chunk)
    expect(sha256(Buffer.concat(chunks))).toBe(sha256(text))
  }
  for await (const chunk of body.chunks()) {
    expect(chunk.subarray(0, 3).toString()).toBe('m{a')
    break
  }
  expect(sha256(body.whole())).toBe(sha256(text))
})
