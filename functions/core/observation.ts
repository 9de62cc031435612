/** Observation: whether a time was watched, which tells zero from "no data". */
import type { Observation } from '#core/report.ts'

export const OBSERVATIONS: readonly Observation[] = ['observed', 'partial', 'none', 'pending']

export function observationOf(seconds: { observedSeconds: number; expectedSeconds: number }): Observation {
  if (seconds.expectedSeconds === 0) return 'pending'
  if (seconds.observedSeconds === 0) return 'none'
  return seconds.observedSeconds >= seconds.expectedSeconds ? 'observed' : 'partial'
}

/** The observation of a time that consists of others; of none it is pending. */
export function joinObservations(parts: readonly Observation[]): Observation {
  const due = parts.filter((part) => part !== 'pending')
  if (due.length === 0) return 'pending'
  if (due.every((part) => part === 'observed')) return 'observed'
  return due.every((part) => part === 'none') ? 'none' : 'partial'
}
