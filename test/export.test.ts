/** Exports: the same figures by the hour, the day and the month, in every format, as other readers see them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { EXPORT_COLUMNS } from '#core/columns.ts'
import { parseCsv } from '#core/csv.ts'
import { MEASURES } from '#core/flow.ts'
import type { HourRecord } from '#core/hour-record.ts'
import { HOUR_MS } from '#core/time.ts'
import { type ExportRequest, exportLedger } from '../functions/stage/export.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { encodeChain, flowRow, hourRecord, tcpRow, writeChain } from './flow-rows.ts'

const FIRST = Date.UTC(2026, 9, 30)
const END = Date.UTC(2026, 10, 3)
const HOURS = (END - FIRST) / HOUR_MS

/** Four days over the end of a month: a flow every hour, one at times, an hour of nothing and one of no data. */
function records(target: string): HourRecord[] {
  return Array.from({ length: HOURS }, (_, n) => {
    const hour = FIRST + n * HOUR_MS
    if (n === 5) return hourRecord(target, hour, [])
    if (n === 6) return hourRecord(target, hour, [], { observedMs: 0 })
    const rows = [flowRow({ requests: n + 1, egressBytes: 1000 * n, durationMs: 7 })]
    if (n % 7 === 0) rows.push(tcpRow('UF,URX', { connectionsClosed: 1 }))
    if (n % 9 === 0) rows.push(flowRow({ destinationPort: 8443, egressBytes: 2 ** 40, sourceWorkload: '=cmd()' }))
    return hourRecord(target, hour, rows)
  })
}

let store: Store
beforeAll(async () => {
  store = memoryStore()
  for (const target of ['eu', 'us']) await writeChain(store, encodeChain(records(target)))
})

const all: ExportRequest = { from: FIRST, to: END, by: 'hour', format: 'csv' }

async function csv(changes: Partial<ExportRequest> = {}): Promise<Record<string, string | null>[]> {
  const [header, ...rows] = parseCsv(Buffer.from(await exportLedger(store, { ...all, ...changes })).toString())
  expect(header).toEqual(EXPORT_COLUMNS)
  return rows.map((row) => Object.fromEntries(row.map((cell, i) => [EXPORT_COLUMNS[i], cell])))
}

function sums(rows: readonly Record<string, unknown>[]): number[] {
  return MEASURES.map((measure) => rows.reduce((sum, row) => sum + Number(row[measure] ?? 0), 0))
}

/** What the rows were made from. */
const truth = MEASURES.map((measure) =>
  ['eu', 'us'].flatMap(records).reduce((sum, { rows }) => sum + rows.reduce((of, row) => of + row[measure], 0), 0),
)

test('an hour of very many flows is exported, each of them once', async () => {
  const many = memoryStore()
  const rows = Array.from({ length: 130_000 }, (_, n) => flowRow({ destinationHost: `h${n}.example`, requests: 1 }))
  await writeChain(many, encodeChain([hourRecord('eu', FIRST, rows)]))
  const bytes = await exportLedger(many, { ...all, to: FIRST + HOUR_MS })
  const lines = Buffer.from(bytes).toString().trimEnd().split('\r\n')
  expect(new Set(lines).size).toBe(130_001)
}, 60_000)

test('by the hour, the day and the month the sums are the ledger’s', async () => {
  expect(truth.filter((sum) => sum > 0).length).toBe(4)
  for (const by of ['hour', 'day', 'month'] as const) expect([by, ...sums(await csv({ by }))]).toEqual([by, ...truth])
})

test('months and days are the calendar’s, cut at the ends of the span', async () => {
  const periods = async (changes: Partial<ExportRequest>) => [
    ...new Set((await csv(changes)).map((row) => `${row.chargePeriodStart} ${row.chargePeriodEnd}`)),
  ]
  expect(await periods({ by: 'month' })).toEqual([
    '2026-10-30T00:00:00Z 2026-11-01T00:00:00Z',
    '2026-11-01T00:00:00Z 2026-11-03T00:00:00Z',
  ])
  expect(await periods({ by: 'day', from: FIRST + 18 * HOUR_MS, to: FIRST + 50 * HOUR_MS })).toEqual([
    '2026-10-30T18:00:00Z 2026-10-31T00:00:00Z',
    '2026-10-31T00:00:00Z 2026-11-01T00:00:00Z',
    '2026-11-01T00:00:00Z 2026-11-01T02:00:00Z',
  ])
  expect((await periods({ by: 'hour' })).length).toBe(HOURS)
})

test('an hour of nothing has zeros, an hour of no data has none, and both have a row', async () => {
  const rows = await csv({ target: 'eu', from: FIRST + 5 * HOUR_MS, to: FIRST + 7 * HOUR_MS })
  expect(
    rows.map(({ requests, egressBytes, observedSeconds, expectedSeconds }) => [
      requests,
      egressBytes,
      observedSeconds,
      expectedSeconds,
    ]),
  ).toEqual([
    ['0', '0', '3600', '3600'],
    [null, null, '0', '3600'],
  ])
})

