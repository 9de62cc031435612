import type { LookupAddress, LookupOptions } from 'node:dns'
import fc from 'fast-check'
import { addressPolicy, checkLiteral, guardedLookup, refusal } from '../functions/address.ts'

const strict = addressPolicy({ url: 'https://prometheus.example/federate' })
const METADATA = 'a metadata address'
const LOOPBACK = 'loopback, which the url does not say literally'
const TUNNEL = 'a tunnel to an address that cannot be checked'

/** The refusal of a url's host as WHATWG reads it, the way a request meets it. */
function refusalOfUrl(url: string, policy = strict): string | null {
  return refusal(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'), policy)
}

test.each([
  // Metadata, in every spelling
  ['http://169.254.169.254/', METADATA],
  ['http://2852039166/', METADATA],
  ['http://0xa9fea9fe/', METADATA],
  ['http://0251.0376.0251.0376/', METADATA],
  ['http://0xA9.254.0251.254/', METADATA],
  ['http://169.254.43518/', METADATA],
  ['http://169.16689662/', METADATA],
  ['http://169.254.169.254./', METADATA],
  ['http://①⑥⑨.254.169.254/', METADATA],
  ['http://%31%36%39.254.169.254/', METADATA],
  ['http://[::ffff:169.254.169.254]/', METADATA],
  ['http://[::ffff:a9fe:a9fe]/', METADATA],
  ['http://[0:0:0:0:0:FFFF:A9FE:A9FE]/', METADATA],
  ['http://[::169.254.169.254]/', METADATA],
  ['http://[::ffff:0:169.254.169.254]/', METADATA],
  ['http://[64:ff9b::169.254.169.254]/', METADATA],
  ['http://[64:ff9b::a9fe:a9fe]/', METADATA],
  ['http://[2002:a9fe:a9fe::1]/', METADATA],
  ['http://[fd00:ec2::254]/', METADATA],
  ['http://[fd00:0ec2:0:0:0:0:0:0254]/', METADATA],
  ['http://[fd00:ec2::23]/', METADATA],
  ['http://[fd20:ce::254]/', METADATA],
  ['http://[fd00:c1::a9fe:a9fe]/', METADATA],
  ['http://169.254.170.2/', METADATA],
  ['http://169.254.170.23/', METADATA],
  ['http://168.63.129.16/', METADATA],
  ['http://100.100.100.200/', METADATA],
  ['http://192.0.0.192/', METADATA],
  // Addresses of no host
  ['http://169.254.0.1/', 'link-local'],
  ['http://[fe80::1]/', 'link-local'],
  ['http://[febf::1]/', 'link-local'],
  ['http://224.0.0.1/', 'multicast'],
  ['http://239.255.255.255/', 'multicast'],
  ['http://[ff02::1]/', 'multicast'],
  ['http://255.255.255.255/', 'broadcast'],
  ['http://4294967295/', 'broadcast'],
  ['http://0.0.0.0/', 'unspecified'],
  ['http://0/', 'unspecified'],
  ['http://0.1.2.3/', 'unspecified'],
  ['http://[::]/', 'unspecified'],
  ['http://[::ffff:0.0.0.0]/', 'unspecified'],
  ['http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/', TUNNEL],
  ['http://[64:ff9b:1::a9fe:a9fe]/', TUNNEL],
  // Loopback, where the url of the target says something else
  ['http://127.0.0.1/', LOOPBACK],
  ['http://127.255.255.254/', LOOPBACK],
  ['http://2130706433/', LOOPBACK],
  ['http://[::1]/', LOOPBACK],
  ['http://[::ffff:127.0.0.1]/', LOOPBACK],
  ['http://[::ffff:7f00:1]/', LOOPBACK],
  ['http://[64:ff9b::7f00:1]/', LOOPBACK],
  ['http://[2002:7f00:1::]/', LOOPBACK],
  // What a Prometheus may well have
  ['http://10.0.0.1/', null],
  ['http://172.16.31.7/', null],
  ['http://192.168.1.1/', null],
  ['http://100.64.0.1/', null],
  ['http://168.63.129.17/', null],
  ['http://8.8.8.8/', null],
  ['http://[fd12:3456::1]/', null],
  ['http://[2001:db8::1]/', null],
  ['http://[::ffff:10.0.0.1]/', null],
  ['http://[64:ff9b::808:808]/', null],
])('%s is %s', (url, reason) => {
  expect(refusalOfUrl(url)).toBe(reason)
})

test('an address with a zone is what it is without', () => {
  expect(refusal('fe80::1%eth0', strict)).toBe('link-local')
  expect(refusal('::ffff:169.254.169.254%1', strict)).toBe(METADATA)
})

test.each([
  // Said literally
  ['http://localhost:9090/federate', null],
  ['http://LocalHost/federate', null],
  ['https://127.0.0.1/federate', null],
  ['http://127.8.9.10:9090', null],
  ['http://[::1]:9090/federate', null],
  // Not so
  ['http://2130706433/federate', LOOPBACK],
  ['http://127.1/federate', LOOPBACK],
  ['http://0x7f.0.0.1/federate', LOOPBACK],
  ['http://[::ffff:127.0.0.1]/federate', LOOPBACK],
  ['http://[0:0::1]/federate', LOOPBACK],
  ['http://localhost.example/federate', LOOPBACK],
  ['http://127.0.0.1.example/federate', LOOPBACK],
  ['http://localhost@prometheus.example/federate', LOOPBACK],
  ['http://prometheus.example/?http://localhost/', LOOPBACK],
  ['http://prometheus.example/#@localhost', LOOPBACK],
])('the target %s may reach 127.0.0.1 if it says so: %s', (url, reason) => {
  expect(refusal('127.0.0.1', addressPolicy({ url }))).toBe(reason)
  expect(refusal('::1', addressPolicy({ url }))).toBe(reason)
  expect(refusal('127.0.0.1', addressPolicy({ url }, false))).toBe(LOOPBACK)
  expect(refusal('169.254.169.254', addressPolicy({ url }))).toBe(METADATA)
})

test('where ranges are allowed, nothing else is, and they open nothing that is closed for all', () => {
  const url = 'http://prometheus.example/'
  const policy = addressPolicy({ url, allow: ['10.0.0.0/8', 'fd12::/16', '169.254.0.0/16', '127.0.0.0/8'] })
  const outside = 'outside the ranges in "allow"'
  expect(refusal('10.255.0.1', policy)).toBeNull()
  expect(refusal('::ffff:10.255.0.1', policy)).toBeNull()
  expect(refusal('fd12::1', policy)).toBeNull()
  expect(refusal('11.0.0.1', policy)).toBe(outside)
  expect(refusal('fd13::1', policy)).toBe(outside)
  expect(refusal('2002:a00:1::', policy)).toBe(outside)
  expect(refusal('64:ff9b::a00:1', policy)).toBe(outside)
  expect(refusal('169.254.169.254', policy)).toBe(METADATA)
  expect(refusal('127.0.0.1', policy)).toBe(LOOPBACK)
})

test.each(['10.0.0.1', '10.0.0.0/33', '10.0.0.0/', '10.0.0/8', 'fd00::/129', 'fd00::/8/8', '10.0.0.0/-1', 'all', ''])(
  'refuses the range %j',
  (range) => {
    const policy = () => addressPolicy({ url: 'http://prometheus.example/', allow: [range] })
    expect(policy).toThrow(`allow: "${range}" is no range of addresses; write one like 10.0.0.0/8`)
  },
)

test('an IPv4 address inside an IPv6 one is refused whenever it is refused by itself', () => {
  const octets = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 })
  // Half of them from the neighbourhoods that matter.
  const near = fc
    .constantFrom([169, 254], [127, 0], [224, 0], [0, 0], [100, 100], [255, 255], [168, 63], [192, 0])
    .chain((start) => fc.tuple(fc.nat(255), fc.nat(255)).map((end) => [...start, ...end]))
  fc.assert(
    fc.property(fc.oneof(octets, near), (bytes) => {
      const ipv4 = bytes.join('.')
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
      const groups = `${hex.slice(0, 4)}:${hex.slice(4)}`
      const own = refusal(ipv4, strict)
      for (const host of [`::ffff:${ipv4}`, `::FFFF:${groups}`, `64:ff9b::${ipv4}`, `2002:${groups}::5`]) {
        expect([host, refusal(host, strict)]).toEqual([host, own])
      }
      for (const number of [
        `0x${hex}`,
        String(Number.parseInt(hex, 16)),
        bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
      ]) {
        expect([number, refusalOfUrl(`http://${number}/`)]).toEqual([number, own])
      }
    }),
    { numRuns: 500 },
  )
})

