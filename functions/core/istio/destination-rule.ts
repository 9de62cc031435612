/**
 * Which DestinationRule decides how a proxy connects to a host: that of the client's namespace, else one exported from
 * the namespace of the ServiceEntry, else one exported from the root namespace; in each the exact host, else the
 * longest wildcard. The first namespace that has one for the host decides, even when no rule of it then selects the
 * workload.
 */
import type { DestinationRule, IstioConfig, TlsPolicy } from '#core/istio/config.ts'
import { mostSpecific } from '#core/istio/host-pattern.ts'
import { byAge, isBefore, type Source, selects } from '#core/istio/precedence.ts'
import { rootNamespaceOf } from '#core/istio/scope.ts'
import { distinct } from '#core/order.ts'

/** A policy, and the rule that it comes from. */
export type SourcedPolicy = TlsPolicy & { from: DestinationRule }

/** The rules of one host in one namespace as one, as Istio joins them. */
export interface JoinedRule {
  rule: DestinationRule // the first of them
  exportTo: readonly string[] // as written in the first; [] when left out
  policy: SourcedPolicy | null // of the first that has one
  subsets: ReadonlyMap<string, SourcedPolicy | null> // by name; null for a subset without a policy of its own
}

/** More rules than this for one host in one namespace have too many orders to try them all. */
const MAX_PERMUTED = 4

type Group = Map<string, DestinationRule[]> // by host
type Groups = Map<string, Group> // by namespace

/**
 * Finds rules in one mesh's configuration, for the proxy of a workload, or a gateway or waypoint with its own
 * namespace. The result holds every rule of which one is in force, null standing for none.
 */
export function destinationRuleLookup(
  config: IstioConfig,
): (host: string, serviceNamespace: string, source: Source) => (JoinedRule | null)[] {
  const root = rootNamespaceOf(config)
  const defaultsToPrivate = config.mesh?.defaultDestinationRuleExportTo.includes('.') === true
  const isPrivate = (rule: DestinationRule) => {
    const exportTo = exportOf(rule)
    if (exportTo.length === 0) return defaultsToPrivate
    return exportTo.length === 1 && (exportTo[0] === '.' || exportTo[0] === rule.namespace)
  }
  const local = grouped(config.destinationRules.filter(holdsAtHome))
  const exported = grouped(config.destinationRules.filter((rule) => !isPrivate(rule)))
  const rootLocal = grouped(config.destinationRules.filter((rule) => rule.namespace === root && isPrivate(rule)))

  return (host, serviceNamespace, source) => {
    const client = source.namespace
    const own = rulesFor(client === root ? rootLocal : local, client, host)
    if (own !== null) return own.flatMap((joined) => selected(joined, source))
    for (const owner of distinct([serviceNamespace, root])) {
      const worlds = rulesFor(exported, owner, host)?.map((joined) => joined.filter((one) => reaches(one, client)))
      if (worlds?.some((joined) => joined.length > 0)) return worlds.flatMap((joined) => selected(joined, source))
    }
    return [null]
  }
}

/** Where a rule is exported to; one that selects workloads stays at home. */
function exportOf({ exportTo, workloadSelector }: DestinationRule): readonly string[] {
  return workloadSelector === null ? distinct(exportTo) : ['.']
}

function holdsAtHome(rule: DestinationRule): boolean {
  const exportTo = exportOf(rule)
  return exportTo.length === 0 || ['*', '.', rule.namespace].some((one) => exportTo.includes(one))
}

function reaches({ exportTo }: JoinedRule, client: string): boolean {
  return exportTo.length === 0 || exportTo.includes('*') || exportTo.includes(client)
}

function grouped(rules: readonly DestinationRule[]): Groups {
  const byNamespace: Groups = new Map()
  for (const rule of rules) {
    const group = byNamespace.get(rule.namespace) ?? new Map<string, DestinationRule[]>()
    byNamespace.set(rule.namespace, group)
    const same = group.get(rule.host)
    if (same === undefined) group.set(rule.host, [rule])
    else same.push(rule)
  }
  return byNamespace
}

