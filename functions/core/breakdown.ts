/** Breakdowns: the same edges by destination, by source, by protocol and by answer; of a day, or of all days of a month. */
import { byFrequency, type Edge, workloadKey } from '#core/edge.ts'
import { exactSum, PROTOCOLS } from '#core/flow.ts'
import { compareText, distinct } from '#core/order.ts'
import type { DestinationRow, ProtocolRow, ResponseRow, SourceRow } from '#core/report.ts'
import { addTotals, attempts, averageMs, zeroByClass, zeroTotals } from '#core/totals.ts'

/** All destinations, most egress bytes first; the blocked ones last, by attempts. */
export function destinationRows(edges: readonly Edge[]): DestinationRow[] {
  const groups = Map.groupBy(edges, destinationKey)
  const rows = [...groups.values()].map((group): DestinationRow => {
    const totals = zeroTotals()
    for (const edge of group) addTotals(totals, edge.totals)
    return {
      destinationClass: group[0].destinationClass,
      host: group[0].host,
      ports: distinct(group.flatMap(({ ports }) => ports)).sort((a, b) => a - b),
      targets: distinct(group.map(({ target }) => target)).sort(),
      protocols: distinct(group.map(({ protocol }) => protocol)).sort(),
      sources: distinct(group.map(workloadKey)).length,
      totals,
      averageMs: averageMs(totals),
      share: 0,
    }
  })
  const weight = (row: DestinationRow) =>
    row.destinationClass === 'blocked' ? attempts(row.totals) : row.totals.egressBytes
  const isBlocked = (row: DestinationRow) => Number(row.destinationClass === 'blocked')
  for (const blocked of [0, 1]) {
    const of = rows.filter((row) => isBlocked(row) === blocked)
    const whole = of.reduce((sum, row) => sum + weight(row), 0)
    for (const row of of) row.share = whole === 0 ? 0 : weight(row) / whole
  }
  return rows.sort(
    (a, b) =>
      isBlocked(a) - isBlocked(b) ||
      weight(b) - weight(a) ||
      compareText(a.host, b.host) ||
      compareText(a.destinationClass, b.destinationClass),
  )
}

/** All source workloads, most egress bytes first. */
export function sourceRows(edges: readonly Edge[]): SourceRow[] {
  const groups = Map.groupBy(edges, workloadKey)
  const rows = [...groups.values()].map((group): SourceRow => {
    const totals = zeroTotals()
    const blocked = zeroTotals()
    for (const edge of group) addTotals(edge.destinationClass === 'blocked' ? blocked : totals, edge.totals)
    const { target, namespace, workload, app } = group[0]
    return {
      target,
      namespace,
      workload,
      app,
      protocols: distinct(group.map(({ protocol }) => protocol)).sort(),
      destinations: distinct(group.map(destinationKey)).length,
      totals,
      blockedAttempts: attempts(blocked),
      share: 0,
    }
  })
  const whole = rows.reduce((sum, { totals }) => sum + totals.egressBytes, 0)
  for (const row of rows) row.share = whole === 0 ? 0 : row.totals.egressBytes / whole
  return rows.sort(
    (a, b) =>
      b.totals.egressBytes - a.totals.egressBytes ||
      b.blockedAttempts - a.blockedAttempts ||
      compareText(workloadKey(a), workloadKey(b)),
  )
}

export function protocolRows(edges: readonly Edge[]): ProtocolRow[] {
  return PROTOCOLS.map((protocol) => {
    const byClass = zeroByClass()
    for (const edge of edges) if (edge.protocol === protocol) addTotals(byClass[edge.destinationClass], edge.totals)
    return { protocol, byClass }
  })
}

/** All answers, most frequent first. */
export function responseRows(edges: readonly Edge[]): ResponseRow[] {
  const rows = new Map<string, ResponseRow>()
  for (const { destinationClass, protocol, responses } of edges) {
    for (const response of responses) {
      const key = [destinationClass, protocol, response.code, response.flags].join('\0')
      const row = rows.get(key)
      if (row === undefined) rows.set(key, { destinationClass, protocol, ...response })
      else row.count = exactSum(row.count, response.count)
    }
  }
  return [...rows.values()].sort(
    (a, b) =>
      byFrequency(a, b) || compareText(a.destinationClass, b.destinationClass) || compareText(a.protocol, b.protocol),
  )
}

function destinationKey({ destinationClass, host }: Edge): string {
  return `${destinationClass}\0${host}`
}
