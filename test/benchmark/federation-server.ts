/**
 * A Prometheus for the benchmark of memory, in a process of its own: `node federation-server.ts SERIES PODS` answers
 * /federate with that many series, in gzip, of workloads of that many pods, and every query with nothing. Writes its port,
 * and on each line it is given, the number of a minute, moves there and writes the total of all counters then.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { federateLines } from './bodies.ts'

const LINES_A_CHUNK = 500

const [series, podsPerWorkload] = process.argv.slice(2).map(Number)
let wire: Buffer[] = []

const server = createServer((request, response) => {
  if (!request.url?.startsWith('/federate')) {
    response.end('{"status":"success","data":{"resultType":"vector","result":[]}}')
    return
  }
  response.setHeader('content-type', 'text/plain; version=0.0.4')
  response.setHeader('content-encoding', 'gzip')
  for (const chunk of wire) response.write(chunk)
  response.end()
})

server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))

for await (const line of createInterface(process.stdin)) {
  let total = 0
  const chunks = function* () {
    let text: string[] = []
    for (const { line: exposed, counted } of federateLines(series, Number(line), 0, podsPerWorkload)) {
      total += counted
      if (text.push(exposed) < LINES_A_CHUNK) continue
      yield text.join('')
      text = []
    }
    yield text.join('')
  }
  // Go's level is 6; the body is what is measured, not its making.
  wire = await Readable.from(chunks())
    .pipe(createGzip({ level: 1, chunkSize: 1 << 16 }))
    .toArray()
  console.log(total)
}
server.close()
server.closeAllConnections()
