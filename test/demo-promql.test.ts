import { createMesh } from '../functions/demo/mesh.ts'
import { parseDuration, parseExpression } from '../functions/demo/syntax.ts'
import { instant } from '../functions/demo/world.ts'

const mesh = createMesh('prod-eu')
mesh.setNow(instant('2026-11-21 09:35'))

function vector(expression: string, when: string) {
  const result = mesh.query(expression, instant(when))
  if (result.type !== 'vector') throw new Error('the answer is no vector')
  return result.elements.map(({ set, value }) => ({ name: set.name, labels: Object.fromEntries(set.labels), value }))
}

function matrix(expression: string, when: string) {
  const result = mesh.query(expression, instant(when))
  if (result.type !== 'matrix') throw new Error('the answer is no matrix')
  return result.rows
}

const names = (expression: string, when: string) =>
  vector(expression, when)
    .map(({ name, labels }) => `${labels.pod} ${name}`)
    .toSorted()

test('a range selector gives raw samples, 15 s apart, at most as old as the range', () => {
  const [row, ...others] = matrix('envoy_server_uptime{app="idgen"}[10m]', '2026-10-20 12:00')
  expect(others).toEqual([])
  expect(row.samples).toHaveLength(40)
  for (const [i, { time }] of row.samples.entries()) {
    expect(time).toBeGreaterThan(instant('2026-10-20 11:50'))
    expect(time).toBeLessThanOrEqual(instant('2026-10-20 12:00'))
    if (i > 0) expect(time - row.samples[i - 1].time).toBe(15_000)
  }
})

test('raw samples and /federate agree on the newest one', () => {
  mesh.setNow(instant('2026-10-20 12:00'))
  const selector = 'istio_request_bytes_sum{app="checkout",destination_service="api.stripe.com",response_code="200"}'
  const lines = mesh.federate([selector]).toString().trim().split('\n').slice(1)
  const newest = matrix(`${selector}[1m]`, '2026-10-20 12:00').map(({ samples }) => samples.at(-1)!)
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.map((line) => line.split(' ').slice(-2).map(Number))).toEqual(newest.map((s) => [s.value, s.time]))
  mesh.setNow(instant('2026-11-21 09:35'))
})

test('a dead job is in last_over_time and no more in the instant vector', () => {
  const job = 'istio_requests_total{source_workload="feed-export"}'
  expect(vector(job, '2026-10-20 12:10')).toEqual([])
  expect(vector(`last_over_time(${job}[5m])`, '2026-10-20 12:10')).toHaveLength(1)
  expect(vector(`last_over_time(${job}[5m])`, '2026-10-20 12:10')[0].name).toBe('istio_requests_total')
})

const TWO = '{__name__=~"istio_requests_total|istio_request_bytes_sum",source_workload="checkout-v1"}'
const NAMED = (inner: string) => `label_replace(${inner}, "wharfage_metric", "$1", "__name__", "(.+)")`

test('unless ignores the metric name, so that a living series hides a dead one of another name', () => {
  const requests = 'istio_requests_total{app="idgen"}'
  const bytes = 'istio_request_bytes_sum{app="idgen"}'
  expect(vector(requests, '2026-10-20 12:00').length).toBeGreaterThan(0)
  expect(vector(`${requests} unless ${bytes}`, '2026-10-20 12:00')).toEqual([])
  expect(vector(`${NAMED(requests)} unless ${NAMED(bytes)}`, '2026-10-20 12:00')).toHaveLength(
    vector(requests, '2026-10-20 12:00').length,
  )
})

test('with the name copied into a label, unless gives exactly the dead series', () => {
  const when = '2026-11-05 09:50' // five minutes after checkout was rolled out
  const alive = new Set(names(TWO, when))
  const lately = names(`last_over_time(${TWO}[6m])`, when)
  const dead = vector(`${NAMED(`last_over_time(${TWO}[6m])`)} unless ${NAMED(TWO)}`, when)
  expect(dead.map(({ name, labels }) => `${labels.pod} ${name}`).toSorted()).toEqual(
    lately.filter((series) => !alive.has(series)),
  )
  expect(dead.length).toBeGreaterThan(5)
  for (const { name, labels } of dead) expect(labels.wharfage_metric).toBe(name)
})

