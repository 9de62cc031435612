/**
 * Forbidden addresses in every spelling we know of, each really asked for: none may open a connection, or even attempt
 * one. A listener waits on every address of this machine, and Node itself tells of each attempt that a socket makes.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { EndpointOptions } from '../functions/endpoint.ts'
import { federate } from '../functions/federate.ts'
import { getOnce } from '../functions/http.ts'
import { answer } from './loopback.ts'
import { simulatedTarget } from './simulated-target.ts'

const METADATA = 'it is a metadata address'
const LINK_LOCAL = 'it is link-local'
const LOOPBACK = 'it is loopback, which the url does not say literally'
const UNSPECIFIED = 'it is unspecified'
const MULTICAST = 'it is multicast'
const TUNNEL = 'it is a tunnel to an address that cannot be checked'
const UNREADABLE = 'the url cannot be read'
const CREDENTIALS = 'credentials stand in the url'

/** Hosts as they stand in a url, and what is said of them. */
const LITERALS: readonly [reason: string, hosts: string[]][] = [
  [LOOPBACK, ['2130706433', '0x7f000001', '0X7F.1', '017700000001', '0177.0.0.01', '127.1', '127.0.1', '127.0.0.1.']],
  [LOOPBACK, ['0x7f.0x0.0x0.0x1', '00000177.0.0.1', '127.0x0.00.1', '127.16777214', '0x7F.255.255.254']],
  [LOOPBACK, ['%31%32%37.0.0.1', '127%2e0%2e0%2e1', '127。0。0。1', '127．0．0．1', '127｡0｡0｡1']],
  [LOOPBACK, ['①②⑦.⓪.⓪.①', '１２７.０.０.１', '𝟭𝟮𝟳.0.0.1', '12\u00ad7.0.0.1', '127.0.\t0.1', '127.0.0.1\n']],
  [LOOPBACK, ['[::0001]', '[0:0:0:0:0:0:0:1]', '[::0.0.0.1]', '[::ffff:127.0.0.1]', '[::FFFF:7F00:1]']],
  [LOOPBACK, ['[0:0:0:0:0:ffff:127.0.0.1]', '[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]']],
  [LOOPBACK, ['[2002:7f00:1::]', '[2002:7F00:0001::a]', '[::ffff:127.0.0.53]']],
  [METADATA, ['169.254.169.254', '169.254.169.254.', '2852039166', '0xA9FEA9FE', '0251.0376.0251.0376']],
  [METADATA, ['0xa9.0xfe.0xa9.0xfe', '169.254.43518', '169.16689662', '169。254。169。254', '①⑥⑨.254.169.254']],
  [METADATA, ['[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[::a9fe:a9fe]', '[64:ff9b::a9fe:a9fe]']],
  [METADATA, ['[2002:a9fe:a9fe::1]', '[::ffff:0:a9fe:a9fe]', '[fd00:ec2::254]', '[FD00:0EC2::23]']],
  [METADATA, ['[fd20:ce::254]', '[fd00:c1::a9fe:a9fe]', '169.254.170.2', '169.254.170.23']],
  [METADATA, ['[fd00:42::42]', '[fd00:a9fe:a9fe::1]', '[FD00:100::100:200]']],
  [METADATA, ['168.63.129.16', '0xa83f8110', '100.100.100.200', '192.0.0.192', '[::ffff:100.100.100.200]']],
  [LINK_LOCAL, ['169.254.42.42', '169.254.1', '[fe80::1]', '[FEBF::1]', '[fe80::a9fe:a9fe]', '[::ffff:169.254.0.23]']],
  [UNSPECIFIED, ['0', '0.0.0.0', '0x0', '00', '0.0', '0.0.0.1', '[::]', '[0::0]', '[::ffff:0.0.0.0]', '[64:ff9b::0]']],
  [MULTICAST, ['224.0.0.1', '0xe0000001', '239.255.255.250', '[ff02::1]', '[FF0E::1]', '[::ffff:224.0.0.1]']],
  ['it is broadcast', ['255.255.255.255', '4294967295', '0xffffffff', '[::ffff:255.255.255.255]']],
  [
    TUNNEL,
    ['[2001:0:4136:e378:8000:63bf:80ff:fffe]', '[2001::1]', '[64:ff9b:1::7f00:1]', '[64:ff9b:1:a9fe:a9:fe00::]'],
  ],
  [UNREADABLE, ['[::1%lo]', '[::1%25lo]', '[fe80::1%25eth0]', '[::ffff:127.0.0.1%251]', '[fd00:ec2::254%eth0]']],
  [
    UNREADABLE,
    ['256.0.0.1', '0x7f.0.0.0x100', '4294967296', '127.0.0.1.1', '[::1', '[::ffff:127.0.0.256]', '%00', '%5b::1%5d'],
  ],
  [CREDENTIALS, ['localhost@169.254.169.254', '127.0.0.1:80@2130706433', 'prometheus.example@127.1', 'a:b@[::1]']],
  [CREDENTIALS, ['127.0.0.1%23@169.254.169.254', 'localhost:9090%2f@0x7f.1']],
  [
    LOOPBACK,
    ['127.1?@prometheus.example', '127.1#@prometheus.example', '127.1/@prometheus.example', '127.1\\@a.example'],
  ],
]

