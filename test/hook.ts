/** Somebody's webhook: takes what is posted, by HTTPS, under a name that a private zone alone knows. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ELSEWHERE, KEY } from './certificates.ts'

export interface Hook {
  url: string // with what makes it a secret at its end
  host: string // its name
  authority: string // PEM; to be trusted
  posts: { path: string; body: string }[] // oldest first
  close(): Promise<void>
}

const HOST = 'elsewhere.example'

/** Opens one on a free port of an address. */
export async function openHook(address: string, secret: string): Promise<Hook> {
  const posts: Hook['posts'] = []
  const server = createServer({ key: KEY, cert: ELSEWHERE }, async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    posts.push({ path: `${request.url}`, body: Buffer.concat(chunks).toString() })
    response.writeHead(204).end()
  })
  server.listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://${HOST}:${port}/${secret}`,
    host: HOST,
    authority: ELSEWHERE,
    posts,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
