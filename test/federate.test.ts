import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Auth, Target } from '#core/target.ts'
import { federate, federateUrl } from '../functions/federate.ts'
import { HERE, KEY } from './certificates.ts'
import { prometheus, type RunningPrometheus, startPrometheus } from './prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const EXPOSITION = '# TYPE up untyped\nup{instance="a",job="b"} 1 1700000000000\n'
const TOKEN = 'very-secret-token-0123456789'

const open: http.Server[] = []

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(handler: http.RequestListener): Promise<string> {
  return listen(http.createServer({ maxHeaderSize: 1 << 20 }, handler))
}

async function listen(server: http.Server): Promise<string> {
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/federate`
}

function targetAt(url: string, auth: Auth = {}): Target {
  return simulatedTarget({ name: 'prod-eu', url, intervalSeconds: 60, auth })
}

test('asks for every selector, with the query that the url has already', () => {
  const target = targetAt('http://prometheus.example/prefix/federate?tenant=a%20b')
  const url = federateUrl(target, ['{__name__=~"istio_.*",reporter=~"source|waypoint"}', 'up'])
  expect(url.pathname).toBe('/prefix/federate')
  expect(url.searchParams.get('tenant')).toBe('a b')
  expect(url.searchParams.getAll('match[]')).toEqual(['{__name__=~"istio_.*",reporter=~"source|waypoint"}', 'up'])
})

test('refuses to ask for nothing, which would be answered with nothing', async () => {
  await expect(federate(targetAt('http://127.0.0.1:9/federate'), [])).rejects.toThrow(
    'scrape prod-eu: no selectors, and without any /federate answers nothing; give one',
  )
})

test('returns the exposition byte for byte, and selectors of any length reach the server', async () => {
  const selectors = Array.from({ length: 40 }, (_, i) => `{destination_service!~"${'x'.repeat(1000)}${i}"}`)
  let asked: string[] = []
  let headers: http.IncomingHttpHeaders = {}
  const url = await serve((request, response) => {
    asked = new URL(request.url!, 'http://any').searchParams.getAll('match[]')
    headers = request.headers
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8; escaping=values')
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync(EXPOSITION))
  })
  expect((await federate(targetAt(url), selectors)).toString()).toBe(EXPOSITION)
  expect(asked).toEqual(selectors)
  expect(headers.accept).toBe('text/plain;version=0.0.4')
  expect(headers).not.toHaveProperty('authorization')
})

describe('a 200 that is no exposition is refused with a sentence:', () => {
  const cases: [what: string, contentType: string, body: string, reason: string][] = [
    [
      'an empty body',
      'text/plain; version=0.0.4',
      '',
      'answered 200 with an empty body: nothing matched, which is not zero; check the url and the selectors',
    ],
    [
      'a body of blank lines',
      'text/plain; version=0.0.4',
      '\n \r\n\n',
      'answered 200 with an empty body: nothing matched, which is not zero; check the url and the selectors',
    ],
    [
      'HTML by its type',
      'text/html; charset=utf-8',
      'Sign in',
      "answered 200 with HTML, a login page perhaps; check the target's url and auth",
    ],
    [
      'HTML by its look',
      'text/plain',
      '\ufeff\n<!doctype html><title>Sign in</title>',
      "answered 200 with HTML, a login page perhaps; check the target's url and auth",
    ],
    [
      'JSON',
      'application/json',
      '{"status":"success"}',
      'answered 200 with content-type "application/json", no exposition; check the target\'s url',
    ],
    [
      'OpenMetrics, which was not asked for',
      'application/openmetrics-text; version=1.0.0',
      '# EOF\n',
      'answered 200 with content-type "application/openmetrics-text; version=1.0.0", no exposition; check the target\'s url',
    ],
    [
      'protocol buffers',
      'application/vnd.google.protobuf',
      'x',
      'answered 200 with content-type "application/vnd.google.protobuf", no exposition; check the target\'s url',
    ],
    [
      'a type made of what was sent',
      `application/${TOKEN}`,
      'x',
      'answered 200 with content-type "application/[redacted]", no exposition; check the target\'s url',
    ],
    [
      'a type that spans the cut',
      `application/${'x'.repeat(50)}${TOKEN}`,
      'x',
      `answered 200 with content-type "application/${'x'.repeat(50)}[redacted]", no exposition; check the target's url`,
    ],
  ]
  test.each(cases)('%s', async (_what, contentType, body, reason) => {
    const url = await serve((_request, response) => response.setHeader('content-type', contentType).end(body))
    process.env.FEDERATE_TEST_TOKEN = TOKEN
    const target = targetAt(url, { bearer: 'env:FEDERATE_TEST_TOKEN' })
    await expect(federate(target, ['up'])).rejects.toThrow(new Error(`scrape prod-eu: ${reason}`))
  })
})