test('two neighbouring spans give together what the whole gives', async () => {
  const middle = FIRST + 37 * HOUR_MS
  const parts = [...(await csv({ to: middle })), ...(await csv({ from: middle }))]
  expect(parts).toEqual(await csv())
})

test('JSON lines hold the columns by name, numbers as numbers, and what is unknown as null', async () => {
  const text = Buffer.from(await exportLedger(store, { ...all, format: 'json' })).toString()
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(Object.keys(rows[0])).toEqual(EXPORT_COLUMNS)
  expect(sums(rows)).toEqual(truth)
  const asText = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v === null ? null : String(v)])),
  )
  expect(asText).toEqual(await csv())
  expect(typeof rows[0].egressBytes).toBe('number')
})

test('Parquet holds the same rows, as hyparquet reads them', async () => {
  const bytes = await exportLedger(store, { ...all, format: 'parquet' })
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  expect(
    parquetMetadata(file)
      .schema.slice(1)
      .map(({ name }) => name),
  ).toEqual(EXPORT_COLUMNS)
  const rows = await parquetReadObjects({ file })
  const cell = (value: unknown): string | null => {
    if (value === null || value === undefined) return null
    return value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : String(value)
  }
  const asText = rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, cell(v)])))
  expect(asText).toEqual(await csv())
})

test('Parquet means the same to DuckDB: sums, types, times in UTC, and NULL where nobody observed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wharfage-export-'))
  try {
    const path = join(folder, 'export.parquet')
    writeFileSync(path, await exportLedger(store, { ...all, format: 'parquet' }))
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRows().map((row) => row.map(String))
    const from = `FROM read_parquet('${path}')`
    expect(await ask(`SELECT ${MEASURES.map((measure) => `sum(${measure})`).join(', ')} ${from}`)).toEqual([
      truth.map(String),
    ])
    expect(await ask(`SELECT count(*) ${from} WHERE requests IS NULL AND observedSeconds = 0`)).toEqual([['2']])
    expect(await ask(`SELECT count(*) ${from} WHERE requests = 0 AND sourceWorkload IS NULL`)).toEqual([['2']])
    expect(await ask(`SELECT epoch_ms(min(chargePeriodStart)), epoch_ms(max(chargePeriodEnd)) ${from}`)).toEqual([
      [String(FIRST), String(END)],
    ])
    expect(
      await ask(`SELECT DISTINCT typeof(egressBytes), typeof(destinationPort), typeof(provisional) ${from}`),
    ).toEqual([['BIGINT', 'INTEGER', 'BOOLEAN']])
    connection.closeSync()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a name that a spreadsheet would run is text in CSV, and as it is elsewhere', async () => {
  const text = async (format: ExportRequest['format']) =>
    Buffer.from(await exportLedger(store, { ...all, format })).toString()
  expect(await text('csv')).toContain(",'=cmd(),")
  expect(await text('json')).toContain('"sourceWorkload":"=cmd()"')
})

test('one target alone has its own rows', async () => {
  const rows = await csv({ target: 'us' })
  expect(new Set(rows.map(({ target }) => target))).toEqual(new Set(['us']))
  expect(sums(rows)).toEqual(truth.map((sum) => sum / 2))
})

test('an unknown target is an error, not an empty file', async () => {
  await expect(exportLedger(store, { ...all, target: 'nobody' })).rejects.toThrow('the store has no target "nobody"')
})

test('an empty store, or a span before the ledger began, gives a header and no rows in any format', async () => {
  const header = `${EXPORT_COLUMNS.join(',')}\r\n`
  for (const [from, of] of [
    [store, { ...all, from: FIRST - 48 * HOUR_MS, to: FIRST }],
    [memoryStore(), all],
  ] as const) {
    const bytes = (format: ExportRequest['format']) => exportLedger(from, { ...of, format })
    expect(Buffer.from(await bytes('csv')).toString()).toBe(header)
    expect(await bytes('json')).toHaveLength(0)
    const parquet = await bytes('parquet')
    const metadata = parquetMetadata(
      parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength) as ArrayBuffer,
    )
    expect([metadata.num_rows, metadata.schema.length]).toEqual([0n, EXPORT_COLUMNS.length + 1])
  }
})

test('a rollup that cannot be read fails the export whole', async () => {
  const broken = memoryStore()
  const chain = encodeChain(records('eu'))
  await writeChain(broken, chain.slice(0, 3))
  await broken.put(chain[3].key, chain[3].bytes.slice(0, 100), 'absent')
  await expect(exportLedger(broken, all)).rejects.toThrow(`rollup ${chain[3].key} cannot be read`)
})
