/** Errors: how far what was told lies from what was so, as shares of what was so. Above it is positive. */
import { sum } from './measure.ts'

export interface Errors {
  total: number // of all hours together
  typicalHour: number // mean of the hours' absolute errors, over hours in which there was anything
  worstHour: number // that of the largest absolute error
}

/** Compares two figures for each hour; the truth must not be all zero. */
export function errorsOf(told: readonly number[], truth: readonly number[]): Errors {
  const hours = truth.flatMap((amount, hour) => (amount > 0 ? [share(told[hour], amount)] : []))
  const absolute = hours.map(Math.abs)
  return {
    total: share(sum(told), sum(truth)),
    typicalHour: sum(absolute) / hours.length,
    worstHour: hours[absolute.indexOf(Math.max(...absolute))],
  }
}

function share(told: number, truth: number): number {
  return (told - truth) / truth
}
