/** Servers on loopback ports for a test's length, and what they say when it is not quite HTTP. */
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'

const open: (() => Promise<unknown>)[] = []

/** The loopback port the server now listens on, until all are closed. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  open.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** Ends all servers and their connections; also for what must go with them. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0)) await close()
}

/** An answer with this status line and these headers, framed by its length unless they say otherwise. */
export function answer(status: string, headers: string[] = [], body: string | Buffer = ''): Buffer {
  const framed = headers.some((header) => /^(content-length|transfer-encoding|connection):/i.test(header))
  const lines = [`HTTP/1.1 ${status}`, ...headers, ...(framed ? [] : [`Content-Length: ${Buffer.byteLength(body)}`])]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}
