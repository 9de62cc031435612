import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { zeroCoverage } from '../functions/core/coverage.ts'
import { FLOW_FIELDS, type FlowRow, MEASURES, zeroMeasures } from '../functions/core/flow.ts'
import { rollupKey } from '../functions/core/keys.ts'
import { encodeRollup } from '../functions/core/rollup.ts'
import { EGRESS_COLUMNS, formatJsonLines, formatTable, querySql } from '../functions/duckdb.ts'

// Folders above the store may have any name, a quote, a glob and another target among them.
const folder = mkdtempSync(join(tmpdir(), 'wharfage-duckdb-'))
const store = join(folder, "it's [a] glob*", 'target=other', 'date=1999-01-01')
afterAll(() => rmSync(folder, { recursive: true }))

function row(part: Partial<FlowRow>): FlowRow {
  const flow = Object.fromEntries(FLOW_FIELDS.map((field) => [field, field === 'destinationPort' ? null : '']))
  return { ...(flow as unknown as FlowRow), ...zeroMeasures(), ...part }
}

function writeRollup(target: string, hour: number, rows: FlowRow[], withoutColumn = ''): { path: string } {
  const path = join(store, rollupKey(target, hour))
  mkdirSync(dirname(path), { recursive: true })
  const bytes = parquetWriteBuffer({
    columnData: [
      ...FLOW_FIELDS.map((name) =>
        name === 'destinationPort'
          ? { name, data: rows.map((r) => r[name]) as number[], type: 'INT32' as const, nullable: true }
          : { name, data: rows.map((r) => r[name]) as string[], type: 'STRING' as const },
      ),
      ...MEASURES.map((name) => ({ name, data: rows.map((r) => BigInt(r[name])), type: 'INT64' as const })),
    ].filter(({ name }) => name !== withoutColumn),
  })
  writeFileSync(path, new Uint8Array(bytes))
  return { path }
}

const rollups = [
  writeRollup('prod-eu', Date.UTC(2026, 6, 1, 9), [
    row({ sourceWorkload: 'cart', destinationHost: 'api.example', destinationPort: 443, egressBytes: 2 ** 53 - 1 }),
    row({ sourceWorkload: 'mail', egressBytes: 5, requests: 1 }),
  ]),
  writeRollup('prod-us', Date.UTC(2026, 6, 2, 23), [row({ sourceWorkload: 'cart', egressBytes: 7 })], 'tailBytes'),
  writeRollup('prod-us', Date.UTC(2026, 6, 3, 0), []),
]

test('gives a rollup its place and its rows their types', async () => {
  const result = await querySql(rollups, 'SELECT * FROM egress ORDER BY target, "sourceWorkload"')
  expect(result.columns).toEqual(EGRESS_COLUMNS.map(({ name }) => name))
  const column = (name: string): unknown[] => result.rows.map((cells) => cells[result.columns.indexOf(name)])
  expect(column('target')).toEqual(['prod-eu', 'prod-eu', 'prod-us'])
  expect(column('date')).toEqual(['2026-07-01', '2026-07-01', '2026-07-02'])
  expect(column('hour')).toEqual([9, 9, 23])
  expect(column('destinationPort')).toEqual([443, null, null])
  expect(column('destinationHost')).toEqual(['api.example', '', ''])
  expect(column('egressBytes')).toEqual([2 ** 53 - 1, 5, 7])
})

test('reads the rollups that the ledger writes', async () => {
  const rows = [row({ sourceWorkload: 'cart', destinationPort: 443, egressBytes: 2 ** 53 - 1 }), row({ requests: 3 })]
  const rollup = { target: 'real', hour: 0, number: 1, previous: null, coverage: zeroCoverage(), rows }
  const { key, bytes } = encodeRollup(rollup)
  const path = join(store, key)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  const sql = 'SELECT target, date, "sourceWorkload", "destinationPort", requests, "egressBytes" FROM egress ORDER BY 3'
  expect((await querySql([{ path }], sql)).rows).toEqual([
    ['real', '1970-01-01', '', null, 3, 0],
    ['real', '1970-01-01', 'cart', 443, 0, 2 ** 53 - 1],
  ])
})

test('reads rollups of different columns beside each other', async () => {
  const { rows } = await querySql(rollups, 'SELECT target, "tailBytes" FROM egress ORDER BY target, "sourceWorkload"')
  expect(rows).toEqual([
    ['prod-eu', 0],
    ['prod-eu', 0],
    ['prod-us', null],
  ])
})

test('finds by place', async () => {
  const where = `target = 'prod-us' AND date >= DATE '2026-07-02' AND hour = 23`
  expect((await querySql(rollups, `SELECT sum("egressBytes") FROM egress WHERE ${where}`)).rows).toEqual([[7]])
})

test('has the same columns and types with rollups and without', async () => {
  const described = async (files: { path: string }[]): Promise<unknown[]> =>
    (await querySql(files, 'DESCRIBE egress')).rows.map(([name, type]) => ({ name, type }))
  expect(await described([])).toEqual(EGRESS_COLUMNS)
  expect(await described(rollups)).toEqual(EGRESS_COLUMNS)
  expect((await querySql([], 'SELECT * FROM egress')).rows).toEqual([])
})

