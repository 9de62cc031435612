import { join } from 'node:path'
import { formatJsonLines, formatTable, querySql } from '../duckdb.ts'
import { readLedger } from '../stage/ledger.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, storeOf, UsageError } from './command.ts'

export const query: Command = {
  name: 'query',
  summary: 'ask the rollups in SQL, by DuckDB',
  usage: '"SQL" [--json] [--config FILE]',
  help: [
    'One table, egress: target, date, hour, then the columns of a rollup. Only closed hours are in it. The query can read',
    'the rollups and nothing else, and write nothing.',
    '',
    'Examples:',
    `  wharfage query "SELECT destinationHost, sum(egressBytes) FROM egress GROUP BY 1 ORDER BY 2 DESC LIMIT 10"`,
    `  wharfage query "SELECT date, sum(requests) FROM egress WHERE destinationClass = 'blocked' GROUP BY 1" --json`,
  ].join('\n'),
  options: { ...CONFIG_OPTION, ...JSON_OPTION },
  async run(values, words, terminal) {
    const [sql, ...more] = words
    if (sql === undefined || more.length > 0) throw new UsageError('query takes one SQL text in quotes')
    const config = await configOf(values, terminal)
    const store = storeOf(config)
    if (config.store.kind !== 'folder') throw new UsageError('query reads a ledger in a folder')
    const root = config.store.path
    const targets = await readLedger(store)
    const rollups = targets.flatMap((target) =>
      [...target.rollups.values()].map(({ key }) => ({ path: join(root, key) })),
    )
    const result = await querySql(rollups, sql)
    await terminal.out(values.json === true ? formatJsonLines(result) : formatTable(result))
    return 0
  },
}
