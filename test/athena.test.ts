import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { rollupKey } from '#core/keys.ts'
import { EGRESS_COLUMNS, type QueryValue, querySql } from '../functions/duckdb.ts'
import type { Resources } from '../infra/alarms.ts'
import { type AthenaSettings, athena, savedQueries } from '../infra/athena.ts'
import { encodeChain, flowRow, hourRecord } from './flow-rows.ts'

const SETTINGS: AthenaSettings = { stack: 'wharfage', bucket: 'ledger', prefix: 'egress', targets: ['eu', 'us-1'] }

interface TableInput {
  Name: string
  Description: string
  PartitionKeys: { Name: string; Type: string }[]
  StorageDescriptor: { Location: string; Columns: { Name: string; Type: string }[] }
  Parameters: Record<string, unknown>
}
const tableOf = (resources: Resources, id: string): TableInput =>
  (resources[id].Properties as { TableInput: TableInput }).TableInput

/** What CloudFormation makes of a join. */
const joined = (value: unknown): string => {
  const [separator, parts] = (value as { 'Fn::Join': [string, string[]] })['Fn::Join']
  return parts.join(separator)
}

test('the table has the columns of every rollup, by the names and types that DuckDB reads them under', () => {
  const types = { VARCHAR: 'string', DATE: 'string', INTEGER: 'int', BIGINT: 'bigint' }
  const expected = EGRESS_COLUMNS.map(({ name, type }) => ({ Name: name.toLowerCase(), Type: types[type] }))
  for (const id of ['EgressTable', 'EgressOfTargetTable']) {
    const { PartitionKeys, StorageDescriptor } = tableOf(athena(SETTINGS, []), id)
    expect([...PartitionKeys, ...StorageDescriptor.Columns]).toEqual(expected)
    expect(new Set(expected.map(({ Name }) => Name)).size).toBe(expected.length)
  }
})

test('a partition lies where the ledger writes the rollup of that target, date and hour', () => {
  for (const [prefix, root] of [
    ['', 's3://ledger/'],
    ['a/b', 's3://ledger/a/b/'],
  ]) {
    const { Parameters, StorageDescriptor } = tableOf(athena({ ...SETTINGS, prefix }, []), 'EgressTable')
    expect(StorageDescriptor.Location).toBe(`${root}rollups/`)
    // The packager takes what looks like a variable for its own; each text of the template is harmless by itself.
    expect(JSON.stringify(Parameters)).not.toContain('${')
    const partition = { target: 'us-1', date: '2026-11-20', hour: '07' }
    const location = joined(Parameters['storage.location.template']).replace(
      /\$\{(\w+)\}/g,
      (_, name: keyof typeof partition) => partition[name],
    )
    expect(`${location}rollup.parquet`).toBe(root + rollupKey('us-1', Date.UTC(2026, 10, 20, 7)))
  }
})

test('targets are those of the configuration, or any that a query names; dates end now, hours have two digits', () => {
  const resources = athena(SETTINGS, [])
  const dates = {
    'projection.enabled': 'true',
    'projection.date.type': 'date',
    'projection.date.format': 'yyyy-MM-dd',
    'projection.date.range': '2026-01-01,NOW',
    'projection.date.interval': '1',
    'projection.date.interval.unit': 'DAYS',
    'projection.hour.type': 'integer',
    'projection.hour.range': '0,23',
    'projection.hour.digits': '2',
  }
  expect(tableOf(resources, 'EgressTable').Parameters).toMatchObject({
    ...dates,
    'projection.target.type': 'enum',
    'projection.target.values': 'eu,us-1',
  })
  const { Parameters } = tableOf(resources, 'EgressOfTargetTable')
  expect(Parameters).toMatchObject({ ...dates, 'projection.target.type': 'injected' })
  expect(Parameters).not.toHaveProperty('projection.target.values')
})

test('whoever asks writes into no bucket, and no query reads without end', () => {
  expect(athena(SETTINGS, []).EgressWorkGroup.Properties).toMatchObject({
    Name: 'wharfage',
    WorkGroupConfiguration: {
      EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 100_000_000_000,
      ManagedQueryResultsConfiguration: { Enabled: true },
    },
  })
  expect(JSON.stringify(athena(SETTINGS, savedQueries()))).not.toContain('OutputLocation')
})

test('the name of the database is one that needs no quotes', () => {
  const database = (stack: string) =>
    (athena({ ...SETTINGS, stack }, []).EgressDatabase.Properties as { DatabaseInput: { Name: string } }).DatabaseInput
      .Name
  expect(database('wharfage')).toBe('wharfage')
  expect(database('Wharfage-EU-2')).toBe('wharfage_eu_2')
})

test('each saved query says what it answers and what to change, and keeps to dates', () => {
  const queries = savedQueries()
  expect(queries.map(({ name }) => name)).toEqual(['blocked-attempts', 'month-by-namespace', 'who-called'])
  const resources = athena(SETTINGS, queries)
  for (const { name, description, sql } of queries) {
    expect(description).toMatch(/^W[^.]+\..* Change .*\.$/)
    // A query without dates would look for every hour there ever was.
    expect(sql).toMatch(/WHERE "date" >= '\d{4}-\d{2}-\d{2}'\n {2}AND "date" < '\d{4}-\d{2}-\d{2}'/)
    expect(sql).not.toContain('${')
    const id = `EgressQuery${name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase())}`
    expect(resources[id].Properties).toMatchObject({ Name: name, Description: description, QueryString: sql })
  }
})