/** What a namespace has for a host, once for each order of age that is possible; null when it has nothing. */
function rulesFor(groups: Groups, namespace: string, host: string): JoinedRule[][] | null {
  const group = groups.get(namespace)
  const rules = group === undefined ? undefined : mostSpecific(host, group)
  return rules === undefined ? null : possibleOrders(rules.toSorted(byAge)).map(join)
}

/** The orders of age that are possible; of many rules those in which each comes first, and each last. */
function possibleOrders(rules: readonly DestinationRule[]): DestinationRule[][] {
  const isFirst = (one: DestinationRule) => !rules.some((other) => isBefore(other, one))
  const isLast = (one: DestinationRule) => !rules.some((other) => isBefore(one, other))
  const without = (...left: DestinationRule[]) => rules.filter((one) => !left.includes(one))
  if (rules.length <= 1) return [[...rules]]
  const firsts = rules.filter(isFirst)
  if (rules.length <= MAX_PERMUTED || firsts.length === 1) {
    return firsts.flatMap((first) => possibleOrders(without(first)).map((rest) => [first, ...rest]))
  }
  return firsts.flatMap((first) =>
    rules.filter((last) => last !== first && isLast(last)).map((last) => [first, ...without(first, last), last]),
  )
}

/**
 * Joins rules of one host, oldest first, as Istio does: the policy is the first one's that has any, subsets are
 * gathered. Rules with different selectors, or whose exports do not contain each other, stay apart.
 */
function join(oldestFirst: readonly DestinationRule[]): JoinedRule[] {
  const selecting = oldestFirst.filter(({ workloadSelector }) => workloadSelector !== null)
  const general = oldestFirst.filter(({ workloadSelector }) => workloadSelector === null)
  const joined: JoinedRule[] = []
  for (const rule of [...selecting, ...general]) {
    const exportTo = exportOf(rule)
    let standsApart = true
    for (const [at, present] of joined.entries()) {
      const isSame = sameSet(exportTo, present.exportTo)
      standsApart = !isSame
      if (!isSame && !(present.exportTo.length > 0 && present.exportTo.every((one) => exportTo.includes(one)))) continue
      const selectors = [rule.workloadSelector, present.rule.workloadSelector]
      if (!selectors.includes(null) && !sameLabels(selectors[0] ?? {}, selectors[1] ?? {})) {
        standsApart = true
        continue
      }
      if (selectors.every((one) => one === null) || !selectors.includes(null)) standsApart = false
      joined[at] = withRule(present, rule)
    }
    if (standsApart) joined.push(withRule({ rule, exportTo, policy: null, subsets: new Map() }, rule))
  }
  return joined
}

function withRule(joined: JoinedRule, rule: DestinationRule): JoinedRule {
  const sourced = ({ tls, portLevel }: TlsPolicy): SourcedPolicy => ({ tls, portLevel, from: rule })
  const subsets = new Map(joined.subsets)
  for (const subset of rule.subsets) {
    if (!subsets.has(subset.name)) subsets.set(subset.name, subset.hasPolicy ? sourced(subset) : null)
  }
  return { ...joined, policy: joined.policy ?? (rule.hasPolicy ? sourced(rule) : null), subsets }
}

/**
 * Of what a namespace has for a host, what may hold for a workload; the last one without a selector is the general
 * one.
 */
function selected(joined: readonly JoinedRule[], source: Source): (JoinedRule | null)[] {
  const possible: JoinedRule[] = []
  for (const one of joined) {
    const { workloadSelector, namespace } = one.rule
    if (workloadSelector === null || namespace !== source.namespace) continue
    const match = selects(workloadSelector, source)
    if (match !== 'no') possible.push(one)
    if (match === 'yes') return possible
  }
  return [...possible, joined.findLast(({ rule }) => rule.workloadSelector === null) ?? null]
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one))
}

function sameLabels(a: Record<string, string>, b: Record<string, string>): boolean {
  return sameSet(Object.entries(a).map(String), Object.entries(b).map(String))
}
