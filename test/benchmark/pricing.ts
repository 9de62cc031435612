/**
 * Prices a month of 5,000 flows an hour, leaving through NAT by tiers with an allowance, and says how long that takes:
 * node test/benchmark/pricing.ts [flows] [days]. Beside it the same month is reckoned slowly, flow by flow and in fractions
 * that are never rounded, and every figure is held against that: pools to the nano-unit, flows to within one.
 */
import { NO_METERS } from '#core/costs/meters.ts'
import { moneyOf, type Nano } from '#core/costs/money.ts'
import { type PricedDay, pricing } from '#core/costs/priced-day.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { dateAfter } from '../day-digest.ts'
import { flowRow } from '../flow-rows.ts'
import { costsInForce, judgedHourly, pricesOf, targetPlace } from '../prices-sample.ts'

const FIRST = '2026-11-01'
const HOSTS = [
  ...Array.from({ length: 380 }, (_, n) => `api${n}.vendor${n}.example`),
  ...Array.from({ length: 10 }, (_, n) => `bucket-${n}.s3.us-east-1.amazonaws.com`),
  ...Array.from({ length: 10 }, (_, n) => `bucket-${n}.s3.eu-west-1.amazonaws.com`),
]
const [flows, days] = [Number(process.argv[2] ?? 5000), Number(process.argv[3] ?? 30)]

let seed = 1
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1
  return seed % below
}

/** A day of so many edges, each with bytes in every hour. */
function dayOf(date: string): JudgedDay {
  const rows = Array.from({ length: flows }, (_, n) =>
    flowRow({ sourceWorkload: `workload-${n}`, destinationHost: HOSTS[n % HOSTS.length], egressBytes: 1 }),
  )
  const judged = judgedHourly({ date, hours: { 0: rows } })
  const hours = (below: number) => Array.from({ length: 24 }, () => random(below))
  const edges = judged.edges.map((edge): JudgedEdge => {
    return { ...edge, egressHours: hours(100_000_000), ingressHours: hours(400_000_000) }
  })
  return { ...judged, edges }
}

const price = pricing(costsInForce(pricesOf({ targets: { mesh: targetPlace({ nat: { gateways: 3 } }) } })))
const [total, reckoned] = [new Map<string, Nano>(), startReckoning()]
let [fastSeconds, slowSeconds, meters] = [0, 0, NO_METERS]
// A day at a time, as publishing prices them: what is kept of a month is no part of what pricing it costs.
for (let n = 0; n < days; n++) {
  const judged = dayOf(dateAfter(FIRST, n))
  const fast = timed(() => price(judged, meters))
  const slow = timed(() => reckoned.day(judged.edges))
  check(fast.result, slow.result)
  meters = fast.result.end
  fastSeconds += fast.seconds
  slowSeconds += slow.seconds
}
const flowHours = days * flows * 24
for (const [kind, nano] of reckoned.totals()) {
  if (total.get(kind) !== nano) throw new Error(`${kind} is ${total.get(kind)} nano-units, and reckoned slowly ${nano}`)
}
console.log(
  `${days} days of ${flows} flows an hour, ${flowHours} flow-hours: priced in ${fastSeconds.toFixed(2)} s of CPU, ` +
    `${((fastSeconds * 1e6) / flowHours).toFixed(2)} µs each; reckoned slowly in ${slowSeconds.toFixed(2)} s; both say ` +
    `${moneyOf([...total.values()].reduce((sum, nano) => sum + nano, 0n))} USD`,
)

function timed<T>(run: () => T): { result: T; seconds: number } {
  const before = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(before)
  return { result, seconds: (user + system) / 1e6 }
}

/** The month by fractions: how many bytes of each hour fall into each tier, and for each flow its share of them. */
function startReckoning() {
  const tiers = [
    { upTo: 10_240n, price: 90n }, // thousandths of a unit of currency
    { upTo: 51_200n, price: 85n },
    { upTo: 153_600n, price: 70n },
    { upTo: 1n << 50n, price: 50n },
  ].map(({ upTo, price }) => ({ upTo: upTo << 30n, price }))
  const flat: Record<string, number> = { 'same-region': 0, 'cross-region': 20, 'nat-processing': 45 }
  let [free, used] = [100n << 30n, 0n]
  const sums = new Map<string, bigint>() // thousandths of a unit of currency times bytes
  const add = (kind: string, amount: bigint) => sums.set(kind, (sums.get(kind) ?? 0n) + amount)
  const hourOf = (edges: readonly JudgedEdge[], hour: number, shares: Map<string, number>) => {
    const internet = edges.map((edge) => (kindOf(edge) === 'internet' ? edge.egressHours[hour] : 0))
    const bytes = internet.reduce((sum, part) => sum + part, 0)
    const covered = BigInt(bytes) < free ? BigInt(bytes) : free
    let left = BigInt(bytes) - covered
    free -= covered
    let amount = 0n
    for (const { upTo, price } of tiers) {
      const room = upTo > used ? upTo - used : 0n
      const part = room < left ? room : left
      amount += part * price
      used += part
      left -= part
    }
    add('internet', amount)
    edges.forEach((edge, at) => {
      const kind = kindOf(edge)
      const out = edge.egressHours[hour]
      const nat = (out + edge.ingressHours[hour]) * flat['nat-processing']
      const transfer = kind === 'internet' ? (Number(amount) * out) / bytes : out * flat[kind]
      if (kind !== 'internet') add(kind, BigInt(transfer))
      add('nat-processing', BigInt(nat))
      shares.set(`${at} ${kind}`, (shares.get(`${at} ${kind}`) ?? 0) + transfer)
      shares.set(`${at} nat-processing`, (shares.get(`${at} nat-processing`) ?? 0) + nat)
    })
  }
  return {
    /** Nano-units of each edge by its number and kind, as far as a float tells. */
    day(edges: readonly JudgedEdge[]): ReadonlyMap<string, number> {
      const shares = new Map<string, number>()
      for (let hour = 0; hour < 24; hour++) hourOf(edges, hour, shares)
      return new Map([...shares].map(([key, amount]) => [key, (amount * 1e6) / 2 ** 30]))
    },
    /** Nano-units by kind, rounded half up once. */
    totals(): Map<string, Nano> {
      return new Map([...sums].map(([kind, amount]) => [kind, (2n * amount * 1_000_000n + (1n << 30n)) / (1n << 31n)]))
    },
  }
}

function kindOf({ host }: JudgedEdge): string {
  return host.endsWith('.example') ? 'internet' : host.includes('us-east-1') ? 'same-region' : 'cross-region'
}

/** Adds a day's money, and throws where a flow's is further off than a nano-unit for each of its hours. */
function check({ edges }: PricedDay, reckoned: ReadonlyMap<string, number>): void {
  edges.forEach(({ charges }, at) => {
    for (const { kind, nano, hourNano } of charges) {
      total.set(kind, (total.get(kind) ?? 0n) + nano)
      const off = Math.abs(Number(nano) - (reckoned.get(`${at} ${kind}`) ?? Number.NaN))
      if (!(off < 24.001)) throw new Error(`${kind} of flow ${at} is ${off} nano-units off`)
      const sum = hourNano.reduce((all, part) => all + part, 0n)
      if (sum !== nano) throw new Error(`the hours of flow ${at} sum to ${sum}, not to ${nano}`)
    }
  })
}