/** Names that mean no Prometheus, as the world's resolvers, or hosts files, or an attacker's zone answer for them. */
const NAMES: readonly [host: string, addresses: string[], reason: string][] = [
  ['localhost.', ['127.0.0.1', '::1'], 'loopback'],
  ['localhost.localdomain', ['127.0.0.1'], 'loopback'],
  ['localhost6.localdomain6', ['::1'], 'loopback'],
  ['ip6-localhost', ['::1'], 'loopback'],
  ['prometheus.localhost', ['127.0.0.1'], 'loopback'],
  ['LOCALHOST.example', ['127.0.0.1'], 'loopback'],
  ['127.0.0.1.nip.example', ['127.0.0.1'], 'loopback'],
  ['localtest.example', ['::ffff:127.0.0.1'], 'loopback'],
  ['xn--bcher-kva.example', ['127.0.0.53'], 'loopback'],
  ['bücher.example', ['127.0.0.53'], 'loopback'],
  ['metadata.google.internal', ['169.254.169.254'], 'a metadata address'],
  ['METADATA.google.internal.', ['169.254.169.254'], 'a metadata address'],
  ['metadata', ['169.254.169.254'], 'a metadata address'],
  ['metadata.goog', ['fd20:ce::254'], 'a metadata address'],
  ['instance-data.ec2.internal', ['169.254.169.254'], 'a metadata address'],
  ['169-254-169-254.example', ['169.254.169.254'], 'a metadata address'],
  ['api.metadata.cloud.ibm.example', ['169.254.169.254'], 'a metadata address'],
  ['100-100-100-200.example', ['100.100.100.200'], 'a metadata address'],
  ['metadata.tencentyun.example', ['169.254.0.23'], 'link-local'],
  ['scoped.example', ['fe80::1%1'], 'link-local'],
  ['mapped.example', ['::ffff:a9fe:a9fe'], 'a metadata address'],
  ['nat64.example', ['64:ff9b::a9fe:a9fe'], 'a metadata address'],
  ['6to4.example', ['2002:7f00:1::'], 'loopback'],
  ['teredo.example', ['2001:0:4136:e378:8000:63bf:80ff:fffe'], 'a tunnel'],
  ['zero.example', ['0.0.0.0', '::'], 'unspecified'],
  ['many.example', ['169.254.169.254', '127.0.0.1', '0.0.0.0', '::1', 'fe80::1', 'ff02::1'], 'a metadata address'],
]

const FORBIDDEN = LITERALS.flatMap(([reason, hosts]) => hosts.map((host): [string, string] => [host, reason]))

let server: Server
let port: number
let accepted = 0 // connections the listener saw
const attempts: string[] = [] // addresses that a socket set out to connect to

function watch(message: unknown): void {
  const { socket } = message as { socket: Socket }
  socket.on('connectionAttempt', (address: string) => attempts.push(address))
}

beforeAll(async () => {
  server = createServer((socket) => {
    accepted++
    socket.on('error', () => {})
    socket.once('data', () =>
      socket.end(answer('200 OK', ['Connection: close', 'Content-Length: 11'], 'up{} 1 2\n \n')),
    )
  })
  // Both families, wherever this machine has both: what gets through is seen.
  server.listen(0)
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  subscribe('net.client.socket', watch)
})

afterAll(() => {
  unsubscribe('net.client.socket', watch)
  return new Promise((resolve) => server.close(resolve))
})

beforeEach(() => {
  accepted = 0
  attempts.length = 0
})

/** A url that would meet the listener if its host were what it comes to. */
function urlOf(host: string): string {
  const [, name, rest] = /^(.*?[^?#/\\]*)((?:[?#/\\].*)?)$/s.exec(host) ?? []
  return `http://${name}:${port}${rest || '/federate'}`
}

/** A resolver that gives these answers, the last of them for ever; `asked` counts. */
function resolver(...answers: string[][]): { lookup: EndpointOptions['lookup']; asked: () => number } {
  let asked = 0
  const lookup = (_host: string, _options: unknown, callback: (error: null, all: LookupAddress[]) => void) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)]
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { lookup: lookup as unknown as EndpointOptions['lookup'], asked: () => asked }
}

