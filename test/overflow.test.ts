/** More series than a target may have: refused with what grew, or folded without a count being lost. */
import fc from 'fast-check'
import { type Checkpoint, decodeCheckpoint } from '#core/checkpoint.ts'
import type { Coverage } from '#core/coverage.ts'
import { COUNTED, type FlowRow, flowKey, OTHER } from '#core/flow.ts'
import { checkpointKey, rollupPrefix } from '#core/keys.ts'
import { decodeRollup } from '#core/rollup.ts'
import type { Target } from '#core/target.ts'
import type { Prometheus } from '../functions/prometheus.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { simulatedTarget } from './simulated-target.ts'

const START = Date.UTC(2026, 10, 20, 10, 5)
const STEP_MS = 600_000

interface Call {
  host: string
  workload: string
  code: string
  pod: string
}

const POD = (pod: string) => `instance="${pod}:15020",namespace="shop",pod="${pod}"`

function line(metric: string, { host, workload, code, pod }: Call, value: number, time: number): string {
  return (
    `${metric}{destination_service="${host}",destination_service_name="${host}",${POD(pod)},reporter="source",` +
    `request_protocol="http",response_code="${code}",response_flags="-",source_workload="${workload}",` +
    `source_workload_namespace="shop"} ${value} ${time}`
  )
}

const call = (host: string, changes: Partial<Call> = {}): Call => ({
  host,
  workload: 'cart',
  code: '200',
  pod: 'cart-1',
  ...changes,
})

/** A body at a step: two metrics of each call, its pods' `up` and uptime. The n-th call has counted n + 1 a step since its birth. */
function bodyOf(calls: readonly (Call & { born: number })[], step: number): string[] {
  const time = START + step * STEP_MS
  const pods = [...new Set(calls.map(({ pod }) => pod))]
  return [
    ...calls.flatMap((one, n) =>
      ['istio_request_bytes_sum', 'istio_requests_total'].map((metric, layer) =>
        line(metric, one, (step - one.born + 1) * (n + 1) * (layer + 1), time),
      ),
    ),
    ...pods.flatMap((pod) => [
      `envoy_server_uptime{${POD(pod)}} ${3600 + step * 600} ${time}`,
      `up{${POD(pod)}} 1 ${time}`,
    ]),
  ]
}

function served(lines: readonly string[]): Prometheus {
  return {
    federate: async () => Buffer.from(lines.map((one) => `${one}\n`).join('')),
    queryInstant: async () => [],
    queryRange: async () => [],
  }
}

interface Ledger {
  rows: (FlowRow & { hour: number })[]
  coverage: Coverage[]
  checkpoint: Checkpoint
}

async function ledgerOf(store: Store): Promise<Ledger> {
  const checkpoint = decodeCheckpoint((await store.get(checkpointKey('mesh')))!.bytes, 'mesh')
  const written = await store.list(rollupPrefix('mesh'))
  const files = await Promise.all(written.map(async ({ key }) => ({ key, bytes: (await store.get(key))!.bytes })))
  const closed = await Promise.all([...files, ...checkpoint.finished].map(({ bytes, key }) => decodeRollup(bytes, key)))
  const open = checkpoint.hours.hours.map(({ start, coverage, rows }) => ({
    hour: start,
    coverage,
    rows: [...rows].map(([flow, measures]) => ({ ...checkpoint.flows[flow], ...measures })),
  }))
  const hours = [...closed, ...open]
  return {
    rows: hours.flatMap(({ hour, rows }) => rows.map((row) => ({ ...row, hour }))),
    coverage: hours.map(({ coverage }) => coverage),
    checkpoint,
  }
}

/** Scrapes one body after another, each time from the checkpoint alone; the last ones with other waypoints. */
async function play(
  bodies: readonly string[][],
  changes: Partial<Target>,
  renamedFrom = bodies.length,
): Promise<Ledger> {
  const store = memoryStore()
  const seed = () => ({ lo: 1, hi: 2 })
  for (const [step, body] of bodies.entries()) {
    const waypoints = step < renamedFrom ? [] : ['shop/waypoint']
    const target = simulatedTarget({ tails: false, waypoints, ...changes })
    await scrapeTarget(target, store, { prometheus: served(body), seed })
  }
  return ledgerOf(store)
}

