/**
 * Savings: what of the priced traffic could have been had for less, by the same bytes and by the prices that hold on the last
 * day. The rules are asked in their order, and the first that saves something takes an edge of a day whole, so that no byte is
 * counted twice.
 */
import { chatter, natDownloads } from '#core/costs/assumed-savings.ts'
import { gatewayEndpoints, interfaceEndpoints } from '#core/costs/endpoint-savings.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import type { Prices } from '#core/costs/prices.ts'
import type { Saving, SavingCaller, SavingEvidence } from '#core/costs/saving.ts'
import { type Reckoning, type Rule, reckoningBy, type SeenEdge, type Weighed } from '#core/costs/saving-rule.ts'
import { regionalTwins } from '#core/costs/twin-savings.ts'
import { workloadKey } from '#core/edge.ts'
import { exactSum } from '#core/flow.ts'
import { compareText, distinct } from '#core/order.ts'

export interface Savings {
  found: Saving[] // that save something, or would if their price were known
  refused: Saving[] // that would cost more than they save
}

/** In the order in which they are asked, as SAVING_RULES tells them. */
const RULES: readonly ((reckoning: Reckoning) => Rule)[] = [
  gatewayEndpoints,
  interfaceEndpoints,
  regionalTwins,
  natDownloads,
  chatter,
]

/** At most so many hosts and callers of a saving are named. */
const NAMED = 10

/** What could be had for less of closed days, oldest first, by the prices that hold on the last of them. */
export function savingsOf(days: readonly PricedDay[], prices: Prices | null): Savings {
  const savings: Savings = { found: [], refused: [] }
  const last = days.at(-1)
  if (prices === null || last === undefined) return savings
  const seen = days.flatMap(({ judged, edges }) =>
    edges.filter(({ destined }) => destined !== null).map((edge): SeenEdge => ({ date: judged.digest.date, edge })),
  )
  const reckoning = reckoningBy(last.judged.digest.date, prices, days.length, seen)
  let left = seen
  for (const ruleOf of RULES) {
    const { rule, keyOf, weigh } = ruleOf(reckoning)
    const groups = Map.groupBy(left, ({ edge }) => keyOf(edge))
    const taken = new Set<string | null>()
    for (const [key, group] of groups) {
      if (key === null) continue
      const weighed = weigh(group)
      if (weighed === null) continue
      const saving: Saving = { rule, key: `${rule}\0${key}`, ...describe(group), ...weighed }
      if (weighed.saved !== null && weighed.saved <= 0n) {
        savings.refused.push(saving)
        continue
      }
      savings.found.push(saving)
      taken.add(key)
    }
    left = left.filter(({ edge }) => !taken.has(keyOf(edge)))
  }
  return savings
}

type Described = Omit<Saving, 'rule' | 'key' | keyof Weighed>

function describe(group: readonly SeenEdge[]): Described {
  const [{ edge }] = group
  const hosts = byBytes(group, ({ edge: { host } }) => host)
  const callers = byBytes(group, ({ edge: caller }) => `${workloadKey(caller)}\0${caller.team}`)
  return {
    target: edge.target,
    service: edge.destined?.service ?? '',
    region: edge.destined?.region ?? '',
    hosts: hosts.slice(0, NAMED).map(({ of: [{ edge: of }] }) => of.host),
    hostCount: hosts.length,
    callers: callers.slice(0, NAMED).map(callerOf),
    callerCount: callers.length,
    evidence: evidenceOf(group),
  }
}

interface Part {
  key: string
  of: SeenEdge[]
  bytes: number
}

/** Parts of a group, those of most bytes first. */
function byBytes(group: readonly SeenEdge[], keyOf: (seen: SeenEdge) => string): Part[] {
  return [...Map.groupBy(group, keyOf)]
    .map(([key, of]) => ({ key, of, bytes: sum(of, bothWays) }))
    .sort((a, b) => b.bytes - a.bytes || compareText(a.key, b.key))
}

function callerOf({ of, bytes }: Part): SavingCaller {
  const { target, namespace, workload, team } = of[of.length - 1].edge
  return { target, namespace, workload, team, bytes }
}

function evidenceOf(group: readonly SeenEdge[]): SavingEvidence {
  const dates = distinct(group.map(({ date }) => date)).sort(compareText)
  const hours = new Set<string>()
  for (const { date, edge } of group) {
    for (let hour = 0; hour < 24; hour++) {
      const isBusy = edge.hours[hour] > 0 || edge.egressHours[hour] > 0 || edge.ingressHours[hour] > 0
      if (isBusy) hours.add(`${date} ${hour}`)
    }
  }
  return {
    first: dates[0],
    last: dates[dates.length - 1],
    days: dates.length,
    hours: hours.size,
    flows: distinct(group.map(({ edge }) => `${workloadKey(edge)}\0${edge.host}`)).length,
    requests: sum(group, ({ totals }) => totals.requests),
    connections: sum(group, ({ totals }) => totals.connections),
    egressBytes: sum(group, ({ totals }) => totals.egressBytes),
    ingressBytes: sum(group, ({ totals }) => totals.ingressBytes),
    estimatedBytes: sum(group, (edge) => (edge.protocol === 'tcp' ? 0 : bothWays(edge))),
  }
}

function bothWays({ totals }: SeenEdge['edge']): number {
  return exactSum(totals.egressBytes, totals.ingressBytes)
}

function sum(group: readonly SeenEdge[], of: (edge: SeenEdge['edge']) => number): number {
  return group.reduce((total, { edge }) => exactSum(total, of(edge)), 0)
}