function scrape(url: string, options: EndpointOptions = {}): Promise<unknown> {
  return federate(simulatedTarget({ url }), ['up'], { timeoutMs: 3000, ...options })
}

const outcome = (request: Promise<unknown>) =>
  request.then(
    () => 'answered',
    (error: Error) => error.message,
  )

test('there are enough of them', () => {
  expect(FORBIDDEN.length + NAMES.length).toBeGreaterThanOrEqual(130)
})

test('the listener and the attempts are seen where a connection is allowed, so nothing below is blind', async () => {
  expect(await outcome(scrape(`http://127.0.0.1:${port}/federate`))).toBe('answered')
  expect([attempts, accepted]).toEqual([['127.0.0.1'], 1])
  expect(await outcome(getOnce(`http://localhost:${port}/`, resolver(['127.0.0.1'])))).toBe('answered')
  expect([attempts, accepted]).toEqual([['127.0.0.1', '127.0.0.1'], 2])
})

test.each(FORBIDDEN)('%j opens no connection: %s', async (host, reason) => {
  // Whatever a name among them resolves to, it is not what makes the difference.
  const { lookup, asked } = resolver(['127.0.0.1'])
  const url = urlOf(host)
  for (const said of [
    await outcome(scrape(url, { lookup })),
    await outcome(getOnce(url, { lookup, timeoutMs: 3000 })),
  ]) {
    // federate joins its own query to what it is given, so an unreadable url stops there.
    expect(said).toMatch(reason === UNREADABLE ? /cannot be read|Invalid URL/ : new RegExp(reason))
  }
  expect([attempts, accepted, asked()]).toEqual([[], 0, 0])
})

test.each(NAMES)('%s, which resolves to %j, opens no connection', async (host, addresses, reason) => {
  const { lookup, asked } = resolver(addresses)
  for (const ask of [scrape, getOnce]) {
    const said = await outcome(ask(urlOf(host), { lookup, timeoutMs: 3000 }))
    expect(said).toContain(` resolves to ${addresses[0]}, which is ${reason}`)
  }
  expect([attempts, accepted, asked()]).toEqual([[], 0, 2])
})

test('a name that changes its address at the second look-up is refused at the second, and was not asked twice before', async () => {
  for (const rebound of ['169.254.169.254', '0.0.0.0', '::', '::ffff:0.0.0.0', '10.0.0.1']) {
    attempts.length = accepted = 0
    const { lookup, asked } = resolver(['127.0.0.1'], [rebound])
    const target = simulatedTarget({ url: `http://localhost:${port}/federate`, allow: ['127.0.0.0/8'] })
    expect(await outcome(federate(target, ['up'], { lookup }))).toBe('answered')
    expect([attempts, accepted, asked()]).toEqual([['127.0.0.1'], 1, 1])
    expect(await outcome(federate(target, ['up'], { lookup }))).toContain(`localhost resolves to ${rebound}, which is `)
    expect([attempts, accepted, asked()]).toEqual([['127.0.0.1'], 1, 2])
  }
})

test('of several records only those that may be connected to are attempted', async () => {
  const { lookup } = resolver(['169.254.169.254', '0.0.0.0', '::', 'fe80::1', '127.0.0.1', '::ffff:100.100.100.200'])
  expect(await outcome(scrape(`http://localhost:${port}/federate`, { lookup }))).toBe('answered')
  expect([attempts, accepted]).toEqual([['127.0.0.1'], 1])
})

test('inside a function even loopback said literally opens no connection', async () => {
  process.env.AWS_LAMBDA_FUNCTION_NAME = 'scrape'
  try {
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const { lookup } = resolver(['127.0.0.1'])
      expect(await outcome(scrape(urlOf(host), { lookup }))).toContain('is loopback')
    }
  } finally {
    delete process.env.AWS_LAMBDA_FUNCTION_NAME
  }
  expect([attempts, accepted]).toEqual([[], 0])
})

test.each(['301 Moved', '302 Found', '303 See', '307 Temporary', '308 Permanent'])(
  'a %s to a forbidden address is not followed',
  async (status) => {
    const redirecting = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(answer(status, [`Location: http://2130706433:${port}/federate`])))
    })
    redirecting.listen(0, '127.0.0.1')
    await once(redirecting, 'listening')
    try {
      const at = (redirecting.address() as AddressInfo).port
      expect(await outcome(scrape(`http://127.0.0.1:${at}/federate`))).toContain('a redirect to 127.0.0.1')
      expect([attempts.length, accepted]).toEqual([1, 0])
    } finally {
      redirecting.close()
    }
  },
)
