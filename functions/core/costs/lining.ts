/** Lining: what is charged for an edge, and for a target by the hour, as lines on a day's tab. */
import type { Destined } from '#core/costs/destined.ts'
import { decimalOf } from '#core/costs/money.ts'
import { type Found, priceLookup, type Wanted } from '#core/costs/price-lookup.ts'
import type { PriceEntry, Prices, TargetPlace } from '#core/costs/prices.ts'
import type { Line, Tab } from '#core/costs/tab.ts'
import { exactSum } from '#core/flow.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import type { TargetCoverage } from '#core/report.ts'

/** A line of what a target is charged by the hour. */
export type FixedLine = readonly [target: string, line: Line]

export interface DayLining {
  /** The transfer of an edge, then its processing by an endpoint or NAT. */
  transferLines(edge: JudgedEdge, destined: Destined): Line[]
  /** A target's gateways and endpoints, in every hour since its first that is not still to come: they cost while nobody looks. */
  fixedLines(coverage: TargetCoverage): FixedLine[]
}

/** Makes lines by prices; made once for many days. */
export function lining(prices: Prices): (tab: Tab, date: string) => DayLining {
  const lookUp = priceLookup(prices.entries)
  const withOverhead = overhead(prices.overheadFactor)
  return (tab, date) => {
    const found = new Map<string, Found>()
    const priceOf = (target: string, wanted: Wanted): Found => {
      const key = [target, wanted.kind, wanted.to, wanted.service, wanted.endpoint].join('\0')
      const home = homeOf(prices, target)
      const price = found.get(key) ?? (home === null ? noHome(target) : lookUp(home, wanted, date))
      found.set(key, price)
      return price
    }
    return {
      transferLines: (edge, destined) =>
        wantedFor(destined).map((wanted) => {
          const price = priceOf(edge.target, wanted)
          const bytes = hourBytes(edge, price.entry?.bytes ?? usualBytes(wanted), withOverhead)
          return tab.add(homeOf(prices, edge.target)?.payer ?? '', wanted, price, bytes)
        }),
      fixedLines({ target, hours }) {
        const home = homeOf(prices, target)
        return fixedFor(home).map(({ wanted, each }): FixedLine => {
          const quantities = hours.map((observation) => (observation === 'pending' ? 0 : each))
          return [target, tab.add(home?.payer ?? '', wanted, priceOf(target, wanted), quantities)]
        })
      },
    }
  }
}

function homeOf({ targets }: Prices, target: string): TargetPlace | null {
  return Object.hasOwn(targets, target) ? targets[target] : null
}

function noHome(target: string): Found {
  const missing = `Where ${target} runs is not configured; add cloud with its provider and region to it in wharfage.yaml.`
  return { entry: null, missing }
}

function wantedFor({ kind, region, area, service, endpoint, nat }: Destined): Wanted[] {
  const to = kind === 'cross-region' ? region : kind === 'internet' ? area : ''
  const transfer: Wanted = { kind, to, service: '', endpoint: '' }
  if (endpoint !== '') return [transfer, { kind: 'endpoint-processing', to: '', service, endpoint }]
  return nat ? [transfer, { kind: 'nat-processing', to: '', service: '', endpoint: '' }] : [transfer]
}

/** What a target is charged by the hour, and how many of each. */
function fixedFor(home: TargetPlace | null): { wanted: Wanted; each: number }[] {
  const { nat = null, endpoints = [] } = home ?? {}
  return [
    { wanted: { kind: 'nat-hours', to: '', service: '', endpoint: '' } satisfies Wanted, each: nat?.gateways ?? 0 },
    ...endpoints.map(({ service, type, zones }) => {
      return { wanted: { kind: 'endpoint-hours', to: '', service, endpoint: type } satisfies Wanted, each: zones }
    }),
  ].filter(({ each }) => each > 0)
}

/** Which bytes a charge would be for, where no price says it: transfers are charged out, processing both ways. */
function usualBytes({ kind }: Wanted): PriceEntry['bytes'] {
  return kind.endsWith('-processing') ? 'both' : 'egress'
}

function hourBytes(
  { egressHours, ingressHours }: JudgedEdge,
  bytes: PriceEntry['bytes'],
  withOverhead: (bytes: number) => number,
): number[] {
  if (bytes === 'both') return egressHours.map((egress, hour) => withOverhead(exactSum(egress, ingressHours[hour])))
  return (bytes === 'egress' ? egressHours : ingressHours).map((one) => withOverhead(one))
}

const MILLION = 1_000_000

/** Bytes with their overhead, rounded half up to whole ones; throws one sentence for a factor of more than 6 places. */
function overhead(factor: string): (bytes: number) => number {
  const decimal = decimalOf(factor, 6)
  if (decimal === null)
    throw new Error(`overheadFactor ${JSON.stringify(factor)} is no decimal number of at most 6 places`)
  const millionths = Number(decimal)
  if (millionths === MILLION) return (bytes) => bytes
  return (bytes) => {
    const product = bytes * millionths + MILLION / 2
    if (Number.isSafeInteger(product)) return (product - (product % MILLION)) / MILLION
    return Number((BigInt(bytes) * decimal + BigInt(MILLION / 2)) / BigInt(MILLION))
  }
}