// Two meshes over two months: in each hour one row of what each query is to find, and one of what it is to leave out.
const at = (month: number, day: number, hour: number) => Date.UTC(2026, month - 1, day, hour)
const blocked = { destinationClass: 'blocked', destinationService: 'BlackHoleCluster' } as const
const records = {
  eu: [
    hourRecord('eu', at(10, 31, 23), [
      flowRow({ sourceNamespace: 'shop', requests: 1, egressBytes: 10, ingressBytes: 1 }),
      flowRow({ ...blocked, sourceNamespace: 'ads', destinationHost: 'evil.example', requests: 90 }),
    ]),
    hourRecord('eu', at(11, 1, 0), [
      flowRow({ sourceNamespace: 'shop', requests: 2, egressBytes: 200, ingressBytes: 20 }),
      flowRow({ sourceNamespace: 'shop', responseCode: '503', requests: 3, egressBytes: 300, ingressBytes: 30 }),
      flowRow({
        sourceNamespace: 'ads',
        destinationClass: 'passthrough',
        destinationHost: 'x.example',
        egressBytes: 7,
      }),
    ]),
    hourRecord('eu', at(11, 30, 23), [
      flowRow({ sourceNamespace: 'shop', protocol: 'tcp', connectionsOpened: 4, egressBytes: 4000, ingressBytes: 400 }),
      flowRow({ ...blocked, sourceNamespace: 'ads', destinationHost: 'evil.example', requests: 5 }),
      flowRow({ ...blocked, sourceNamespace: 'ads', destinationHost: '', protocol: 'tcp', connectionsClosed: 6 }),
    ]),
    hourRecord('eu', at(12, 1, 0), [
      flowRow({ sourceNamespace: 'shop', requests: 900, egressBytes: 90_000 }),
      flowRow({ ...blocked, sourceNamespace: 'ads', destinationHost: 'evil.example', requests: 91 }),
    ]),
  ],
  'us-1': [
    hourRecord('us-1', at(11, 30, 12), [
      flowRow({ sourceNamespace: 'shop', requests: 8, egressBytes: 2 ** 52, ingressBytes: 80 }),
      flowRow({ sourceNamespace: 'ads', destinationHost: 'other.example', requests: 9, egressBytes: 9 }),
    ]),
  ],
}

const folder = mkdtempSync(join(tmpdir(), 'wharfage-athena-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rollups = Object.values(records).flatMap((hours) =>
  encodeChain(hours).map(({ key, bytes }) => {
    const path = join(folder, key)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    return { path }
  }),
)

async function answer(name: string): Promise<{ columns: string[]; rows: QueryValue[][] }> {
  const sql = savedQueries().find((query) => query.name === name)?.sql ?? ''
  const { columns, rows } = await querySql(rollups, sql)
  return { columns, rows }
}

test('who-called finds every caller of a host within the dates', async () => {
  expect(await answer('who-called')).toEqual({
    columns: [
      'target',
      'sourceNamespace',
      'sourceWorkload',
      'destinationClass',
      'protocol',
      'firstDate',
      'lastDate',
      'totalRequests',
      'totalConnections',
      'totalEgressBytes',
      'totalIngressBytes',
    ],
    rows: [
      ['us-1', 'shop', 'checkout-v1', 'registered', 'http', '2026-11-30', '2026-11-30', 8, 0, 2 ** 52, 80],
      ['eu', 'shop', 'checkout-v1', 'registered', 'tcp', '2026-11-30', '2026-11-30', 0, 4, 4000, 400],
      ['eu', 'shop', 'checkout-v1', 'registered', 'http', '2026-11-01', '2026-11-01', 5, 0, 500, 50],
    ],
  })
})

test('month-by-namespace sums each namespace by month, and tells passthrough apart', async () => {
  expect(await answer('month-by-namespace')).toEqual({
    columns: [
      'calendarMonth',
      'target',
      'sourceNamespace',
      'totalRequests',
      'totalEgressBytes',
      'totalIngressBytes',
      'passthroughEgressBytes',
    ],
    rows: [
      ['2026-10', 'eu', 'shop', 1, 10, 1, 0],
      ['2026-10', 'eu', 'ads', 90, 0, 0, 0],
      ['2026-11', 'us-1', 'shop', 8, 2 ** 52, 80, 0],
      ['2026-11', 'eu', 'shop', 5, 4500, 450, 0],
      ['2026-11', 'us-1', 'ads', 9, 9, 0, 0],
      ['2026-11', 'eu', 'ads', 5, 7, 0, 7],
      ['2026-12', 'eu', 'shop', 900, 90_000, 0, 0],
      ['2026-12', 'eu', 'ads', 91, 0, 0, 0],
    ],
  })
})

test('blocked-attempts counts requests and connections that were refused, and nothing that went out', async () => {
  expect(await answer('blocked-attempts')).toEqual({
    columns: [
      'date',
      'target',
      'sourceNamespace',
      'sourceWorkload',
      'destinationHost',
      'protocol',
      'refusedRequests',
      'refusedConnections',
      'attempts',
    ],
    rows: [
      ['2026-11-30', 'eu', 'ads', 'checkout-v1', '', 'tcp', 0, 6, 6],
      ['2026-11-30', 'eu', 'ads', 'checkout-v1', 'evil.example', 'http', 5, 0, 5],
    ],
  })
})

test('each saved query answers over a ledger without rollups, too', async () => {
  for (const { sql } of savedQueries()) expect((await querySql([], sql)).rows).toEqual([])
})

test('describes the tables within the 2,048 bytes that Glue takes, however many targets there are', () => {
  const targets = Array.from({ length: 200 }, (_, n) => `${'m'.repeat(36)}-${n}`)
  const resources = athena({ ...SETTINGS, targets }, [])
  for (const id of ['EgressTable', 'EgressOfTargetTable']) {
    const { TableInput } = resources[id].Properties as { TableInput: { Description: string } }
    expect(Buffer.byteLength(TableInput.Description)).toBeLessThanOrEqual(2048)
  }
})
