import { formatValue } from '../functions/demo/exposition.ts'
import { createMesh } from '../functions/demo/mesh.ts'
import { type MeshServer, serveMesh } from '../functions/demo/server.ts'
import { instant } from '../functions/demo/world.ts'

const mesh = createMesh('prod-eu')
let server: MeshServer

beforeAll(async () => {
  server = await serveMesh(mesh)
})
beforeEach(() => mesh.setNow(instant('2026-10-20 12:00')))
afterAll(() => server.close())

async function get(path: string): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(server.url + path)
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
}

const federate = (...selectors: string[]) =>
  get(`/federate?${selectors.map((selector) => `match[]=${encodeURIComponent(selector)}`).join('&')}`)
const query = (expression: string, time = '') => get(`/api/v1/query?query=${encodeURIComponent(expression)}${time}`)

test('a body has one TYPE line for each family, families in order, and a series once however many selectors take it', async () => {
  const { status, type, text } = await federate('up', '{__name__=~"istio_tcp_.+",app="orders"}', '{app="orders"}')
  expect(status).toBe(200)
  expect(type).toContain('text/plain; version=0.0.4')
  const lines = text.trimEnd().split('\n')
  const families = lines.filter((line) => line.startsWith('#'))
  expect(families).toEqual(families.toSorted())
  expect(new Set(families).size).toBe(families.length)
  expect(families.at(-1)).toBe('# TYPE up untyped')
  expect(families[0]).toBe('# TYPE envoy_server_uptime untyped')
  const series = lines.map((line) => line.slice(0, line.lastIndexOf('}')))
  expect(new Set(series.filter((each) => each !== '')).size).toBe(series.filter((each) => each !== '').length)
  expect(text.endsWith('\n')).toBe(true)
})

test('samples are at most 15 s old and carry their own time in milliseconds', async () => {
  const { text } = await federate('up')
  const times = text.split('\n').flatMap((line) => (line.startsWith('up{') ? [Number(line.split(' ').at(-1))] : []))
  expect(times.length).toBeGreaterThan(10)
  expect(new Set(times).size).toBeGreaterThan(5)
  for (const time of times) {
    expect(time).toBeLessThanOrEqual(mesh.now())
    expect(time).toBeGreaterThan(mesh.now() - 15_000)
  }
})

test('without selectors, or without a match, the body is empty', async () => {
  expect(await federate()).toMatchObject({ status: 200, text: '' })
  expect(await federate('nothing_of_this_name')).toMatchObject({ status: 200, text: '' })
})

test('an invalid selector is answered with 400 and a sentence', async () => {
  expect(await federate('up{')).toMatchObject({ status: 400, text: 'expected a label at the end\n' })
})

test('other paths and methods are refused', async () => {
  expect(await get('/metrics')).toMatchObject({ status: 404 })
  expect((await fetch(`${server.url}/federate`, { method: 'POST' })).status).toBe(405)
})

test('in an outage everything answers 503, and the clock ends it', async () => {
  mesh.setNow(instant('2026-11-12 13:10'))
  expect((await federate('up')).status).toBe(503)
  expect((await query('up')).status).toBe(503)
  mesh.setNow(instant('2026-11-12 16:55'))
  expect((await federate('up')).status).toBe(200)
})

test('a pod that was replaced vanishes at once', async () => {
  const pods = async (when: string) => {
    mesh.setNow(instant(when))
    return new Set((await federate('up{app="indexer"}')).text.match(/,pod="[^"]+"/g))
  }
  const [before] = await pods('2026-11-03 10:55')
  const [after, ...others] = await pods('2026-11-03 11:05')
  expect(others).toEqual([])
  expect(after).not.toBe(before)
})

test('an instant query is answered as Prometheus does, without external labels', async () => {
  const { type, text } = await query('up{app="idgen"}', '&time=1792497600.5') // 2026-10-20 12:00:00.5
  expect(type).toBe('application/json')
  const answer = JSON.parse(text)
  expect(answer).toMatchObject({ status: 'success', data: { resultType: 'vector' } })
  expect(answer.data.result).toHaveLength(1)
  expect(answer.data.result[0].metric).toMatchObject({ __name__: 'up', app: 'idgen', namespace: 'recipes' })
  expect(answer.data.result[0].metric).not.toHaveProperty('cluster')
  expect(answer.data.result[0].value).toEqual([1792497600, '1'])
})

test('a range query gives a matrix', async () => {
  const answer = JSON.parse((await query('up{app="idgen"}[1m]')).text)
  expect(answer.data.resultType).toBe('matrix')
  expect(answer.data.result[0].values).toHaveLength(4)
  expect(answer.data.result[0].values[0]).toEqual([expect.any(Number), '1'])
})

test('what it cannot parse is bad data, and what it cannot match is an execution error', async () => {
  const bad = await query('rate(up[5m])')
  expect(bad.status).toBe(400)
  expect(JSON.parse(bad.text)).toMatchObject({ status: 'error', errorType: 'bad_data', error: expect.any(String) })
  const unmatched = await query('up - {__name__=~"istio_requests_total|istio_request_bytes_sum"}')
  expect(unmatched.status).toBe(422)
  expect(JSON.parse(unmatched.text)).toMatchObject({ errorType: 'execution' })
  expect((await query('up', '&time=noon')).status).toBe(400)
})

test('numbers are written as Go writes them', () => {
  const written: [number, string][] = [
    [0, '0'],
    [57, '57'],
    [999_999, '999999'],
    [1e6, '1e+06'],
    [18_837_465, '1.8837465e+07'],
    [7_340_0320_123, '7.3400320123e+10'],
    [1e21, '1e+21'],
    [318825.00000000006, '318825.00000000006'],
    [9_007_199_254_740_992, '9.007199254740992e+15'],
    [1e-7, '1e-07'],
    [-2.5, '-2.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ]
  for (const [value, text] of written) expect(formatValue(value)).toBe(text)
})

test('ten thousand scrapes would take seconds: one is far below a millisecond', () => {
  const started = performance.now()
  let bytes = 0
  for (let i = 0; i < 288; i++) {
    mesh.setNow(instant('2026-10-20 00:00') + i * 300_000)
    bytes += mesh.federate(['{__name__=~"istio_(requests|tcp_.+)_total|istio_.+_sum",reporter="source"}', 'up']).length
  }
  expect(bytes).toBeGreaterThan(288 * 50_000)
  expect((performance.now() - started) / 288).toBeLessThan(10) // ms; measured 0.25, with room for a busy machine
})