test('process starts come from uptime, and drop the name', () => {
  const expression = 'min_over_time((timestamp(envoy_server_uptime) - envoy_server_uptime)[10m:15s])'
  const when = '2026-10-21 11:30' // details restarted some minutes before
  const before = vector(
    `min_over_time((timestamp(envoy_server_uptime{app="details"}) - envoy_server_uptime{app="details"})[2m:15s])`,
    '2026-10-21 11:20',
  )
  const after = vector('timestamp(envoy_server_uptime{app="details"}) - envoy_server_uptime{app="details"}', when)
  expect(before[0].value).toBeLessThan(instant('2026-10-17 00:00') / 1000)
  expect(after[0].value).toBeGreaterThan(instant('2026-10-21 11:22') / 1000)
  expect(after[0].value).toBeLessThan(instant('2026-10-21 11:24') / 1000)
  for (const { name, value } of vector(expression, when)) {
    expect(name).toBe('')
    expect(value).toBeLessThanOrEqual(instant(when) / 1000)
  }
  expect(vector(expression, when).length).toBeGreaterThan(10)
})

test('the greatest value lately, where it exceeds the one now, is that of a container before it restarted', () => {
  const orders = 'istio_requests_total{app="orders"}'
  const when = '2026-11-03 23:00'
  const peaks = vector(`max_over_time(${orders}[30m]) > ${orders}`, when)
  expect(peaks.map(({ name }) => name)).toEqual(peaks.map(() => ''))
  const expected = matrix(`${orders}[30m]`, when).flatMap(({ set, samples }) => {
    const most = Math.max(...samples.map(({ value }) => value))
    return most > samples.at(-1)!.value ? [[Object.fromEntries(set.labels).response_code, most]] : []
  })
  expect(peaks.map(({ labels, value }) => [labels.response_code, value])).toEqual(expected)
  expect(peaks.length).toBeGreaterThan(0)
  expect(vector(`max_over_time(${orders}[30m]) > ${orders}`, '2026-11-03 22:00')).toEqual([])
})

test('max_over_time drops the names, so that two metrics of one label set cannot be asked for together', () => {
  expect(() => vector(`max_over_time(${TWO}[5m])`, '2026-10-20 12:00')).toThrow(
    'vector cannot contain metrics with the same labelset',
  )
  const requests = 'istio_requests_total{source_workload="checkout-v1"}'
  expect(() => vector(`${requests} > ${TWO}`, '2026-10-20 12:00')).toThrow('many-to-many matching not allowed')
  expect(() => vector(`${TWO} > (${requests} - ${requests})`, '2026-10-20 12:00')).toThrow(
    'multiple matches for labels',
  )
})

test('a name given as a label replaces what a function dropped, and `>` binds less than `-` and more than `unless`', () => {
  const orders = 'istio_requests_total{app="orders"}'
  const [{ name, labels }] = vector(
    `label_replace(max_over_time(${orders}[30m]) > ${orders},"wharfage_metric","it","","")`,
    '2026-11-03 23:00',
  )
  expect({ name, told: labels.wharfage_metric }).toEqual({ name: '', told: 'it' })
  const kinds = (text: string): string => {
    const expression = parseExpression(text)
    return 'left' in expression
      ? `${expression.kind}(${expression.left.kind},${expression.right.kind})`
      : expression.kind
  }
  expect(kinds('a > b - c')).toBe('greater(selector,minus)')
  expect(kinds('a unless b > c')).toBe('unless(selector,greater)')
  expect(kinds('a > b or c')).toBe('or(greater,selector)')
})

test('a container that restarted counts from zero again under the same labels', () => {
  const [row, ...others] = matrix('istio_requests_total{app="orders",response_code="200"}[30m]', '2026-11-03 23:00')
  expect(others).toEqual([])
  const drops = row.samples.filter(({ value }, i) => i > 0 && value < row.samples[i - 1].value)
  expect(drops).toHaveLength(1)
  expect(row.samples.at(-1)!.time - row.samples[0].time).toBeGreaterThan(25 * 60_000)
})

test('while a container restarts its target is down and its series are stale', () => {
  const ups = matrix('up{app="details"}[10m]', '2026-10-21 11:27')[0].samples
  const down = ups.filter(({ value }) => value === 0)
  expect(down.length).toBeGreaterThan(0)
  expect(ups.at(-1)!.value).toBe(1)
  const then = new Date(down[0].time + 1000).toISOString().slice(0, 19)
  const at = (expression: string) => mesh.query(expression, Date.parse(`${then}Z`))
  expect(at('envoy_server_uptime{app="details"}')).toMatchObject({ elements: [] })
  expect(at('{__name__=~"istio_.+",app="details"}')).toMatchObject({ elements: [] })
})

