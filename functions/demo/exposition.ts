/** The text exposition format as Prometheus's /federate writes it. */
import type { LabelSet } from './series.ts'

/** The beginning of a line: name, labels, then the external labels, which come last and never override. */
export function linePrefix(set: LabelSet, external: Readonly<Record<string, string>>): string {
  const own = set.labels.map(([label, value]) => `${label}="${escapeValue(value)}"`)
  const taken = new Set(set.labels.map(([label]) => label))
  const added = Object.keys(external)
    .filter((label) => !taken.has(label))
    .sort()
    .map((label) => `${label}="${escapeValue(external[label])}"`)
  return `${set.name}{${[...own, ...added].join(',')}} `
}

/** A number as Go's strconv writes it with 'g' and -1: exponents from 1e+06 on and below 1e-04. */
export function formatValue(value: number): string {
  if (value >= 0 && value < 1e6 && Number.isInteger(value)) return `${value}`
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const size = Math.abs(value)
  if (size < 1e6 && size >= 1e-4) return `${value}`
  const text = value.toExponential()
  const at = text.indexOf('e') + 2 // past the sign
  return text.length - at < 2 ? `${text.slice(0, at)}0${text.slice(at)}` : text
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