describe('credentials', () => {
  const said: [auth: Auth, header: string | undefined][] = [
    [{ bearer: 'env:FEDERATE_TEST_TOKEN' }, `Bearer ${TOKEN}`],
    [
      { basic: { username: 'scraper', password: 'env:FEDERATE_TEST_TOKEN' } },
      `Basic ${Buffer.from(`scraper:${TOKEN}`).toString('base64')}`,
    ],
    [{}, undefined],
  ]
  test.each(said)('%j become a header', async (auth, header) => {
    let authorization: string | undefined = 'never asked'
    const url = await serve((request, response) => {
      authorization = request.headers.authorization
      response.setHeader('content-type', 'text/plain').end(EXPOSITION)
    })
    process.env.FEDERATE_TEST_TOKEN = TOKEN
    await federate(targetAt(url, auth), ['up'])
    expect(authorization).toBe(header)
  })

  test('are read anew for every scrape, so that they can be rotated', async () => {
    const seen: (string | undefined)[] = []
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end(EXPOSITION)
    })
    const target = targetAt(url, { bearer: 'env:FEDERATE_TEST_TOKEN' })
    for (const token of ['old', 'new']) {
      process.env.FEDERATE_TEST_TOKEN = token
      await federate(target, ['up'])
    }
    expect(seen).toEqual(['Bearer old', 'Bearer new'])
  })

  test('that no header can hold are refused without being shown', async () => {
    process.env.FEDERATE_TEST_TOKEN = `${TOKEN}\nHost: elsewhere`
    await expect(
      federate(targetAt('http://127.0.0.1:9/federate', { bearer: 'env:FEDERATE_TEST_TOKEN' }), ['up']),
    ).rejects.toThrow(
      new Error(
        'scrape prod-eu: secret env:FEDERATE_TEST_TOKEN holds a character that no token has, such as a blank or a line break; put the token alone there',
      ),
    )
  })
})

test('shows a client certificate, and trusts the CA that the target names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'federate-'))
  await writeFile(join(folder, 'cert'), HERE)
  await writeFile(join(folder, 'key'), KEY)
  const tls = { ca: `file:${folder}/cert`, cert: `file:${folder}/cert`, key: `file:${folder}/key` }
  const server = https.createServer({ key: KEY, cert: HERE, ca: HERE, requestCert: true }, (_request, response) =>
    response.end(EXPOSITION),
  )
  const url = (await listen(server)).replace('http:', 'https:')
  expect((await federate(targetAt(url, { tls }), ['up'])).toString()).toBe(EXPOSITION)
  await expect(federate(targetAt(url), ['up'])).rejects.toThrow("the server's certificate is not trusted")
  await rm(folder, { recursive: true })
})

test('keeps one connection to a target over many scrapes', async () => {
  const url = await serve((_request, response) => response.end(EXPOSITION))
  let connections = 0
  open[0].on('connection', () => {
    connections++
  })
  const target = targetAt(url)
  for (let i = 0; i < 10; i++) await federate(target, ['up'])
  expect(connections).toBe(1)
})

test('reaches no loopback in Lambda', async () => {
  const url = await serve((_request, response) => response.end(EXPOSITION))
  const target = targetAt(url)
  expect((await federate(target, ['up'])).toString()).toBe(EXPOSITION)
  process.env.AWS_LAMBDA_FUNCTION_NAME = 'scrape'
  await expect(federate(target, ['up'])).rejects.toThrow('it is loopback')
  delete process.env.AWS_LAMBDA_FUNCTION_NAME
})

// The real thing.
const present = prometheus === null ? describe.skip : describe
present(
  `a Prometheus${prometheus === null ? ' (no prometheus on the PATH; apt-get install prometheus lets this run)' : ''}`,
  () => {
    let running: RunningPrometheus | undefined
    let metrics: http.Server

    beforeAll(async () => {
      metrics = http.createServer((_request, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4')
        response.end('istio_requests_total{reporter="source",destination_service="a.example"} 7\n')
      })
      await new Promise<void>((resolve) => metrics.listen(0, '127.0.0.1', resolve))
      const target = `127.0.0.1:${(metrics.address() as AddressInfo).port}`
      running = await startPrometheus({
        scrapeConfigs: [{ job_name: 'mesh', static_configs: [{ targets: [target] }] }],
        externalLabels: { cluster: 'eu-1' },
      })
    })

    afterAll(async () => {
      await running?.stop()
      metrics.closeAllConnections()
      metrics.close()
    })

    test('hands over what it has scraped, external labels last', async () => {
      const target = targetAt(`${running!.url}/federate`)
      const deadline = Date.now() + 15_000
      let body = ''
      while (!body.includes('istio_requests_total{') && Date.now() < deadline) {
        body = await federate(target, ['istio_requests_total', 'up']).then(String, () => '')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      expect(body).toMatch(/^# TYPE istio_requests_total untyped\nistio_requests_total\{.*,cluster="eu-1"\} 7 \d{13}$/m)
      expect(body).toMatch(/^up\{.*\} 1 \d{13}$/m)
    })

    test('answers nothing to what matches nothing, which is refused', async () => {
      const target = targetAt(`${running!.url}/federate`)
      await expect(federate(target, ['no_such_metric'])).rejects.toThrow(
        'scrape prod-eu: answered 200 with an empty body: nothing matched',
      )
    })

    test('says what is wrong with a selector', async () => {
      const target = targetAt(`${running!.url}/federate`)
      await expect(federate(target, ['up{'])).rejects.toThrow(
        `scrape prod-eu: GET ${running!.url}/federate: answered 400: "1:4: parse error`,
      )
    })
  },
)