test('nothing is seen of the hours in which Prometheus was down, and all of those in which only the way to it was closed', () => {
  const inside = matrix('up[4h]', '2026-11-12 17:00').flatMap(({ samples }) => samples.map(({ time }) => time))
  const down = (time: number) => time >= instant('2026-11-12 13:08') && time < instant('2026-11-12 16:52')
  expect(inside.filter(down)).toEqual([])
  expect(inside.filter((time) => !down(time)).length).toBeGreaterThan(0)
  const other = createMesh('prod-us')
  other.setNow(instant('2026-11-08 22:30'))
  const result = other.query('up{app="ledger"}[60m]', instant('2026-11-08 22:20'))
  expect(result.type === 'matrix' && result.rows[0].samples).toHaveLength(240)
})

test('nobody sees the future', () => {
  mesh.setNow(instant('2026-10-20 12:00'))
  const rows = matrix('up[10m]', '2026-10-20 13:00')
  const newest = Math.max(...rows.flatMap(({ samples }) => samples.map(({ time }) => time)))
  expect(newest).toBeLessThanOrEqual(instant('2026-10-20 12:00'))
  mesh.setNow(instant('2026-11-21 09:35'))
})

test('a subquery looks at round instants, whenever it is asked', () => {
  const result = mesh.query('up{app="idgen"}[1m:15s]', instant('2026-10-20 12:00') + 7_000)
  const times = result.type === 'matrix' ? result.rows[0].samples.map(({ time }) => time) : []
  expect(times).toEqual([-45_000, -30_000, -15_000, 0].map((offset) => instant('2026-10-20 12:00') + offset))
})

test('label_replace sets, empties and leaves labels', () => {
  const replaced = (call: string) => vector(call, '2026-10-20 12:00')[0].labels
  const one = 'up{app="idgen"}'
  expect(replaced(`label_replace(${one}, "short", "\${1}-x", "pod", "(idgen)-.*")`).short).toBe('idgen-x')
  expect(replaced(`label_replace(${one}, "short", "$1", "pod", "(idgen)")`)).not.toHaveProperty('short')
  expect(replaced(`label_replace(${one}, "node", "", "node", ".*")`)).not.toHaveProperty('node')
})

test('regular expressions are anchored at both ends', () => {
  expect(vector('up{app=~"idge"}', '2026-10-20 12:00')).toEqual([])
  expect(vector('up{app=~"dgen|idgen"}', '2026-10-20 12:00')).toHaveLength(1)
  expect(vector('up{app!~"idge.*",namespace="recipes"}', '2026-10-20 12:00').length).toBeGreaterThan(0)
})

test('durations add their units', () => {
  expect(parseDuration('5m')).toBe(300_000)
  expect(parseDuration('10m30s')).toBe(630_000)
  expect(parseDuration('1h')).toBe(3_600_000)
  expect(() => parseDuration('0s')).toThrow('longer than nothing')
})

for (const [expression, sentence] of [
  ['', 'expected a selector at the end'],
  ['up{', 'expected a label at the end'],
  ['up{a="b"', 'expected , or } at the end'],
  ['up{a~"b"}', 'unexpected "~" at character 5'],
  ['up{a=~"("}', 'invalid regular expression "("'],
  ['up{a=b}', 'expected a value in quotes at character 6'],
  ['{}', 'at least one matcher'],
  ['{a=~".*"}', 'at least one matcher'],
  ['up[5x]', 'unexpected "5" at character 4'],
  ['up[m]', 'expected a duration such as 5m at character 4'],
  ['up[5m', 'expected ] at the end'],
  ['up up', 'expected the end at character 4'],
  ['rate(up[5m])', 'expected the end at character 5'],
  ['last_over_time(up)', 'last_over_time takes a range'],
  ['max_over_time(up)', 'max_over_time takes a range'],
  ['up > max_over_time(up[5m])', null],
  ['up >= up', 'expected a selector'],
  ['timestamp(up[5m])', 'timestamp takes no range'],
  ['label_replace(up, "a")', 'expected ,'],
  ['(up)', null],
  ['up unless up - up', null],
  ["up{a='b', c=`d`,}", null],
] as const) {
  test(`${sentence === null ? 'takes' : 'refuses'} ${expression || 'nothing at all'}`, () => {
    if (sentence === null) expect(parseExpression(expression).kind).toEqual(expect.any(String))
    else expect(() => parseExpression(expression)).toThrow(sentence)
  })
}
