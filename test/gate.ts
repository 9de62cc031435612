/** A gate before a Prometheus: lets in who shows the token, and says to all others that they are not known. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { addressPolicy, refusal } from '../functions/address.ts'

export interface Gate {
  url: string // http://address:port
  token: string // that is let in; may be changed at any time
  refused: number // requests so far
  close(): Promise<void>
}

/** An IPv4 address of this machine that is not loopback and may be connected to; null when it has none. */
export function ownAddress(): string | null {
  const policy = addressPolicy({ url: 'http://prometheus.example/federate' }, false)
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const found = addresses.find(
    ({ family, internal, address }) => family === 'IPv4' && !internal && refusal(address, policy) === null,
  )
  return found?.address ?? null
}

/** Opens a gate on a free port of an address, before the server at `to`. */
export async function openGate(address: string, to: string, token: string): Promise<Gate> {
  const gate: Gate = { url: '', token, refused: 0, close: async () => {} }
  const server = createServer((incoming, response) => {
    if (incoming.headers.authorization !== `Bearer ${gate.token}`) {
      gate.refused++
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('who are you?\n')
      return
    }
    const onward = request(new URL(incoming.url ?? '/', to), { method: incoming.method }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.once('error', () => response.destroy())
    onward.end()
  })
  server.listen(0, address)
  await once(server, 'listening')
  gate.url = `http://${address}:${(server.address() as AddressInfo).port}`
  gate.close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return gate
}
