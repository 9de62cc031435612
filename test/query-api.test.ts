import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Target } from '#core/target.ts'
import { parseAnswer, queryInstant, queryRange, queryUrl } from '../functions/query-api.ts'
import { prometheus, type RunningPrometheus, startPrometheus } from './prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const TOKEN = 'very-secret-token-0123456789'

const open: http.Server[] = []

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A target whose query API gives this answer to whatever it is asked. */
async function answering(body: string, asked: string[] = []): Promise<Target> {
  const server = http.createServer((request, response) => {
    asked.push(request.url!)
    response.setHeader('content-type', 'application/json').end(body)
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return targetAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/federate`)
}

function targetAt(url: string): Target {
  process.env.QUERY_TEST_TOKEN = TOKEN
  return simulatedTarget({ name: 'prod-eu', url, intervalSeconds: 60, auth: { bearer: 'env:QUERY_TEST_TOKEN' } })
}

function success(resultType: string, result: unknown, rest: object = {}): string {
  return JSON.stringify({ status: 'success', data: { resultType, result }, ...rest })
}

test('asks beside /federate, with the prefix and the query of the url', () => {
  const url = queryUrl(
    targetAt('https://host.example/a/federate?tenant=x&match%5B%5D=up'),
    'up{a="b"}',
    1_700_000_000_123,
  )
  expect(url.origin + url.pathname).toBe('https://host.example/a/api/v1/query')
  expect(Object.fromEntries(url.searchParams)).toEqual({ tenant: 'x', query: 'up{a="b"}', time: '1700000000.123' })
})

test.each(['https://host.example/', 'https://host.example/federate/', 'https://host.example/federated'])(
  'knows no query API beside %s',
  (address) => {
    expect(() => queryUrl(targetAt(address), 'up', 0)).toThrow(
      `url path ${new URL(address).pathname} does not end in /federate, so its query API is unknown; set "tails: false"`,
    )
  },
)

test('refuses a time that is none', () => {
  expect(() => queryUrl(targetAt('https://host.example/federate'), 'up', Number.NaN)).toThrow('time NaN is no time')
})

test('reads a vector, names and special values included', async () => {
  const values = ['1.8837465e+07', '318825.00000000006', '-0.5', 'NaN', '+Inf', '-Inf', '1e-09', '0']
  const asked: string[] = []
  const target = await answering(
    success(
      'vector',
      values.map((value, i) => ({ metric: { __name__: 'm', i: String(i) }, value: [1700000000.781, value] })),
      { infos: ['metric might not be a counter'] },
    ),
    asked,
  )
  const samples = await queryInstant(target, 'm', 1_700_000_000_000)
  expect(samples.map(({ value }) => value)).toEqual([
    18837465,
    318825.00000000006,
    -0.5,
    Number.NaN,
    Infinity,
    -Infinity,
    1e-9,
    0,
  ])
  expect(samples[3]).toEqual({ labels: { __name__: 'm', i: '3' }, value: Number.NaN, timeMs: 1_700_000_000_781 })
  expect(asked).toEqual(['/api/v1/query?query=m&time=1700000000.000'])
})

test('reads a matrix of raw samples', async () => {
  const values = [
    [1700000000, '1'],
    [1700000015.004, '2.5'],
  ]
  const target = await answering(success('matrix', [{ metric: { job: 'a' }, values }]))
  expect(await queryRange(target, 'm[10m]', 1_700_000_020_000)).toEqual([
    {
      labels: { job: 'a' },
      samples: [
        { timeMs: 1_700_000_000_000, value: 1 },
        { timeMs: 1_700_000_015_004, value: 2.5 },
      ],
    },
  ])
})

test('an empty result is a result', async () => {
  expect(await queryInstant(await answering(success('vector', [])), 'm', 0)).toEqual([])
  expect(await queryInstant(await answering(success('vector', [], { warnings: [] })), 'm', 0)).toEqual([])
})

test('a label named __proto__ is a label', async () => {
  const body =
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__proto__":"x"},"value":[1,"2"]}]}}'
  const [{ labels }] = await queryInstant(await answering(body), 'm', 0)
  expect(Object.entries(labels)).toEqual([['__proto__', 'x']])
})

const item = (value: unknown) => success('vector', [{ metric: { a: 'b' }, value }])

describe('an answer that is not wholly what was asked for is refused:', () => {
  const cases: [what: string, body: string, reason: string][] = [
    [
      'HTML',
      '<html>\n<title>Sign in</title>',
      'answered 200 without JSON; check the target\'s url and auth: "<html>\\n<title>Sign in</title>"',
    ],
    ['nothing', '', 'answered 200 without JSON; check the target\'s url and auth: ""'],
    ['half of JSON', item([1, '2']).slice(0, -9), 'answered 200 without JSON; check '],
    ['JSON of another kind', '[]', 'the answer is [], where an object was due'],
    ['null', 'null', 'the answer is null, where an object was due'],
    [
      'an error',
      '{"status":"error","errorType":"timeout","error":"query timed out"}',
      'the answer has status "error": "query timed out"',
    ],
    ['no status', '{"data":{"resultType":"vector","result":[]}}', 'the answer has status missing: missing'],
    [
      'warnings',
      success('vector', [], { warnings: ['store eu-2 was away'] }),
      'the answer is partial: ["store eu-2 was away"]',
    ],
    ['warnings of another kind', success('vector', [], { warnings: 'x' }), 'the answer is partial: "x"'],
    ['no data', '{"status":"success"}', 'data is missing, where an object was due'],
    ['another result type', success('matrix', []), 'resultType is "matrix", but the question was for a vector'],
    ['no result', success('vector', null), 'result is null, where a list was due'],
    ['an item that is none', success('vector', [7]), 'an item of the result is 7, where an object was due'],
    ['no metric', success('vector', [{ value: [1, '2'] }]), 'metric is missing, where an object was due'],
    [
      'a label that is no string',
      success('vector', [{ metric: { a: 1 }, value: [1, '2'] }]),
      'label a is 1, which is no string',
    ],
    [
      'a native histogram',
      success('vector', [{ metric: { a: 'b' }, histogram: [1, {}] }]),
      '{"a":"b"} has no float value; native histograms are not read',
    ],
    ['a value that is a number', item([1, 2]), 'sample [1,2] is no pair of time and value'],
    ['a time that is a string', item(['1', '2']), 'sample ["1","2"] is no pair of time and value'],
    ['half a sample', item([1]), 'sample [1] is no pair of time and value'],
    ['too much of a sample', item([1, '2', '3']), 'sample [1,"2","3"] is no pair of time and value'],
    ['an empty value', item([1, '']), 'value "" is no number'],
    ['a value in hexadecimal', item([1, '0x10']), 'value "0x10" is no number'],
    ['a value with a blank', item([1, ' 1']), 'value " 1" is no number'],
    ['an Infinity spelt otherwise', item([1, 'Infinity']), 'value "Infinity" is no number'],
    ['a value beyond all floats', item([1, '1e999']), 'value "1e999" is no number'],
    ['what was sent', JSON.stringify({ status: `sent ${TOKEN}` }), 'the answer has status "sent [redacted]": missing'],
  ]
  test.each(cases)('%s', async (_what, body, reason) => {
    const target = await answering(body)
    await expect(queryInstant(target, 'm', 0)).rejects.toThrow(`query prod-eu: ${reason}`)
  })
})

test('cuts a long answer short only after the credentials are out of it', async () => {
  const target = await answering('x'.repeat(225) + TOKEN.repeat(40))
  const reason = await queryInstant(target, 'm', 0).then(String, (error: Error) => error.message)
  expect(reason).toMatch(/x\[redacted]\S*…$/)
  expect(reason.length).toBeLessThan(330)
  expect(reason).not.toContain(TOKEN.slice(0, 5))
})

test('says what a server says that answers 400', async () => {
  const server = http.createServer((_request, response) => {
    response.statusCode = 400
    response.end('{"status":"error","errorType":"bad_data","error":"1:3: parse error"}')
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const target = targetAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/federate`)
  await expect(queryInstant(target, 'm{', 0)).rejects.toThrow(
    /^query prod-eu: GET .*\/api\/v1\/query: answered 400: ".*1:3: parse error/,
  )
})

