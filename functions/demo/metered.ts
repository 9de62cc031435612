/**
 * What a cloud meters of the demo's meshes in a month: what really left them, which is known, with the headers of TLS and TCP
 * that no proxy counts. prod-eu leaves through NAT; prod-us does not in the months that are billed.
 */
import { DAY_MS } from '#core/time.ts'
import { counted, type Pod, podsOf } from './lifecycle.ts'
import { PROD_EU } from './prod-eu.ts'
import { PROD_US } from './prod-us.ts'
import { FROM, instant, TO } from './world.ts'

/** Usage types of AWS; those of us-east-1 have no prefix of their own, those of eu-west-1 begin with EU. */
export const METERS = [
  'EU-DataTransfer-Out-Bytes',
  'EU-DataTransfer-In-Bytes',
  'EU-DataTransfer-Regional-Bytes',
  'EU-NatGateway-Bytes',
  'DataTransfer-Out-Bytes',
  'DataTransfer-In-Bytes',
  'USE1-USE2-AWS-Out-Bytes',
] as const
export type Meter = (typeof METERS)[number]

/** Bytes of one day. */
export type Metered = Record<Meter, bigint>

export const FREE_OF_CHARGE: readonly Meter[] = ['EU-DataTransfer-In-Bytes', 'DataTransfer-In-Bytes']

/** Of what the proxies see: the headers of TLS and TCP are three per cent. */
export const OVERHEAD_PERMILLE = 1030n

/** In the network of prod-eu, in its region of AWS, and in us-east-2; all other hosts are on the internet. */
const IN_NETWORK = 'orders-db.corp.example'
const IN_REGION = 's3.eu-west-1.amazonaws.com'
const IN_OHIO = 'oracle.corp.example'

/** What was metered on each of these days (ms since epoch), by the truth of a seed. */
export function meteredOn(days: readonly number[], seed: number): Metered[] {
  const [eu, us] = [podsOf(PROD_EU, seed), podsOf(PROD_US, seed)]
  return days.map((day) => {
    const known = simulatedLike(day)
    const metered = Object.fromEntries(METERS.map((meter) => [meter, 0n])) as Metered
    for (const { host, out, back } of sentOn(eu, known)) addEurope(metered, host, out, back)
    for (const { host, out, back } of sentOn(us, known)) addAmerica(metered, host, out, back)
    for (const meter of METERS) metered[meter] = (metered[meter] * OVERHEAD_PERMILLE) / 1000n
    return metered
  })
}

/** A day that is simulated whole: the day itself, or the first like it of the week that is. */
function simulatedLike(day: number): number {
  const first = instant(FROM)
  const weeks = day >= first ? 0 : Math.ceil((first - day) / (7 * DAY_MS))
  const like = day + weeks * 7 * DAY_MS
  if (like + DAY_MS > instant(TO))
    throw new Error('demo: only what is over by the end of the simulation can be metered')
  return like
}

interface Sent {
  host: string // '' when nothing tells
  out: bigint
  back: bigint
}

function* sentOn(pods: readonly Pod[], day: number): Generator<Sent> {
  for (const pod of pods) {
    if (pod.born >= day + DAY_MS || pod.died <= day) continue
    for (const stream of pod.streams) {
      if (stream.egress === null || stream.egress === 'blocked') continue
      const { to } = stream.call
      for (let life = 0; life < pod.lives.length; life++) {
        const between = (metric: 'out' | 'in') =>
          BigInt(counted(stream, life, metric, day + DAY_MS) - counted(stream, life, metric, day))
        yield { host: 'host' in to ? to.host : '', out: between('out'), back: between('in') }
      }
    }
  }
}

function addEurope(metered: Metered, host: string, out: bigint, back: bigint): void {
  if (host === IN_NETWORK) {
    metered['EU-DataTransfer-Regional-Bytes'] += out + back
    return
  }
  metered['EU-NatGateway-Bytes'] += out + back
  if (host === IN_REGION) return
  metered['EU-DataTransfer-Out-Bytes'] += out
  metered['EU-DataTransfer-In-Bytes'] += back
}

function addAmerica(metered: Metered, host: string, out: bigint, back: bigint): void {
  metered[host === IN_OHIO ? 'USE1-USE2-AWS-Out-Bytes' : 'DataTransfer-Out-Bytes'] += out
  metered['DataTransfer-In-Bytes'] += back
}
