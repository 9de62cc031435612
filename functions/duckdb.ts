/**
 * DuckDB over the rollups, for a person's questions in SQL. It runs in memory, knows one view, `egress`, and has the
 * rollups' own files for its only way to the outside: one SELECT at a time, which reads nothing else and writes nothing.
 */
import { resolve } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, DuckDBTypeId, type Json, StatementType } from '@duckdb/node-api'
import { FLOW_FIELDS, MEASURES } from '#core/flow.ts'

/** A column's value: whole numbers are numbers as far as they are exact (2^53) and text beyond; so are DECIMALs. */
export type QueryValue = Json

export interface QueryResult {
  columns: string[] // as asked for, told apart by a suffix where two have one name
  numeric: boolean[] // by column
  rows: QueryValue[][]
}

/** The columns of `egress`: where a rollup lies (target, date, hour), then its own. */
export const EGRESS_COLUMNS: readonly { name: string; type: 'VARCHAR' | 'DATE' | 'INTEGER' | 'BIGINT' }[] = [
  { name: 'target', type: 'VARCHAR' },
  { name: 'date', type: 'DATE' },
  { name: 'hour', type: 'INTEGER' },
  ...FLOW_FIELDS.map((name) => ({
    name,
    type: name === 'destinationPort' ? ('INTEGER' as const) : ('VARCHAR' as const),
  })),
  ...MEASURES.map((name) => ({ name, type: 'BIGINT' as const })),
]

const PARTITIONS = ['target', 'date', 'hour']

const WHOLE_NUMBERS = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
])
const FRACTIONS = new Set([DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE, DuckDBTypeId.DECIMAL])

/**
 * The answer to one SELECT over the rollups in these files, whose paths hold the `target=`, `date=` and `hour=` of
 * their keys; without any, `egress` has its columns and no rows. Throws one sentence when the query or a file is bad, or
 * when it was stopped.
 */
export async function querySql(
  rollups: readonly { path: string }[],
  sql: string,
  stop?: AbortSignal,
): Promise<QueryResult> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: '', // which would be a folder that queries may write to
  })
  try {
    const connection = await instance.connect()
    const interrupt = () => connection.interrupt()
    stop?.addEventListener('abort', interrupt)
    try {
      const paths = rollups.map(({ path }) => resolve(path))
      await connection.run(`CREATE VIEW egress AS ${egressView(paths)}`)
      await connection.run(`SET allowed_paths = ${list(paths)}`)
      await connection.run('SET enable_external_access = false')
      await connection.run('SET lock_configuration = true')
      if (stop?.aborted) throw new Error('it was stopped')
      return await select(connection, sql)
    } finally {
      stop?.removeEventListener('abort', interrupt)
      connection.closeSync()
    }
  } catch (error) {
    throw new Error(`query failed: ${sentence((error as Error).message)}`, { cause: error })
  } finally {
    instance.closeSync()
  }
}

/** An aligned table for people; whatever in it could steer a terminal is shown as an escape. */
export function formatTable({ columns, numeric, rows }: QueryResult): string {
  const cells = [columns, ...rows.map((row) => row.map(cellText))].map((row) => row.map(harmless))
  const widths = columns.map((_, i) => cells.reduce((width, row) => Math.max(width, [...row[i]].length), 0))
  const lines = cells.map((row) => {
    const padded = row.map((cell, i) => {
      const space = ' '.repeat(widths[i] - [...cell].length)
      return numeric[i] ? space + cell : cell + space
    })
    return padded.join('  ').trimEnd()
  })
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  const count = rows.length === 1 ? '1 row' : `${rows.length} rows`
  return `${[lines[0], rule, ...lines.slice(1), `(${count})`].join('\n')}\n`
}

/** One JSON object a line for each row; whole numbers beyond 2^53 and DECIMALs are strings, so that they stay exact. */
export function formatJsonLines({ columns, rows }: QueryResult): string {
  return rows.map((row) => `${JSON.stringify(Object.fromEntries(row.map((cell, i) => [columns[i], cell])))}\n`).join('')
}

async function select(connection: DuckDBConnection, sql: string): Promise<QueryResult> {
  if (sql.replace(/--.*|\/\*[\s\S]*?\*\/|[\s;]/g, '') === '') throw new Error('the query is empty')
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) throw new Error(`expected one SELECT and found ${statements.count} statements`)
  const statement = await statements.prepare(0)
  // allowed_paths allows writing too, and COPY could replace a rollup; what is no SELECT has no business here.
  if (statement.statementType !== StatementType.SELECT) {
    throw new Error(`only SELECT is run here, not ${StatementType[statement.statementType]}`)
  }
  const reader = await statement.runAndReadAll()
  const types = reader.columnTypes().map(({ typeId }) => typeId)
  return {
    columns: reader.deduplicatedColumnNames(),
    numeric: types.map((type) => WHOLE_NUMBERS.has(type) || FRACTIONS.has(type)),
    rows: reader
      .getRowsJson()
      .map((row) => row.map((value, i) => (WHOLE_NUMBERS.has(types[i]) ? exact(value) : value))),
  }
}

function egressView(paths: readonly string[]): string {
  if (paths.length === 0) {
    return `SELECT ${EGRESS_COLUMNS.map(({ name, type }) => `NULL::${type} AS "${name}"`).join(', ')} WHERE false`
  }
  // Only the key's own end of a path is read: folders above the store may well be called target=… too. Conditions on
  // these columns need nothing but the file's name, so DuckDB leaves the other files unread.
  const partition = (name: string): string =>
    `regexp_extract(filename, '/target=([^/]+)/date=([^/]+)/hour=([^/]+)/[^/]+$', ['target', 'date', 'hour']).${name}`
  const columns = EGRESS_COLUMNS.map(({ name, type }) => {
    return `${PARTITIONS.includes(name) ? partition(name) : `"${name}"`}::${type} AS "${name}"`
  })
  // Columns by name over all files, since later rollups may have more of them than earlier ones.
  return `SELECT ${columns.join(', ')}
    FROM read_parquet(${list(paths)}, union_by_name = true, hive_partitioning = false, filename = true)`
}

function list(paths: readonly string[]): string {
  return `[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ')}]`
}

function exact(value: QueryValue): QueryValue {
  return typeof value === 'string' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function cellText(value: QueryValue): string {
  if (value === null) return 'NULL'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** DuckDB's message without the excerpt of the query that follows it. */
function sentence(message: string): string {
  return message.replace('Failed to extract statements: ', '').split('\n\n')[0].replace(/\s+/g, ' ').trim()
}
