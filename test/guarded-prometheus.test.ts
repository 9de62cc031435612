/**
 * A real Prometheus behind TLS, a client certificate and a password: what its own server, which is Go's, makes of right
 * and wrong credentials.
 */
import { decodeCheckpoint } from '#core/checkpoint.ts'
import { checkpointKey } from '#core/keys.ts'
import type { Auth } from '#core/target.ts'
import { federate } from '../functions/federate.ts'
import { queryInstant } from '../functions/query-api.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { ELSEWHERE, EXPIRED, HERE, KEY, LEAF } from './certificates.ts'
import { type Destination, Exporter, METRICS_PATH } from './exporter.ts'
import { prometheus, type RunningPrometheus, startPrometheus } from './prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const PASSWORD = 'scraper-pass-0123456789'
const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuSSmGSxy1tCQ5OzdykOTTGufHupjKHEG' // of PASSWORD, at the least cost there is
const PROVIDER: Destination = {
  egress: 'registered',
  host: 'api.stripe.com',
  service: 'api.stripe.com',
  name: 'api.stripe.com',
  protocol: 'http',
}

const secrets = { CA: HERE, CERT: LEAF, KEY, PASSWORD, WRONG: 'another-password', OLD: EXPIRED, FOREIGN: ELSEWHERE }
const ref = (name: keyof typeof secrets) => `env:GUARDED_${name}`
const tls = { ca: ref('CA'), cert: ref('CERT'), key: ref('KEY') }
const basic = { username: 'scraper', password: ref('PASSWORD') }

const present = prometheus === null ? describe.skip : describe
const how = prometheus === null ? ' (no prometheus on the PATH; apt-get install prometheus lets this run)' : ''

present(`a Prometheus behind TLS, a client certificate and a password${how}`, () => {
  const exporter = new Exporter({ namespace: 'shop', pod: 'checkout-x2x7k', instance: '10.3.0.1:15020' }, Date.now())
  let running: RunningPrometheus | undefined

  const targetWith = (auth: Auth) =>
    simulatedTarget({ url: `${running?.url}/federate`, intervalSeconds: 5, prometheusIntervalSeconds: 1, auth })

  beforeAll(async () => {
    for (const [name, value] of Object.entries(secrets)) process.env[`GUARDED_${name}`] = value
    exporter.count(PROVIDER, { requests: 1000, egressBytes: 5 })
    running = await startPrometheus({
      scrapeConfigs: [
        {
          job_name: 'pods',
          metrics_path: METRICS_PATH,
          static_configs: [{ targets: [await exporter.listen()], labels: exporter.pod }],
        },
      ],
      guard: {
        cert: LEAF,
        key: KEY,
        clientCa: HERE,
        users: { scraper: BCRYPT },
        client: { ca: HERE, cert: LEAF, key: KEY, auth: `scraper:${PASSWORD}` },
      },
    })
    await exporter.scraped()
  }, 60_000)

  afterAll(async () => {
    await running?.stop()
    exporter.die()
  })

  test('is scraped with all three, and the query API as well', async () => {
    const target = targetWith({ basic, tls })
    const store = memoryStore()
    await scrapeTarget(target, store)
    exporter.count(PROVIDER, { requests: 7, egressBytes: 1300 })
    await exporter.scraped()
    const { warnings, seq } = await scrapeTarget(target, store)
    expect({ warnings, seq }).toEqual({ warnings: [], seq: 2 })
    const { hours } = decodeCheckpoint((await store.get(checkpointKey('mesh')))?.bytes ?? new Uint8Array(), 'mesh')
    const rows = hours.hours.flatMap((hour) => [...hour.rows.values()])
    expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(7)
    expect(rows.reduce((sum, { egressBytes }) => sum + egressBytes, 0)).toBe(1300)
    const ups = await queryInstant(target, 'up', Date.now())
    expect(ups.map(({ labels: { pod }, value }) => [pod, value])).toEqual([['checkout-x2x7k', 1]])
  })

  const UNVERIFIED =
    /: the server ended the handshake \(ERR_SSL_[\w/]*ALERT\w*\); check auth\.tls\.cert and auth\.tls\.key/
  const refusals: [what: string, auth: Auth, reason: RegExp][] = [
    [
      'a wrong password',
      { basic: { ...basic, password: ref('WRONG') }, tls },
      /it refuses the credentials from env:GUARDED_WRONG;/,
    ],
    ['a wrong name', { basic: { ...basic, username: 'nobody' }, tls }, /answered 401: "Unauthorized"; it refuses/],
    ['no password', { tls }, /answered 401: "Unauthorized"; it wants credentials; give them as the target's auth$/],
    ['no certificate', { basic, tls: { ca: tls.ca } }, UNVERIFIED],
    ['an expired certificate', { basic, tls: { ...tls, cert: ref('OLD') } }, UNVERIFIED],
    ['a certificate of another authority', { basic, tls: { ...tls, cert: ref('FOREIGN') } }, UNVERIFIED],
    [
      'no authority to trust it by',
      { basic },
      /the server's certificate is not trusted \(\w+\); give its CA as auth\.tls\.ca$/,
    ],
  ]
  test.each(refusals)('refuses %s, in a sentence that says which', async (_what, auth, reason) => {
    await expect(federate(targetWith(auth), ['up'])).rejects.toThrow(reason)
  })

  test('asked for plain HTTP it says itself what is wrong', async () => {
    const { url, ...target } = targetWith({ basic })
    await expect(federate({ ...target, url: url.replace('https', 'http') }, ['up'])).rejects.toThrow(
      /answered 400: "Client sent an HTTP request to an HTTPS server\."; check the url, its scheme and port included$/,
    )
  })
})