test('keeps whole numbers exact: numbers up to 2^53, text beyond', async () => {
  const sql = `SELECT sum("egressBytes") AS total, 9007199254740991 AS most, 9007199254740993 AS more,
    -9007199254740993::HUGEINT AS less, 0.1::DECIMAL(9, 2) AS money, 0.5::DOUBLE AS half, '007' AS label FROM egress`
  const result = await querySql(rollups, sql)
  expect(result.rows).toEqual([
    ['9007199254741003', 9007199254740991, '9007199254740993', '-9007199254740993', '0.10', 0.5, '007'],
  ])
  expect(result.numeric).toEqual([true, true, true, true, true, true, false])
})

// What a query must not do, whatever it tries. Each would work in a DuckDB that was left as it comes.
const own = rollups[0].path.replaceAll("'", "''")
test.each([
  ["SELECT * FROM read_text('/etc/passwd')", 'file system operations are disabled'],
  ["SELECT * FROM read_blob('/proc/self/environ')", 'file system operations are disabled'],
  ["SELECT * FROM glob('/etc/*')", 'file system operations are disabled'],
  ["SELECT * FROM sniff_csv('/etc/passwd')", 'file system operations are disabled'],
  ["SELECT * FROM 'https://example.com/x.parquet'", 'query failed'],
  ["SELECT * FROM query('COPY (SELECT 1) TO ''/tmp/x''')", 'Expected a single SELECT'],
  [`COPY (SELECT 1) TO '${own}' (FORMAT parquet, USE_TMP_FILE false)`, 'only SELECT is run here, not COPY'],
  [`EXPLAIN ANALYZE COPY (SELECT 1) TO '${own}' (USE_TMP_FILE false)`, 'only SELECT is run here, not EXPLAIN'],
  [`COPY egress TO '${folder}/out.csv'`, 'file system operations are disabled'],
  [`ATTACH '${folder}/x.db' AS x`, 'only SELECT is run here, not ATTACH'],
  [`EXPORT DATABASE '${folder}/x'`, 'file system operations are disabled'],
  ['INSTALL httpfs', 'only SELECT is run here'],
  ['LOAD httpfs', 'only SELECT is run here, not LOAD'],
  ['SET enable_external_access = true', 'only SELECT is run here, not SET'],
  ['CREATE TABLE t AS SELECT 1', 'only SELECT is run here, not CREATE'],
  ['SELECT 1; SELECT 2', 'expected one SELECT and found 2 statements'],
])('refuses %s', async (sql, message) => {
  const before = rollups.map(({ path }) => readFileSync(path))
  await expect(querySql(rollups, sql)).rejects.toThrow(message)
  expect(rollups.map(({ path }) => readFileSync(path))).toEqual(before)
  expect(readdirSync(folder)).toEqual(["it's [a] glob*"])
})

test.each([
  ['', 'query failed: the query is empty'],
  ['-- nothing\n/* at all */ ;', 'query failed: the query is empty'],
  ['SELEC 1', 'query failed: Parser Error: syntax error at or near "SELEC"'],
  ['SELECT nope FROM egress', 'query failed: Binder Error: Referenced column "nope" not found in FROM clause!'],
  ['SELECT ?', 'query failed: Invalid Input Error: Values were not provided'],
])('says of %j in one line what is wrong', async (sql, message) => {
  const error = await querySql(rollups, sql).catch((error: Error) => error)
  expect((error as Error).message).toContain(message)
  expect((error as Error).message).not.toContain('\n')
})

test('says which rollup cannot be read', async () => {
  const path = join(store, 'bad.parquet')
  writeFileSync(path, 'PAR1 and then nothing PAR1')
  await expect(querySql([{ path }], 'SELECT 1')).rejects.toThrow(/^query failed: .*bad\.parquet/)
  await expect(querySql([{ path: join(store, 'none') }], 'SELECT 1')).rejects.toThrow(/^query failed: .*none"$/)
})

test('aligns a table for people and lets no cell steer the terminal', async () => {
  const sql = `SELECT * FROM (VALUES ('api', 12, NULL), (chr(27) || '[2J', 3, 'x' || chr(8238)), (E'a\\nb', NULL, '')) t(host, bytes, note)`
  expect(formatTable(await querySql([], sql))).toBe(
    [
      'host       bytes  note',
      '---------  -----  ---------',
      'api           12  NULL',
      '\\u{1b}[2J      3  x\\u{202e}',
      'a\\u{a}b     NULL',
      '(3 rows)',
      '',
    ].join('\n'),
  )
})

test('writes a JSON object for each row, and nothing for none', async () => {
  const result = await querySql([], `SELECT 1 AS a, 'x"y' AS b, NULL AS c, 2 AS a`)
  expect(formatJsonLines(result)).toBe('{"a":1,"b":"x\\"y","c":null,"a:1":2}\n')
  expect(formatJsonLines(await querySql([], 'SELECT * FROM egress'))).toBe('')
})
