/** Export: the ledger's flows over a span of time, as CSV, JSON lines or Parquet, whole or not at all. */
import { parquetWriteBuffer } from 'hyparquet-writer'
import { EXPORT_COLUMNS, type ExportRow, exportRows, exportValues, type Period } from '#core/columns.ts'
import { csvLine } from '#core/csv.ts'
import { MEASURES } from '#core/flow.ts'
import type { HourRecord } from '#core/hour-record.ts'
import { DAY_MS, eachHour, HOUR_MS } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { type LedgerTarget, readLedger, readRecords } from './ledger.ts'

export type ExportFormat = 'csv' | 'json' | 'parquet'
export type ExportStep = 'hour' | 'day' | 'month'

export interface ExportRequest {
  from: number // ms since epoch, a whole hour, inclusive
  to: number // exclusive
  by: ExportStep
  format: ExportFormat
  target?: string
}

/** The bytes of an export. Throws one sentence when the target is unknown or a rollup cannot be read. */
export async function exportLedger(store: Store, request: ExportRequest): Promise<Uint8Array> {
  const targets = await readLedger(store, request.target)
  if (request.target !== undefined && targets.length === 0) {
    throw new Error(`export: the store has no target "${request.target}"; "check" lists those of the configuration`)
  }
  switch (request.format) {
    case 'csv':
      return textOf(csvLine(EXPORT_COLUMNS), readRows(store, targets, request), (row) => csvLine(exportValues(row)))
    case 'json':
      return textOf('', readRows(store, targets, request), (row) => `${JSON.stringify(namedValues(row))}\n`)
    case 'parquet':
      return parquet((await Array.fromAsync(readRows(store, targets, request))).flat())
  }
}

/** The rows of each period, in their order. No more rollups are held than one step, or one day of hours, is made from. */
async function* readRows(
  store: Store,
  targets: readonly LedgerTarget[],
  request: ExportRequest,
): AsyncGenerator<ExportRow[]> {
  const groups = request.by === 'hour' ? [targets] : targets.map((target) => [target])
  for (const period of periodsOf(request)) {
    for (const group of groups) {
      const records: HourRecord[] = []
      for (const target of group) records.push(...(await readRecords(store, target, period)))
      yield exportRows(stepsOf(period, request.by), group, records)
    }
  }
}

/** The text of all rows as bytes, made of them part by part: as one string a long export would be too long. */
async function textOf(
  head: string,
  parts: AsyncIterable<ExportRow[]>,
  lineOf: (row: ExportRow) => string,
): Promise<Uint8Array> {
  const chunks = [Buffer.from(head)]
  for await (const rows of parts) chunks.push(Buffer.from(rows.map(lineOf).join('')))
  return Buffer.concat(chunks)
}

function namedValues(row: ExportRow): Record<string, unknown> {
  return Object.fromEntries(exportValues(row).map((value, index) => [EXPORT_COLUMNS[index], value]))
}

/** Calendar days, or months, cut at the request's ends: what is read at a time. */
function periodsOf({ from, to, by }: ExportRequest): Period[] {
  const periods: Period[] = []
  for (let start = from; start < to; ) {
    const date = new Date(start)
    const end =
      by === 'month'
        ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
        : Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) + DAY_MS
    periods.push({ from: start, to: Math.min(end, to) })
    start = end
  }
  return periods
}

function stepsOf(period: Period, by: ExportStep): Period[] {
  if (by !== 'hour') return [period]
  return [...eachHour(period.from, period.to)].map((hour) => ({ from: hour, to: hour + HOUR_MS }))
}

const WHOLE_NUMBERS = new Set<string>([...MEASURES, 'observedSeconds', 'expectedSeconds'])

function parquet(rows: readonly ExportRow[]): Uint8Array {
  const values = rows.map(exportValues)
  const columnData = EXPORT_COLUMNS.map((name, index) => {
    const data = values.map((row) => row[index])
    if (name.startsWith('chargePeriod')) {
      return { name, data: data.map((text) => new Date(String(text))), type: 'TIMESTAMP' as const, nullable: false }
    }
    if (name === 'provisional') return { name, data: data as boolean[], type: 'BOOLEAN' as const, nullable: false }
    if (name === 'destinationPort') return { name, data: data as number[], type: 'INT32' as const }
    if (WHOLE_NUMBERS.has(name)) {
      return {
        name,
        data: data.map((n) => (n === null ? null : BigInt(n as number))) as bigint[],
        type: 'INT64' as const,
      }
    }
    return { name, data: data as string[], type: 'STRING' as const }
  })
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100_000, createdBy: 'wharfage' }))
}
