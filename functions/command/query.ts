import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { formatJsonLines, formatTable, type QueryResult, querySql } from '../duckdb.ts'
import { fetchRollups } from '../rollup-files.ts'
import { readLedger } from '../stage/ledger.ts'
import type { Store } from '../store/store.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  hourOption,
  JSON_OPTION,
  SPAN_OPTIONS,
  storeOf,
  TARGET_OPTION,
  type Terminal,
  UsageError,
} from './command.ts'

export const query: Command = {
  name: 'query',
  summary: 'ask the rollups in SQL, by DuckDB',
  usage: '"SQL" [--from TIME] [--to TIME] [--target NAME] [--json] [--config FILE]',
  help: [
    'One table, egress: target, date, hour, then the columns of a rollup. Only closed hours are in it. The query can read',
    'the rollups and nothing else, and write nothing. Rollups in a bucket are fetched first, into a temporary folder:',
    '--from, --to and --target make them fewer.',
    '',
    'Examples:',
    `  wharfage query "SELECT destinationHost, sum(egressBytes) FROM egress GROUP BY 1 ORDER BY 2 DESC LIMIT 10"`,
    `  wharfage query "SELECT date, sum(requests) FROM egress WHERE destinationClass = 'blocked' GROUP BY 1" --json`,
    '  wharfage query "SELECT sourceWorkload, sum(egressBytes) FROM egress GROUP BY 1" --from 2026-11-01 --to 2026-12-01',
  ].join('\n'),
  options: { ...CONFIG_OPTION, ...SPAN_OPTIONS, ...TARGET_OPTION, ...JSON_OPTION },
  async run(values, words, terminal) {
    const [sql, ...more] = words
    if (sql === undefined || more.length > 0) throw new UsageError('query takes one SQL text in quotes')
    const from = hourOption(values, 'from') ?? 0
    const to = hourOption(values, 'to') ?? Infinity
    if (to <= from) throw new UsageError(`--to ${values.to} is not after --from ${values.from}`)
    const only = values.target as string | undefined
    const config = await configOf(values, terminal)
    const store = storeOf(config)
    const targets = await readLedger(store, only)
    if (only !== undefined && targets.length === 0) throw new UsageError(`the store has no target "${only}"`)
    const keys = targets.flatMap(({ rollups }) =>
      [...rollups].filter(([hour]) => hour >= from && hour < to).map(([, { key }]) => key),
    )
    const result = await answer(config, store, keys, sql, terminal)
    await terminal.out(values.json === true ? formatJsonLines(result) : formatTable(result))
    return 0
  },
}

async function answer(
  { store: location }: Config,
  store: Store,
  keys: readonly string[],
  sql: string,
  { stop, progress }: Terminal,
): Promise<QueryResult> {
  if (location.kind === 'folder') {
    return querySql(
      keys.map((key) => ({ path: join(location.path, key) })),
      sql,
      stop,
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'wharfage-query-'))
  try {
    const files = await fetchRollups(store, keys, folder, {
      stop,
      progress: ({ fetched, of }) => progress(`fetched ${fetched} of ${of} rollups`),
    })
    return await querySql(files, sql, stop)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