/** Sums of all counted measures by a key, for those rows that have any. */
function totals(rows: readonly (FlowRow & { hour: number })[], key: (row: FlowRow & { hour: number }) => string) {
  const sums: Record<string, number[]> = {}
  for (const row of rows) {
    const all = COUNTED.map((measure, index) => (sums[key(row)]?.[index] ?? 0) + row[measure])
    if (all.some((sum) => sum > 0)) sums[key(row)] = all
  }
  return sums
}

const kept = (row: FlowRow & { hour: number }) =>
  [row.hour, row.sourceNamespace, row.destinationClass, row.reporter, row.protocol, row.responseCode].join(' ')

describe('refuse', () => {
  const target = simulatedTarget({ tails: false, maxSeries: 100 })
  const scrape = async (calls: Call[], store = memoryStore()) => {
    const lines = bodyOf(
      calls.map((one) => ({ ...one, born: 0 })),
      0,
    )
    return scrapeTarget(target, store, { prometheus: served(lines) })
  }
  const many = (count: number, of: (n: number) => Call) => Array.from({ length: count }, (_, n) => of(n))

  test.each<[string, Call[], string]>([
    [
      'hosts',
      many(60, (n) => call(`h${n}.example`)),
      '122 series.*destinationHost has 50 values, such as "h49.example"',
    ],
    [
      'workloads',
      many(60, (n) => call('a.example', { workload: `job-${n}` })),
      '122 series.*sourceWorkload has 50 values, such as "job-49"',
    ],
    ['pods', many(60, (n) => call('a.example', { pod: `cart-${n}` })), '240 series.*there are 50 pods'],
  ])('names what grew: %s', async (_, calls, sentence) => {
    const store = memoryStore()
    await expect(scrape(calls, store)).rejects.toThrow(
      new RegExp(
        `^scrape mesh: body has ${sentence.replace('series', 'series, over maxSeries of 100')}; keep it from growing, raise maxSeries, or set "overflow: fold"$`,
      ),
    )
    expect(await store.list('')).toEqual([])
  })

  test('takes as many series as are allowed, and not one more', async () => {
    const calls = many(49, (n) => call(`h${n}.example`))
    expect((await scrape(calls)).samples).toBe(100)
    await expect(scrape([...calls, call('one-more.example')])).rejects.toThrow('body has 102 series')
  })

  test('leaves the ledger as it was', async () => {
    const store = memoryStore()
    await scrape([call('a.example')], store)
    const before = await store.get(checkpointKey('mesh'))
    await expect(
      scrape(
        many(60, (n) => call(`h${n}.example`)),
        store,
      ),
    ).rejects.toThrow('over maxSeries')
    expect(await store.get(checkpointKey('mesh'))).toEqual(before)
  })
})

