/** FOCUS files as records, for tests of what stands in them. */

import { parseCsv } from '#core/csv.ts'
import type { FocusRows } from '#core/focus/columns.ts'
import { focusAllocations } from '../functions/stage/focus-allocation.ts'
import { type FocusRequest, focusEstimates } from '../functions/stage/focus-export.ts'
import type { Store } from '../functions/store/store.ts'
import { END, FIRST_DAY } from './focus-ledger.ts'

export type FocusRecord = Readonly<Record<string, string | null>>

export interface FocusFile {
  columns: string[]
  records: FocusRecord[]
}

export function parseFocus(text: string): FocusFile {
  const [header, ...rows] = parseCsv(text)
  const columns = header.map(String)
  const records = rows.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at], cell])))
  return { columns, records }
}

export async function textOf(parts: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(parts)).join('')
}

/** An export of the whole ledger, by day, but for what is given. */
export async function exported(store: Store, rows: FocusRows, changes: Partial<FocusRequest> = {}): Promise<FocusFile> {
  const request: FocusRequest = { from: FIRST_DAY, to: END, by: 'day', version: '1.2', ...changes }
  return parseFocus(
    await textOf(rows === 'estimate' ? focusEstimates(store, request) : focusAllocations(store, request)),
  )
}
