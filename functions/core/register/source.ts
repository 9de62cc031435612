/** Source patterns: `[target:]namespace[/workload]`, `*` for any part, and which workloads they are for. */
import type { EdgeEnds } from '#core/edge.ts'

export type Source = Pick<EdgeEnds, 'target' | 'namespace' | 'workload'>

/** A pattern's parts; null for any. */
export interface SourcePattern {
  target: string | null
  namespace: string | null
  workload: string | null
}

const PATTERN =
  /^(?:(\*|[a-z0-9-]{1,40}):)?(\*|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)(?:\/(\*|[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?))?$/

/** The form of a pattern, for sentences about a text that has none. */
export const SOURCE_FORM = "'namespace', 'namespace/workload' or 'target:namespace/workload', with * for any part"

/** A pattern's parts; null for a text that is none. */
export function parseSource(text: string): SourcePattern | null {
  const parts = PATTERN.exec(text)
  if (parts === null) return null
  const [target, namespace, workload] = parts.slice(1).map((part) => (part === undefined || part === '*' ? null : part))
  return { target, namespace, workload }
}

/** The shortest text of a pattern. */
export function formatSource({ target, namespace, workload }: SourcePattern): string {
  return `${target === null ? '' : `${target}:`}${namespace ?? '*'}${workload === null ? '' : `/${workload}`}`
}

export function sourceMatches(pattern: SourcePattern, source: Source): boolean {
  return (
    (pattern.workload === null || pattern.workload === source.workload) &&
    (pattern.namespace === null || pattern.namespace === source.namespace) &&
    (pattern.target === null || pattern.target === source.target)
  )
}

/** How much a pattern says, from 0 for any source to 7: a workload more than a namespace, and that more than a target. */
export function specificityOf({ target, namespace, workload }: SourcePattern): number {
  return (workload === null ? 0 : 4) + (namespace === null ? 0 : 2) + (target === null ? 0 : 1)
}

/** The specificity of the most specific of these patterns that matches; -1 when none does. */
export function bestMatch(patterns: readonly SourcePattern[], source: Source): number {
  return patterns.reduce(
    (best, pattern) => (sourceMatches(pattern, source) ? Math.max(best, specificityOf(pattern)) : best),
    -1,
  )
}

/** True when some workload matches both. */
export function sourcesMeet(a: SourcePattern, b: SourcePattern): boolean {
  return PARTS.every((part) => a[part] === null || b[part] === null || a[part] === b[part])
}

/** True when every workload that matches the second matches the first. */
export function sourceHolds(outer: SourcePattern, inner: SourcePattern): boolean {
  return PARTS.every((part) => outer[part] === null || outer[part] === inner[part])
}

const PARTS = ['target', 'namespace', 'workload'] as const
