/** Savings that rest on an assumption: what a mirror would keep from NAT, and what compression or batches would make of chatter. */
import { type Nano, shareOut } from '#core/costs/money.ts'
import type { PricedEdge } from '#core/costs/priced-day.ts'
import {
  chargedBytes,
  idsOf,
  missingOf,
  natCharge,
  placeOf,
  type Reckoning,
  type Rule,
  type SeenEdge,
  savedOf,
  sumNano,
  type Weighed,
} from '#core/costs/saving-rule.ts'
import { exactSum } from '#core/flow.ts'

/** Downloads of fewer bytes a day cost some cents at most in NAT, which nobody runs a mirror for. */
export const DOWNLOAD_BYTES_PER_DAY = 1_000_000_000
/** A request every 2.6 seconds, a million in 30 days: for fewer nobody changes a program. */
export const CHATTY_REQUESTS_PER_DAY = 33_334
/** Requests of up to 4 KiB are mostly headers and a little text: they compress, and several fit into one. */
export const SMALL_REQUEST_BYTES = 4096
/** Headers and text shrink to a third or less, and a batch spares most headers; what is small already shrinks less. */
export const CHATTER_SHARE = '0.5'

const ASSUMED = { certainty: 'assumed', twin: '', instead: 0n, hourly: 0n, zones: 0, breakEvenBytes: null } as const

/** What comes in through NAT from one host, if it is much. */
export function natDownloads(reckoning: Reckoning): Rule {
  return {
    rule: 'nat-downloads',
    keyOf: (edge) =>
      natCharge(edge) === null || !placeOf(reckoning, edge)?.nat ? null : `${edge.target}\0${edge.host}`,
    weigh(group) {
      const [out, back] = bothWays(group)
      if (back <= out || back < DOWNLOAD_BYTES_PER_DAY * reckoning.days) return null
      const charges = group.flatMap(({ edge }) => natCharge(edge) ?? [])
      return weighed({
        bytes: chargedBytes(group, 'ingress', reckoning),
        assumption: 'At most: a mirror or cache inside the network answers all of it, and costs nothing to run.',
        share: '1',
        entries: idsOf(charges.map(({ entry }) => entry)),
        paid: group.reduce((sum, { edge }) => sum + natPart(reckoning, edge, 'ingress'), 0n),
        missing: missingOf(charges),
      })
    },
  }
}

/** Many small requests of one workload to one host. Bytes of TCP belong to no request, so that nothing tells of them. */
export function chatter(reckoning: Reckoning): Rule {
  return {
    rule: 'chatter',
    keyOf: ({ protocol, target, namespace, workload, host }) =>
      protocol === 'tcp' ? null : [target, namespace, workload, host].join('\0'),
    weigh(group) {
      const requests = group.reduce((sum, { edge }) => exactSum(sum, edge.totals.requests), 0)
      const [out] = bothWays(group)
      if (requests < CHATTY_REQUESTS_PER_DAY * reckoning.days || out > SMALL_REQUEST_BYTES * requests) return null
      const transfers = group.map(({ edge }) => edge.charges[0])
      const charges = [...transfers, ...group.flatMap(({ edge }) => natCharge(edge) ?? [])]
      const nat = group.reduce((sum, { edge }) => sum + natPart(reckoning, edge, 'egress'), 0n)
      return weighed({
        bytes: chargedBytes(group, 'egress', reckoning),
        assumption: 'Compression, or several of them in one, halves what they send.',
        share: CHATTER_SHARE,
        entries: idsOf(charges.map(({ entry }) => entry)),
        paid: sumNano(transfers) + nat,
        missing: missingOf(charges),
      })
    },
  }
}

function weighed(of: Pick<Weighed, 'bytes' | 'assumption' | 'share' | 'entries' | 'paid' | 'missing'>): Weighed | null {
  const saved = of.missing === '' ? savedOf({ ...ASSUMED, ...of }) : null
  return saved !== null && saved <= 0n ? null : { ...ASSUMED, ...of, saved }
}

/** What of an edge's processing by NAT was charged for one direction. */
function natPart({ entries }: Reckoning, edge: PricedEdge, direction: 'egress' | 'ingress'): Nano {
  const charge = natCharge(edge)
  if (charge === null) return 0n
  const charged = entries.get(charge.entry)?.bytes
  if (charged !== 'both') return charged === direction ? charge.nano : 0n
  const [out, back] = shareOut(charge.nano, [BigInt(edge.totals.egressBytes), BigInt(edge.totals.ingressBytes)])
  return direction === 'egress' ? out : back
}

function bothWays(group: readonly SeenEdge[]): [out: number, back: number] {
  return group.reduce<[number, number]>(
    ([out, back], { edge: { totals } }) => [exactSum(out, totals.egressBytes), exactSum(back, totals.ingressBytes)],
    [0, 0],
  )
}
