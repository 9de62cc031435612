import { createHash } from 'node:crypto'
import { type Amounts, zeroAmounts } from '../functions/core/coverage.ts'
import { COUNTED, type Counted, type DestinationClass } from '../functions/core/flow.ts'
import { createMesh, type Mesh } from '../functions/demo/mesh.ts'
import type { ClassAmounts, Truth } from '../functions/demo/truth.ts'
import { instant } from '../functions/demo/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CLASSES: DestinationClass[] = ['registered', 'passthrough', 'blocked']

const BOOKS: Record<string, Counted> = {
  istio_requests_total: 'requests',
  istio_request_bytes_sum: 'egressBytes',
  istio_response_bytes_sum: 'ingressBytes',
  istio_request_duration_milliseconds_sum: 'durationMs',
  istio_tcp_received_bytes_total: 'egressBytes',
  istio_tcp_sent_bytes_total: 'ingressBytes',
  istio_tcp_connections_opened_total: 'connectionsOpened',
  istio_tcp_connections_closed_total: 'connectionsClosed',
}
const SELECTOR = `{__name__=~"${Object.keys(BOOKS).join('|')}",reporter=~"source|waypoint"}`
const NAMED = (vector: string) => `label_replace(${vector}, "wharfage_metric", "$1", "__name__", "(.+)")`

function zero(): ClassAmounts {
  return { registered: zeroAmounts(), passthrough: zeroAmounts(), blocked: zeroAmounts() }
}

/** By its labels alone; null: no egress. As few rules as these two meshes need. */
function classOf(labels: string): DestinationClass | null {
  const is = (label: string, value: string) => labels.includes(`${label}="${value}"`)
  if (is('destination_service_name', 'BlackHoleCluster')) return 'blocked'
  if (is('destination_service_name', 'PassthroughCluster')) {
    return is('destination_workload', 'unknown') ? 'passthrough' : null
  }
  if (/destination_service="[^"]*\.svc\.cluster\.local"/.test(labels)) return null
  if (is('reporter', 'source') && is('connection_security_policy', 'mutual_tls')) return null
  if (!is('destination_service', 'unknown')) return 'registered'
  return is('request_protocol', 'tcp') ? 'passthrough' : null
}

/** A small ledger: differences of what /federate says, the last values of series that died, and what the restarted had reached. */
class Ledger {
  readonly booked = zero()
  readonly reads: number[] = []
  readonly #mesh: Mesh
  readonly #known = new Map<string, number>()
  readonly #alive = new Set<string>()
  readonly #restarted = new Map<string, number>() // what was known of them

  constructor(mesh: Mesh) {
    this.#mesh = mesh
  }