test('parses what JSON says and nothing more', () => {
  expect(parseAnswer(Buffer.from(success('matrix', [1, 2])), 'matrix')).toEqual([1, 2])
})

// The real thing.
const present = prometheus === null ? describe.skip : describe
present(
  `a Prometheus${prometheus === null ? ' (no prometheus on the PATH; apt-get install prometheus lets this run)' : ''}`,
  () => {
    let running: RunningPrometheus | undefined

    beforeAll(async () => {
      running = await startPrometheus({ scrapeConfigs: [], externalLabels: { cluster: 'eu-1' } })
    })

    afterAll(() => running?.stop())

    test('answers an instant query', async () => {
      const target = targetAt(`${running!.url}/federate`)
      const expr =
        'label_replace(vector(2 ^ 40), "a", "b\\"c", "", "") or vector(0 / 0) or label_replace(vector(-1 / 0), "d", "e", "", "")'
      expect(await queryInstant(target, expr, 1_700_000_000_123)).toEqual([
        { labels: { a: 'b"c' }, value: 2 ** 40, timeMs: 1_700_000_000_123 },
        { labels: {}, value: Number.NaN, timeMs: 1_700_000_000_123 },
        { labels: { d: 'e' }, value: -Infinity, timeMs: 1_700_000_000_123 },
      ])
    })

    test('answers a range with nothing where there is nothing', async () => {
      expect(await queryRange(targetAt(`${running!.url}/federate`), 'no_such_metric[10m]', Date.now())).toEqual([])
    })

    test('says what is wrong with an expression', async () => {
      await expect(queryInstant(targetAt(`${running!.url}/federate`), 'vector(', Date.now())).rejects.toThrow(
        /answered 400: .*parse error: unclosed left parenthesis/,
      )
      await expect(queryInstant(targetAt(`${running!.url}/federate`), 'up[5m]', Date.now())).rejects.toThrow(
        'resultType is "matrix", but the question was for a vector',
      )
    })
  },
)
