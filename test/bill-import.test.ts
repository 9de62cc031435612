/** Importing bills: files as they come are kept whole in the store or not at all, and the newest of each payer holds. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { decodeBill, encodeBill } from '#core/bills/stored-bill.ts'
import { billKey, isMonth, parseBillKey } from '#core/keys.ts'
import { type BillFileOptions, readBillFile } from '../functions/bill-file.ts'
import { bill as command } from '../functions/command/bill.ts'
import type { Terminal } from '../functions/command/command.ts'
import { Bills, recordBill } from '../functions/stage/bills.ts'
import { folderStore } from '../functions/store/folder.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { billOf, type CurRow, curFile } from './bill-sample.ts'
import { ledgerOf } from './published-ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'bills-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ANY: BillFileOptions = { provider: null, month: null, creditsApart: false }
const ROWS: CurRow[] = [
  { amount: '2.5', cost: '0.225' },
  { meter: 'EUW1-NatGateway-Bytes', amount: '3', cost: '0.144', description: 'NAT, "by\nthe byte"' },
]

function written(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe('a file', () => {
  test('says the same as CSV, with a byte order mark, in gzip of one part and of two', async () => {
    const text = curFile(ROWS)
    const plain = await readBillFile(written('a.csv', text), ANY)
    expect(plain.lines.map(({ kind, cost }) => `${kind} ${cost}`)).toEqual(['internet 0.225', 'nat-processing 0.144'])
    const half = text.indexOf('\r\n') + 20
    const others = [
      written('bom.csv', `\ufeff${text}`),
      written('a.csv.gz', gzipSync(text)),
      written('two.csv.gz', Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))])),
      written('lf.csv', text.replaceAll('\r\n', '\n')),
    ]
    for (const path of others) expect((await readBillFile(path, ANY)).lines).toEqual(plain.lines)
  })

  test.each(['snappy', 'zstd', 'gzip', 'uncompressed'])(
    'says the same as Parquet in %s, its decimals exactly',
    async (codec) => {
      const path = join(folder, `${codec}.parquet`)
      const connection = await (await DuckDBInstance.create(':memory:')).connect()
      await connection.run(`copy (
      select '999988887777' as bill_payer_account_id, timestamp '2026-11-01' as bill_billing_period_start_date,
        'Usage' as line_item_line_item_type, '111122223333' as line_item_usage_account_id,
        timestamp '2026-11-01' + interval (n) hour as line_item_usage_start_date,
        timestamp '2026-11-01' + interval (n + 1) hour as line_item_usage_end_date,
        'AmazonEC2' as line_item_product_code, 'EUW1-DataTransfer-Out-Bytes' as line_item_usage_type,
        1e-7 + n as line_item_usage_amount, null::varchar as pricing_unit, 'USD' as line_item_currency_code,
        (12345678901234567890.123456789 + n)::decimal(38, 9) as line_item_unblended_cost, map {'a': 'b'} as product
      from range(3) as t(n)) to '${path}' (format parquet, codec '${codec}')`)
      const { lines, version } = await readBillFile(path, ANY)
      expect(version).toBe('2.0')
      expect(lines.map(({ cost }) => cost)).toEqual([
        '12345678901234567890.123456789',
        '12345678901234567891.123456789',
        '12345678901234567892.123456789',
      ])
      expect(lines[0]).toMatchObject({
        from: '2026-11-01T00:00:00Z',
        until: '2026-11-01T01:00:00Z',
        quantity: '0.0000001',
        bytes: 107,
      })
    },
  )

  test.each<[string, Uint8Array | string, string]>([
    ['empty.csv', '', 'bill empty.csv: it is empty'],
    ['cut.csv.gz', gzipSync(curFile(ROWS)).subarray(0, 300), 'bill cut.csv.gz: its gzip is cut off after'],
    [
      'bad.csv.gz',
      Buffer.concat([gzipSync('a').subarray(0, 10), Buffer.alloc(40, 0xff)]),
      'bill bad.csv.gz: its gzip is damaged',
    ],
    ['bill.zip', 'PK\x03\x04', 'bill bill.zip: it is a ZIP archive; unpack it'],
    ['latin.csv', Buffer.from([0x61, 0xe9, 0x2c, 0x0a]), 'bill latin.csv: it is not UTF-8 text'],
    ['short.csv', `${curFile(ROWS)}a,b\r\n`, 'bill short.csv: row 3 has 2 cells and the header has 14'],
    ['open.csv', `${curFile(ROWS)}"a`, 'bill open.csv: csv record 4 ends within quotes; the file may be cut off'],
    [
      'bad.parquet',
      'PAR1 and no more than this',
      'bill bad.parquet: its Parquet cannot be read (its end is no footer; it may be cut off)',
    ],
  ])('%s is refused in a sentence', async (name, bytes, sentence) => {
    await expect(readBillFile(written(name, bytes), ANY)).rejects.toThrow(sentence)
  })

  test('that is not there, no file, too big, or a bomb is refused in a sentence', async () => {
    await expect(readBillFile(join(folder, 'none.csv'), ANY)).rejects.toThrow('bill none.csv: it is not there')
    await expect(readBillFile(folder, ANY)).rejects.toThrow('it is no file')
    const path = written('big.csv.gz', gzipSync(curFile(ROWS)))
    await expect(readBillFile(path, { ...ANY, maxFileBytes: 100 })).rejects.toThrow(
      'bytes of at most 100; export one month',
    )
    await expect(readBillFile(path, { ...ANY, maxInflatedBytes: 100 })).rejects.toThrow(
      'it has over 100 bytes once inflated',
    )
  })

  test('a cut-off Parquet is refused wherever it is cut', async () => {
    const whole = readFileSync(join(folder, 'snappy.parquet'))
    for (let length = 4; length < whole.length; length += 97) {
      const path = written('cut.parquet', whole)
      truncateSync(path, length)
      await expect(readBillFile(path, ANY)).rejects.toThrow(/^bill cut\.parquet: its Parquet cannot be read/)
    }
  })
})

describe('the store', () => {
  const content = async (rows: CurRow[], name = 'cur.csv') => readBillFile(written(name, curFile(rows)), ANY)
  const at = (time: string) => () => Date.parse(time)

  test('keeps a bill as it was imported, and the same again is no second one', async () => {
    const store = memoryStore()
    const first = await recordBill(store, await content(ROWS), at('2026-12-03T08:00:00.9Z'))
    expect(first).toMatchObject({ isNew: true, replaced: '' })
    expect(first.key).toMatch(/^bills\/month=2026-11\/provider=aws\/20261203T080000Z-[0-9a-f]{64}\.json\.zst$/)
    expect(await recordBill(store, await content(ROWS, 'renamed.csv'), at('2026-12-04T08:00:00Z'))).toEqual({
      ...first,
      isNew: false,
    })
    const bills = await Bills.read(store)
    expect(bills.months()).toEqual(['2026-11'])
    expect(await bills.of('2026-11')).toMatchObject([
      { key: first.key, replaced: 0, bill: { file: 'cur.csv', rows: 2 } },
    ])
  })

  test('lets a newer bill take the place of the older, even within a second, and keeps both', async () => {
    const store = memoryStore()
    const now = at('2026-12-03T08:00:00Z')
    const first = await recordBill(store, await content(ROWS), now)
    const second = await recordBill(store, await content([...ROWS, { cost: '7', account: '5' }]), now)
    expect(second).toMatchObject({ isNew: true, replaced: first.key })
    const bills = await Bills.read(store)
    expect(bills.all()).toHaveLength(2)
    expect(await bills.of('2026-11')).toMatchObject([{ key: second.key, replaced: 1 }])
    const back = await recordBill(store, await content(ROWS), now)
    expect(back).toMatchObject({ isNew: true, replaced: second.key })
  })

  test('holds bills of other payers beside each other, and refuses one that shares some of theirs', async () => {
    const store = memoryStore()
    const one = await content(ROWS)
    await recordBill(store, one)
    await recordBill(store, { ...one, payers: ['555'] })
    expect(await (await Bills.read(store)).of('2026-11')).toHaveLength(2)
    const sentence = 'bill cur.csv: it is of 555, 666, and bills/month=2026-11/provider=aws/'
    await expect(recordBill(store, { ...one, payers: ['555', '666'] })).rejects.toThrow(sentence)
  })

  test('refuses a bill that names no payer beside one that does, and the other way round', async () => {
    const [named, unnamed] = [await content(ROWS), { ...(await content(ROWS)), payers: [] }]
    for (const [first, second] of [
      [named, unnamed],
      [unnamed, named],
    ]) {
      const store = memoryStore()
      await recordBill(store, first)
      await expect(recordBill(store, second)).rejects.toThrow('no named account')
      expect(await store.list('bills/')).toHaveLength(1)
    }
  })

  test('tells a bill that was altered or moved', async () => {
    const store = memoryStore()
    const { key } = await recordBill(store, await content(ROWS))
    const moved = key.replace('2026-11', '2026-10')
    const { bytes } = (await store.get(key)) as { bytes: Uint8Array }
    await store.put(moved, bytes, 'always')
    await expect((await Bills.read(store)).of('2026-10')).rejects.toThrow(
      `bill ${moved} says it is of aws in 2026-11; it was moved`,
    )
    await store.put(key, encodeBill(billOf([])), 'always')
    await expect((await Bills.read(store)).of('2026-11')).rejects.toThrow(`bill ${key} was altered: its SHA-256 is`)
  })

  test('writes and reads the same keys and bills, and no others', () => {
    const place = { month: '2026-11', provider: 'aws', imported: '2026-12-03T08:00:00Z', sha256: 'ab'.repeat(32) }
    const key = billKey(place)
    expect(parseBillKey(key)).toEqual(place)
    const bill = billOf([{ cost: '12.5' }])
    expect(decodeBill(encodeBill(bill), key)).toEqual(bill)
    for (const other of [
      `${key}x`,
      key.replace('-11/', '-13/'),
      key.replace('aws', 'A'),
      key.replace('20261203', '20261232'),
    ]) {
      expect(parseBillKey(other)).toBeNull()
    }
    expect(() => billKey({ ...place, provider: '../x' })).toThrow('is none')
    expect(['2026-11', '2026-13', '2026-1', '2026-11-01', ''].map(isMonth)).toEqual([true, false, false, false, false])
    expect(() => decodeBill(Buffer.from('no bill'), key)).toThrow(
      `bill ${key} cannot be read: its 7 bytes are no JSON in zstd`,
    )
  })
})

describe('bill import', () => {
  let said: string[]
  let out: string
  const terminal: Terminal = {
    out: async (bytes) => {
      out += bytes.toString()
    },
    say: (line) => said.push(line),
    progress: () => {},
    stop: new AbortController().signal,
    cwd: folder,
  }
  const store = folderStore(join(folder, 'data'))

  beforeAll(async () => {
    await ledgerOf(3, store)
    const target = '  - name: mesh\n    url: http://127.0.0.1:9090/federate\n    interval: 60s\n'
    written('wharfage.yaml', `store: ./data\ntargets:\n${target}`)
  })
  beforeEach(() => {
    said = []
    out = ''
  })

  test('keeps a bill and tells what is in it', async () => {
    written('november.csv', curFile(ROWS))
    expect(await command.run({ month: '2026-11' }, ['import', 'november.csv'], terminal)).toBe(0)
    expect(out.split('\n').slice(0, 3)).toEqual([
      'aws 2026-11, cur 2.0: 2 rows, of which 2 lines are for transfer; the ledger has 3 days of the month',
      '  internet: 0.225 USD, 2684354560 bytes, 1 line',
      '  nat-processing: 0.144 USD, 3221225472 bytes, 1 line',
    ])
    out = ''
    expect(await command.run({ json: true }, ['import', 'november.csv'], terminal)).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      isNew: false,
      kinds: [{ kind: 'internet', money: '0.225' }, {}],
      ledgerDays: 3,
    })
  })

  test('tells of lines that are billed by no unit of bytes', async () => {
    written('strange.csv', curFile([...ROWS, { unit: 'Parsec', account: '444455556666' }]))
    expect(await command.run({}, ['import', 'strange.csv'], terminal)).toBe(0)
    expect(out).toContain(
      '\n  internet: 0.315 USD, 2684354560 bytes, 2 lines, 1 of them in no unit of bytes\n  nat-processing: 0.144 USD, 3221225472 bytes, 1 line\n',
    )
  })

  test('keeps nothing of a bill that it refuses', async () => {
    const before = await store.list('bills/')
    written('july.csv', curFile([{ period: '2026-07-01T00:00:00Z' }]))
    written('credit.csv', curFile([{}, { type: 'Credit', cost: '-1' }]))
    await expect(command.run({}, ['import', 'july.csv'], terminal)).rejects.toThrow(
      'it is of 2026-07, of which the ledger has no day',
    )
    await expect(command.run({}, ['import', 'credit.csv'], terminal)).rejects.toThrow('add "--credits apart"')
    expect(await store.list('bills/')).toEqual(before)
    expect(await command.run({ credits: 'apart' }, ['import', 'credit.csv'], terminal)).toBe(0)
    expect(out).toContain('  credits, kept apart: -1 USD\n')
  })

  test.each<[Record<string, string>, string[], string]>([
    [{}, [], 'say what to do: import'],
    [{}, ['export', 'x'], '"export" is not import'],
    [{}, ['import'], 'name the file to import'],
    [{}, ['import', 'a', 'b'], '"b" is one file too many'],
    [{ month: '2026-13' }, ['import', 'a'], '--month "2026-13" is no month'],
    [{ credits: 'yes' }, ['import', 'a'], '--credits "yes" is not apart'],
    [{ provider: 'A W S' }, ['import', 'a'], '--provider "A W S" is not 1 to 40 characters'],
  ])('called with %j %j is refused', async (values, words, sentence) => {
    await expect(command.run(values, words, terminal)).rejects.toThrow(sentence)
  })
})
