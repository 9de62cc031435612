/** Stability: since when a namespace has called no destination that it had not called before, and for how many days that was watched. */
import type { History } from '#core/history.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { hasLeft } from '#core/readiness/reach.ts'
import { attempts, leftTotals } from '#core/totals.ts'

export interface Stability {
  since: string // YYYY-MM-DD, the day on which the newest destination was first met; '' when none ever was
  days: number // after it, through the last of the recent ones, on which the target was observed whole
}

/** What tells stability: recent days, oldest first, and the history of all days before them. */
export interface Watched {
  recent: readonly JudgedDay[]
  history: History
  target: string
}

/** The stability of each namespace of a target by its name. */
export function stabilityOf({ recent, history, target }: Watched): (namespace: string) => Stability {
  const firsts = firstMet({ recent, history, target })
  const whole = wholeDays({ recent, history, target })
  return (namespace) => {
    const since = [...(firsts.get(namespace)?.values() ?? [])].reduce(
      (newest, day) => (day > newest ? day : newest),
      '',
    )
    return { since, days: whole.filter((date) => date > since).length }
  }
}

/** The days on which a target was observed whole, oldest first: recent ones by its own coverage, those before by that of all targets. */
export function wholeDays({ recent, history, target }: Watched): string[] {
  const start = recent[0]?.digest.date ?? ''
  const before = history.days.filter(({ date, complete, observation }) => {
    return (start === '' || date < start) && complete && observation === 'observed'
  })
  const days = recent.filter(({ digest: { day } }) => {
    return day.coverage.some((coverage) => coverage.target === target && coverage.observation === 'observed')
  })
  return [...before.map(({ date }) => date), ...days.map(({ digest: { date } }) => date)]
}

/**
 * By namespace and host the first day of what left. Of hosts that the history knows from before, it tells the day; of those
 * met in recent days the edges do, since the history does not tell a refused attempt's first day from that of what left.
 */
function firstMet({ recent, history, target }: Watched): Map<string, Map<string, string>> {
  const start = recent[0]?.digest.date ?? ''
  const firsts = new Map<string, Map<string, string>>()
  const meet = (namespace: string, host: string, day: string) => {
    const hosts = firsts.get(namespace) ?? new Map<string, string>()
    firsts.set(namespace, hosts)
    const known = hosts.get(host)
    if (known === undefined || day < known) hosts.set(host, day)
  }
  const internal = internalHosts(target, recent)
  for (const pair of history.pairs) {
    if (pair.target !== target || (start !== '' && pair.first >= start)) continue
    if (internal.has(`${pair.namespace}\0${pair.host}`)) continue
    const left = leftTotals(pair.byClass)
    if (attempts(left) + left.egressBytes + left.ingressBytes > 0) meet(pair.namespace, pair.host, pair.first)
  }
  for (const { digest, edges } of recent) {
    for (const edge of edges) {
      if (edge.target === target && hasLeft(edge)) meet(edge.namespace, edge.host, digest.date)
    }
  }
  return firsts
}

/** Namespaces and hosts whose traffic, by Istio's configuration, has not left in recent days. */
function internalHosts(target: string, recent: readonly JudgedDay[]): Set<string> {
  const edges = recent.flatMap((day) => day.edges).filter((edge: JudgedEdge) => edge.target === target)
  return new Set(
    [...Map.groupBy(edges, ({ namespace, host }) => `${namespace}\0${host}`)]
      .filter(([, of]) => of.every(({ traffic }) => !traffic.isEgress))
      .map(([key]) => key),
  )
}