test('checks a literal host and leaves names to the look-up', () => {
  expect(() => checkLiteral('169.254.169.254', strict)).toThrow(
    'address 169.254.169.254 must not be connected to: it is a metadata address',
  )
  expect(() => checkLiteral('[fe80::1]', strict)).toThrow('address fe80::1 must not be connected to: it is link-local')
  expect(() => checkLiteral('[fd12::1]', strict)).not.toThrow()
  expect(() => checkLiteral('metadata.google.internal', strict)).not.toThrow()
})

/** What the guarded look-up of a name that resolves to these addresses yields. */
function lookUp(addresses: string[], options: LookupOptions, policy = strict): Promise<unknown> {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const resolver = (_name: string, _options: unknown, callback: (error: null, found: LookupAddress[]) => void) =>
    callback(null, found)
  return new Promise((resolve, reject) => {
    guardedLookup(policy, resolver as unknown as Parameters<typeof guardedLookup>[1])(
      'rebound.example',
      options,
      (error, address, family) =>
        error ? reject(error) : resolve(family === undefined ? address : { address, family }),
    )
  })
}

describe('the guarded look-up', () => {
  test('refuses a name whose only addresses must not be connected to', async () => {
    for (const options of [{}, { all: true }]) {
      await expect(lookUp(['169.254.169.254'], options)).rejects.toThrow(
        'rebound.example resolves to 169.254.169.254, which is a metadata address',
      )
      await expect(lookUp(['127.0.0.1', '::1'], options)).rejects.toThrow('rebound.example resolves to 127.0.0.1')
      await expect(lookUp([], options)).rejects.toThrow('rebound.example resolves to nothing')
    }
  })

  test('yields only the addresses that may be connected to', async () => {
    const addresses = ['169.254.169.254', '10.0.0.7', '::ffff:127.0.0.1', 'fd12::7']
    expect(await lookUp(addresses, { all: true })).toEqual([
      { address: '10.0.0.7', family: 4 },
      { address: 'fd12::7', family: 6 },
    ])
    expect(await lookUp(addresses, {})).toEqual({ address: '10.0.0.7', family: 4 })
  })

  test('judges every answer anew', async () => {
    expect(await lookUp(['10.0.0.7'], {})).toEqual({ address: '10.0.0.7', family: 4 })
    await expect(lookUp(['169.254.169.254'], {})).rejects.toThrow('a metadata address')
  })
})