  read(now: number): void {
    this.#mesh.setNow(now)
    const before = this.reads.at(-1)
    this.reads.push(now)
    this.#alive.clear()
    this.#restarted.clear()
    for (const line of this.#mesh.federate([SELECTOR]).toString().split('\n')) {
      const match = /^(\w+)\{(.*)\} ([^ ]+) \d+$/.exec(line)
      if (match === null) continue
      const [, name, labels, value] = match
      const key = `${name}{${labels}}`
      this.#alive.add(key)
      this.#book(name, labels, key, Number(value), before === undefined)
    }
    if (before === undefined) return
    this.#askRestarted(now, now - before)
    const range = `[${(now - Math.max(before - 5 * MINUTE, this.reads[0])) / 1000}s]`
    const dead = this.#mesh.query(`${NAMED(`last_over_time(${SELECTOR}${range})`)} unless ${NAMED(SELECTOR)}`, now)
    if (dead.type !== 'vector') throw new Error('the answer is no vector')
    for (const { set, value } of dead.elements) {
      const labels = this.#federated(set.labels)
      const key = `${set.name}{${labels}}`
      expect(this.#alive.has(key)).toBe(false)
      this.#book(set.name, labels, key, value, false)
    }
  }

  #askRestarted(now: number, rangeMs: number): void {
    if (this.#restarted.size === 0) return
    for (const name of Object.keys(BOOKS)) {
      const series = `${name}{reporter=~"source|waypoint"}`
      const peaks = this.#mesh.query(`max_over_time(${series}[${rangeMs}ms]) > ${series}`, now)
      if (peaks.type !== 'vector') throw new Error('the answer is no vector')
      for (const { set, value } of peaks.elements) {
        const labels = this.#federated(set.labels)
        const known = this.#restarted.get(`${name}{${labels}}`)
        if (known !== undefined) this.#add(name, labels, Math.round(value) - known)
      }
    }
  }

  #federated(own: readonly (readonly [string, string])[]): string {
    return [...own, ...Object.entries(this.#mesh.externalLabels)]
      .filter(([label]) => label !== 'wharfage_metric')
      .map(([label, text]) => `${label}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
      .join(',')
  }

  #book(name: string, labels: string, key: string, value: number, baseline: boolean): void {
    const whole = Math.round(value)
    const before = this.#known.get(key) ?? 0
    this.#known.set(key, whole)
    if (whole < before) this.#restarted.set(key, before)
    if (!baseline) this.#add(name, labels, whole >= before ? whole - before : whole)
  }

  #add(name: string, labels: string, amount: number): void {
    const egress = classOf(labels)
    const measure = BOOKS[name]
    if (egress === null || (egress === 'blocked' && measure.endsWith('Bytes'))) return
    this.booked[egress][measure] += amount
  }
}

function readEvery(ledger: Ledger, from: string, to: string): Ledger {
  for (let now = instant(from); now <= instant(to); now += 5 * MINUTE) ledger.read(now)
  return ledger
}

function causes(truth: Truth): ClassAmounts {
  const sum = zero()
  for (const part of ['baseline', 'unscraped', 'neverScraped', 'overwritten', 'pending'] as const) {
    for (const name of CLASSES) for (const measure of COUNTED) sum[name][measure] += truth[part][name][measure]
  }
  return sum
}

function plus(a: ClassAmounts, b: ClassAmounts): ClassAmounts {
  const sum = zero()
  for (const name of CLASSES) for (const measure of COUNTED) sum[name][measure] = a[name][measure] + b[name][measure]
  return sum
}

for (const { mesh, from, to, why } of [
  {
    mesh: 'prod-eu',
    from: '2026-10-21 09:00',
    to: '2026-10-21 17:00',
    why: 'jobs come and go, and a container restarts',
  },
  { mesh: 'prod-eu', from: '2026-11-04 08:00', to: '2026-11-04 10:00', why: 'the mesh is switched to REGISTRY_ONLY' },
  { mesh: 'prod-eu', from: '2026-11-09 01:30', to: '2026-11-09 06:30', why: 'a compromised pod is blocked and dies' },
  { mesh: 'prod-us', from: '2026-11-18 15:00', to: '2026-11-18 17:00', why: 'pods are rolled out and scaled' },
] as const) {
  test(`a ledger books the truth less what nobody could see, to the unit, while ${why}`, () => {
    const ledger = readEvery(new Ledger(createMesh(mesh)), from, to)
    const truth = createMesh(mesh).truth(instant(to), ledger.reads)
    expect(ledger.booked).toEqual(truth.booked)
    expect(plus(truth.booked, causes(truth))).toEqual(truth.total)
    expect(truth.booked.registered.requests).toBeGreaterThan(1000)
    expect(truth.unscraped.registered.requests).toBeGreaterThan(0)
  })
}

/** Both meshes from beginning to end, for a reader that never misses. */
const WHOLE = (['prod-eu', 'prod-us'] as const).map((name) => {
  const mesh = createMesh(name)
  return mesh.truth(
    mesh.to,
    Array.from({ length: Math.ceil((mesh.to - mesh.from) / (5 * MINUTE)) }, (_, i) => mesh.from + i * 5 * MINUTE),
  )
})

test('hours sum to the total, the causes and the booked do too, and none is negative', () => {
  for (const truth of WHOLE) {
    expect([...truth.byHour.values()].reduce(plus, zero())).toEqual(truth.total)
    expect(plus(truth.booked, causes(truth))).toEqual(truth.total)
    for (const part of [truth.booked, causes(truth)]) {
      for (const name of CLASSES) {
        expect(Math.min(...COUNTED.map((measure) => part[name][measure]))).toBeGreaterThanOrEqual(0)
      }
    }
  }
})

test('every cause of loss occurs but that of restarts, which a reader of five minutes is told all of', () => {
  const [truth] = WHOLE
  for (const cause of ['baseline', 'unscraped', 'neverScraped', 'pending'] as const) {
    expect(truth[cause].registered.egressBytes).toBeGreaterThan(0)
  }
  for (const { overwritten } of WHOLE) expect(overwritten).toEqual(zero())
})

test('blocked traffic has attempts and no bytes', () => {
  const { blocked } = WHOLE[0].total
  expect(blocked.requests).toBeGreaterThan(100_000)
  expect(blocked.connectionsClosed).toBeGreaterThan(30_000)
  expect(blocked).toMatchObject({ egressBytes: 0, ingressBytes: 0, connectionsOpened: 0 })
})

test('a company of plausible size: tens of millions of requests and some hundred gigabytes', () => {
  const total = WHOLE.map((truth) => truth.total).reduce(plus, zero())
  const sum = (measure: keyof Amounts) => CLASSES.reduce((all, name) => all + total[name][measure], 0)
  expect(sum('requests')).toBeGreaterThan(20e6)
  expect(sum('requests')).toBeLessThan(80e6)
  expect(sum('egressBytes')).toBeGreaterThan(300e9)
  expect(sum('egressBytes')).toBeLessThan(1500e9)
})

test('HTTP passes through before the switch to REGISTRY_ONLY, is blocked after it, and neither once it is registered', () => {
  const requests = (when: string, name: DestinationClass) => WHOLE[0].byHour.get(instant(when))?.[name].requests
  expect(requests('2026-11-03 12:00', 'passthrough')).toBeGreaterThan(1000)
  expect(requests('2026-11-03 12:00', 'blocked')).toBe(0)
  expect(requests('2026-11-05 12:00', 'passthrough')).toBe(0)
  expect(requests('2026-11-05 12:00', 'blocked')).toBeGreaterThan(1000)
  expect(requests('2026-11-08 12:00', 'passthrough')).toBe(0)
  expect(requests('2026-11-08 12:00', 'blocked')).toBe(0)
})

test('a restart costs what was counted since the last look when the next one finds the series grown past it, and else nothing', () => {
  const mesh = createMesh('prod-eu')
  const until = instant('2026-11-21 19:00')
  const first = instant('2026-11-15 18:52') // a container of five days restarts at 19:12
  const truth = (...looks: string[]) => mesh.truth(until, [first, ...looks.map((look) => instant(look)), until])
  const lost = (...looks: string[]) => truth(...looks).overwritten.registered.connectionsOpened
  expect(lost('2026-11-15 19:18')).toBe(0)
  expect(lost()).toBeGreaterThan(lost('2026-11-15 19:05'))
  expect(lost('2026-11-15 19:05')).toBeGreaterThan(0)
  expect(truth().total).toEqual(truth('2026-11-15 19:18').total)
})

function bodiesHash(mesh: Mesh, from: string): string {
  const hash = createHash('sha256')
  for (let now = instant(from); now < instant(from) + 6 * HOUR; now += 5 * MINUTE) {
    mesh.setNow(now)
    hash.update(mesh.federate(['{__name__=~".+"}']))
  }
  return hash.digest('hex')
}

test('the same seed gives the same bytes whichever way the clock came, and another seed gives others', () => {
  const straight = bodiesHash(createMesh('prod-us', 7), '2026-11-02 00:00')
  const back = createMesh('prod-us', 7)
  bodiesHash(back, '2026-11-20 00:00')
  expect(bodiesHash(back, '2026-11-02 00:00')).toBe(straight)
  expect(bodiesHash(createMesh('prod-us', 8), '2026-11-02 00:00')).not.toBe(straight)
})

test('every machine simulates the same world', () => {
  // Whoever changes the world on purpose writes the new hash here.
  expect(bodiesHash(createMesh('prod-eu'), '2026-10-20 06:00').slice(0, 16)).toBe('07c7b81ba8f27766')
  expect(bodiesHash(createMesh('prod-us'), '2026-11-05 12:00').slice(0, 16)).toBe('964fd66f925130fa')
})
