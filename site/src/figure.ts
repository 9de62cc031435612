/** Figures: what one cell of a table holds. */
import type { Totals } from '#core/report.ts'
import type { Unit } from './format.ts'
import { attempts, shareOf } from './sums.ts'

export interface Figure {
  value: number
  unit: Unit
  noun?: string // of what is counted, for the hover
  failing?: number // 0..1; the share of what was tried, where that is worth a warning
}

/** From here on a share of errors is shown, in red. */
const FAILING = 0.1

export function bytes(value: number): Figure {
  return { value, unit: 'bytes' }
}

export function count(value: number, noun: string): Figure {
  return { value, unit: 'count', noun }
}

/** Errors, with their share when at least a tenth of what was tried has failed. */
export function errors(totals: Totals): Figure {
  const share = shareOf(totals.errors, attempts(totals))
  return { ...count(totals.errors, 'errors'), failing: share >= FAILING ? share : undefined }
}

/** Requests and connections; null, which is shown as a dash, where the protocols have none. */
export function calls(totals: Totals, protocols: readonly string[]): [Figure | null, Figure | null] {
  return [
    protocols.some((protocol) => protocol !== 'tcp') ? count(totals.requests, 'requests') : null,
    protocols.includes('tcp') ? count(totals.connections, 'connections') : null,
  ]
}
