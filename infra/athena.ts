/**
 * The ledger as a table of Athena, as CloudFormation resources: the rollups themselves, found by the names of their keys,
 * so that nothing is ever crawled, copied or loaded.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { FLOW_FIELDS, MEASURES } from '#core/flow.ts'
import { rollupsPrefix } from '#core/keys.ts'
import type { Resources } from './alarms.ts'

/** No rollup is older than the first version that wrote one; a query without dates looks for every hour since. */
const FIRST_DATE = '2026-01-01'

/** Of one query: about half a dollar. */
const MAX_BYTES_SCANNED = 100_000_000_000

export interface AthenaSettings {
  stack: string
  bucket: string // of the ledger
  prefix: string // of its keys, without slashes at its ends; '' for the whole bucket
  targets: readonly string[] // names
}

export interface SavedQuery {
  name: string
  description: string // what it answers, and what to change
  sql: string
}

/** The queries in infra/queries, by name. Each begins with a line of comment, which is its description. */
export function savedQueries(): SavedQuery[] {
  const folder = new URL('./queries/', import.meta.url)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const sql = readFileSync(new URL(file, folder), 'utf8')
      const description = /^-- (.+)\n/.exec(sql)?.[1]
      if (description === undefined) {
        throw new Error(`query ${file} does not begin with a comment; say there what it answers and what to change`)
      }
      return { name: file.replace(/\.sql$/, ''), description, sql }
    })
}

/** Database, tables, workgroup and saved queries. */
export function athena(settings: AthenaSettings, queries: readonly SavedQuery[]): Resources {
  const { stack, targets } = settings
  const database = stack.toLowerCase().replaceAll('-', '_')
  const resources: Resources = {
    EgressDatabase: {
      Type: 'AWS::Glue::Database',
      Properties: {
        CatalogId: { Ref: 'AWS::AccountId' },
        DatabaseInput: { Name: database, Description: 'What left the meshes, by hour' },
      },
    },
    EgressTable: table(settings, {
      name: 'egress',
      description: 'Of the configured targets. Sums are lower bounds: what was not observed has no rows.',
      target: { type: 'enum', values: targets.join(',') },
    }),
    EgressOfTargetTable: table(settings, {
      name: 'egress_of_target',
      description: "The same of any target, also one no longer configured: needs a condition target = '…'.",
      target: { type: 'injected' },
    }),
    EgressWorkGroup: {
      Type: 'AWS::Athena::WorkGroup',
      Properties: {
        Name: stack,
        Description: 'Questions to the ledger',
        // Else its history of queries would keep the stack from being deleted.
        RecursiveDeleteOption: true,
        WorkGroupConfiguration: {
          EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
          EnforceWorkGroupConfiguration: true,
          BytesScannedCutoffPerQuery: MAX_BYTES_SCANNED,
          PublishCloudWatchMetricsEnabled: false,
          // Athena keeps results itself, for a day: nobody who asks needs to write into any bucket.
          ManagedQueryResultsConfiguration: { Enabled: true },
        },
      },
    },
  }
  for (const { name, description, sql } of queries) {
    resources[`EgressQuery${pascalCase(name)}`] = {
      Type: 'AWS::Athena::NamedQuery',
      Properties: {
        Name: name,
        Description: description,
        Database: { Ref: 'EgressDatabase' },
        WorkGroup: { Ref: 'EgressWorkGroup' },
        QueryString: sql,
      },
    }
  }
  return resources
}

interface Table {
  name: string
  description: string
  target: Record<string, string> // how the target's name is projected
}

function table({ bucket, prefix }: AthenaSettings, { name, description, target }: Table): Resources[string] {
  const location = `s3://${bucket}/${prefix === '' ? '' : `${prefix}/`}${rollupsPrefix}`
  const projections = {
    target,
    date: { type: 'date', format: 'yyyy-MM-dd', range: `${FIRST_DATE},NOW`, interval: '1', 'interval.unit': 'DAYS' },
    hour: { type: 'integer', range: '0,23', digits: '2' },
  }
  return {
    Type: 'AWS::Glue::Table',
    Properties: {
      CatalogId: { Ref: 'AWS::AccountId' },
      DatabaseName: { Ref: 'EgressDatabase' },
      TableInput: {
        Name: name,
        Description: description,
        TableType: 'EXTERNAL_TABLE',
        // A date is text to Athena's projection, and compares as one; so "date" >= '2026-11-01' means the same in DuckDB.
        PartitionKeys: [
          { Name: 'target', Type: 'string' },
          { Name: 'date', Type: 'string' },
          { Name: 'hour', Type: 'int' },
        ],
        StorageDescriptor: {
          Location: location,
          Columns: columns(),
          InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
        Parameters: {
          EXTERNAL: 'TRUE',
          classification: 'parquet',
          'projection.enabled': 'true',
          ...Object.fromEntries(
            Object.entries(projections).flatMap(([column, properties]) =>
              Object.entries(properties).map(([key, value]) => [`projection.${column}.${key}`, value]),
            ),
          ),
          'storage.location.template': locationTemplate(location),
        },
      },
    },
  }
}

/** A rollup's own columns. Glue knows lower case only; Athena finds them in the files whatever their case. */
function columns(): { Name: string; Type: string }[] {
  return [
    ...FLOW_FIELDS.map((name) => ({ Name: name.toLowerCase(), Type: name === 'destinationPort' ? 'int' : 'string' })),
    ...MEASURES.map((name) => ({ Name: name.toLowerCase(), Type: 'bigint' })),
  ]
}

/** Where the rollups of one target, date and hour lie. Joined by CloudFormation: the packager takes `${…}` for its own. */
function locationTemplate(location: string): object {
  const partition = (name: string): string[] => [`${name}=$`, `{${name}}/`]
  return { 'Fn::Join': ['', [location, ...['target', 'date', 'hour'].flatMap(partition)]] }
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