describe('fold', () => {
  const LIMIT = 100
  const step = fc.record({
    hosts: fc.nat({ max: 40 }),
    workloads: fc.nat({ max: 5 }),
    pods: fc.nat({ max: 3 }),
    order: fc.nat(),
  })

  /** Bodies of ten minutes each: what is there at first stays, and at each step some come anew, in an order of its own. */
  function bodiesOf(steps: readonly { hosts: number; workloads: number; pods: number; order: number }[]): string[][] {
    const calls = Array.from({ length: 20 }, (_, n) => ({ ...call(`known${n}.example`), born: 0 }))
    return steps.map(({ hosts, workloads, pods, order }, at) => {
      const add = (one: Call) => calls.push({ ...one, born: at })
      if (at > 0) {
        for (let n = 0; n < hosts; n++) add(call(`${at}-${n}.example`, { code: n % 5 === 0 ? '503' : '200' }))
        for (let n = 0; n < workloads; n++)
          add(call(`known${n}.example`, { workload: `job-${at}-${n}`, pod: `job-${at}-${n}` }))
        for (let n = 0; n < pods; n++) add(call('known0.example', { pod: `cart-${at}-${n}` }))
      }
      const mixed = bodyOf(calls, at).map((text, n) => ({ text, place: Math.imul(n + 1, 2654435761 + order) >>> 0 }))
      return mixed.sort((a, b) => a.place - b.place).map(({ text }) => text)
    })
  }

  test('no total by what is kept changes, in any hour, whatever comes in whatever order', async () => {
    let often = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), fc.nat({ max: 20 }), async (steps, renamed) => {
        const bodies = bodiesOf(steps)
        const whole = await play(bodies, {}, renamed)
        const folded = await play(bodies, { maxSeries: LIMIT, overflow: 'fold' }, renamed)
        expect(totals(folded.rows, kept)).toEqual(totals(whole.rows, kept))
        // What was known before the limit was reached is as if there were none; the others are less or folded.
        const known = (ledger: Ledger) =>
          totals(
            ledger.rows.filter(
              ({ destinationHost, sourceWorkload }) => /^known/.test(destinationHost) && sourceWorkload === 'cart',
            ),
            (row) => `${row.hour} ${flowKey(row)}`,
          )
        expect(known(folded)).toEqual(known(whole))
        const { flows } = folded.checkpoint
        const named = flows.filter(({ destinationHost }) => destinationHost !== OTHER)
        const sources = new Set(named.map(({ sourceWorkload }) => sourceWorkload)).size
        expect(named.length).toBeLessThanOrEqual(LIMIT)
        expect(flows.length - named.length).toBeLessThanOrEqual(2 * (sources + 1)) // two response codes
        const over = flows.length > named.length
        if (bodies.at(-1)!.length <= LIMIT) expect(over).toBe(false)
        if (over) often++
        expect(folded.coverage.some(({ foldedFlows }) => foldedFlows > 0)).toBe(over)
        expect(folded.coverage.at(-1)!.foldedSeries > 0).toBe(over)
        expect(whole.coverage.every(({ foldedFlows, foldedSeries }) => foldedFlows + foldedSeries === 0)).toBe(true)
      }),
      { numRuns: 25 },
    )
    expect(often).toBeGreaterThan(5)
  })

  test('a new host of a known workload keeps its source, and a new workload loses its name', async () => {
    const known = Array.from({ length: 49 }, (_, n) => ({ ...call(`known${n}.example`), born: 0 }))
    const born = [
      call('new.example'),
      call('new.example', { workload: 'job' }),
      call('known0.example', { pod: 'cart-2' }),
    ]
    const bodies = [bodyOf(known, 0), bodyOf([...known, ...born.map((one) => ({ ...one, born: 1 }))], 1)]
    const { rows } = await play(bodies, { maxSeries: LIMIT, overflow: 'fold' })
    const others = rows.filter(({ destinationHost }) => destinationHost === OTHER)
    expect(others.map(({ sourceWorkload, requests }) => [sourceWorkload, requests]).sort()).toEqual([
      [OTHER, 102],
      ['cart', 100],
    ])
    for (const { destinationService, destinationServiceNamespace, destinationPort, destinationClass } of others) {
      expect([destinationService, destinationServiceNamespace, destinationPort]).toEqual([OTHER, OTHER, null])
      expect(destinationClass).toBe('registered')
    }
  })

  test('what was born and died between two scrapes is folded, too', async () => {
    const known = Array.from({ length: 60 }, (_, n) => ({ ...call(`known${n}.example`), born: 0 }))
    const dead = { __name__: 'istio_requests_total', destination_service: 'dead.example', reporter: 'source' }
    const pod = { instance: 'job-1:15020', namespace: 'shop', pod: 'job-1' }
    const labels = { ...dead, ...pod, response_code: '200', source_workload: 'job', source_workload_namespace: 'shop' }
    const store = memoryStore()
    const target = simulatedTarget({ maxSeries: LIMIT, overflow: 'fold' })
    for (const step of [0, 1]) {
      const timeMs = START + step * STEP_MS
      const prometheus: Prometheus = {
        ...served(bodyOf(known, step)),
        queryInstant: async (expression) => {
          if (expression.startsWith('min_over_time')) return [{ labels: pod, value: timeMs / 1000 - 300, timeMs }]
          return expression.includes('last_over_time') ? [{ labels, value: 7, timeMs }] : []
        },
      }
      await scrapeTarget(target, store, { prometheus })
    }
    const { rows } = await ledgerOf(store)
    const folded = rows.filter(({ sourceWorkload }) => sourceWorkload === OTHER)
    expect(folded.map(({ destinationHost, requests }) => [destinationHost, requests])).toEqual([[OTHER, 7]])
  })
})
