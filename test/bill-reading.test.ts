/** Reading bills: every format and unit into lines, and every file that is no whole bill of one month refused in a sentence. */
import fc from 'fast-check'
import { exactOf, exactText, nanoOfExact } from '#core/bills/amount.ts'
import { awsDescription, awsUsage } from '#core/bills/aws-usage.ts'
import { cloudMeter } from '#core/bills/cloud-meters.ts'
import { billedBytes } from '#core/bills/quantity.ts'
import { moneyOf } from '#core/costs/money.ts'
import { CsvReader } from '#core/csv-reader.ts'
import { type CurRow, curFile, readRecords } from './bill-sample.ts'

function records(text: string): string[][] {
  const reader = new CsvReader()
  return [...reader.push(text), ...reader.end()]
}

function cur(rows: readonly CurRow[], options: Parameters<typeof readRecords>[1] = {}) {
  return readRecords(records(curFile(rows)), options)
}

describe('csv of other programs', () => {
  test.each([
    [
      'line ends of both kinds',
      'a,b\r\nc,d\ne,f',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    ['quotes, commas and line ends in a cell', 'a,"b ""x"", c\r\nd"\n', [['a', 'b "x", c\r\nd']]],
    ['empty cells, quoted and not', ',"",\n', [['', '', '']]],
    [
      'blank lines passed over',
      'a,b\n\n\r\nc,d\n\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
  ])('are read with %s', (_, text, expected) => {
    expect(records(text)).toEqual(expected)
  })

  test.each([
    ['a,"b\nc,d\n', 'csv record 1 ends within quotes; the file may be cut off'],
    ['a,b"c\n', 'csv record 1 has a quote within the cell "b\\""'],
    ['a,b\n"c"d\n', 'csv record 2 has "d" behind a cell where a comma or a line end must be'],
    [`a,"${'x'.repeat(1_000_001)}`, 'csv record 1 has over 1000000 characters; its last quote may not be closed'],
  ])('%j is refused', (text, sentence) => {
    expect(() => records(text)).toThrow(sentence)
  })

  test('cut anywhere they are the same records', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'é', '😀'), maxLength: 6 })
    const written = (rows: string[][]) =>
      rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\r\n')
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { minLength: 1 }),
        fc.array(fc.nat(80)),
        (rows, cuts) => {
          const text = written(rows)
          const reader = new CsvReader()
          const ends = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].sort((a, b) => a - b)
          const pieces = [...ends, text.length].map((end, at) => text.slice(ends[at - 1] ?? 0, end))
          expect([...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]).toEqual(rows)
        },
      ),
    )
  })
})

describe('amounts', () => {
  test.each([
    ['0.0000012345678', '0.0000012345678'],
    ['1.0E-7', '0.0000001'],
    ['2.7755575615628914E-17', '0.000000000000000027755575615628914'],
    ['-3', '-3'],
    ['+12.50', '12.5'],
    ['.5', '0.5'],
    ['1e3', '1000'],
    ['227.28753400000005', '227.28753400000005'],
  ])('%s is exactly %s', (text, expected) => {
    expect(exactText(exactOf(text) as bigint)).toBe(expected)
  })

  test.each(['', '.', '1,5', '0x10', 'NaN', 'Infinity', '1e-70', '1e999', '1_000', ' 1', '--1', '9'.repeat(81)])(
    '%j is none',
    (text) => {
      expect(exactOf(text)).toBeNull()
    },
  )

  test('every double is its shortest decimal, and comes back from it', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (number) => {
        const exact = exactOf(String(number))
        if (exact === null) expect(Math.abs(number)).toBeLessThan(1e-40)
        else expect(Number(exactText(exact))).toBe(number === 0 ? 0 : number)
      }),
    )
  })

  test.each([
    ['0.0000000005', '0.000000001'],
    ['0.00000000049', '0'],
    ['-0.0000000005', '-0.000000001'],
  ])('%s is rounded to %s, halves away from zero', (text, expected) => {
    expect(moneyOf(nanoOfExact(exactOf(text) as bigint))).toBe(expected)
  })
})

describe('quantities', () => {
  test.each([
    ['1', 'GB', 'aws', 2n ** 30n],
    ['1', 'Gigabytes', 'aws', 2n ** 30n],
    ['1', 'GB', 'azure', 2n ** 30n],
    ['2', '10 GB', 'azure', 20n * 2n ** 30n],
    ['1', 'GB', 'other', 10n ** 9n],
    ['1', 'GiB', 'gcp', 2n ** 30n],
    ['1', 'gibibyte', 'gcp', 2n ** 30n],
    ['1', 'GiBy', 'gcp', 2n ** 30n],
    ['7', 'Bytes', 'gcp', 7n],
    ['0.5', 'TB', 'aws', 2n ** 39n],
    ['0.0000000004', 'GB', 'aws', 0n],
  ])('%s %s of %s are %s bytes', (quantity, unit, provider, expected) => {
    expect(billedBytes(exactOf(quantity) as bigint, unit, provider)).toBe(expected)
  })

  test.each(['Hours', 'Hrs', 'GB-Month', 'Requests', '', 'b'])('%s is no unit of bytes', (unit) => {
    expect(billedBytes(1n, unit, 'aws')).toBeNull()
  })
})

describe('meters', () => {
  test.each([
    ['USE1-DataTransfer-Out-Bytes', 'internet', 'us-east-1', ''],
    ['DataTransfer-Out-Bytes', 'internet', 'us-east-1', ''],
    ['EU-DataTransfer-Out-Bytes', 'internet', 'eu-west-1', ''],
    ['EUW1-USE1-AWS-Out-Bytes', 'cross-region', 'eu-west-1', 'us-east-1'],
    ['USE2-APS3-AWS-Out-Bytes', 'cross-region', 'us-east-2', 'ap-south-1'],
    ['USE2-APS3-AWS-In-Bytes', 'ingress', 'us-east-2', ''],
    ['EUC1-AWS-Out-Bytes', 'cross-region', 'eu-central-1', ''],
    ['USE2-DataTransfer-Regional-Bytes', 'cross-zone', 'us-east-2', ''],
    ['EUW1-DataTransfer-xAZ-Out-Bytes', 'cross-zone', 'eu-west-1', ''],
    ['APS1-DataTransfer-In-Bytes', 'ingress', 'ap-southeast-1', ''],
    ['EUW1-NatGateway-Bytes', 'nat-processing', 'eu-west-1', ''],
    ['NatGateway-Hours', 'nat-hours', 'us-east-1', ''],
    ['EUC1-VpcEndpoint-Bytes', 'endpoint-processing', 'eu-central-1', ''],
    ['EUC1-VpcEndpoint-Hours', 'endpoint-hours', 'eu-central-1', ''],
    ['EUW1-VpcEndpoint-GWLBE-Bytes', 'other', 'eu-west-1', ''],
    ['EUW1-CloudFront-Out-Bytes', 'other', 'eu-west-1', ''],
    ['EUW1-TransitGateway-Bytes', 'other', 'eu-west-1', ''],
  ])('AWS’s %s is %s', (meter, kind, region, to) => {
    expect(awsUsage(meter, 'AmazonEC2', '')).toEqual({ kind, region, to })
  })

  test.each(['EUW1-BoxUsage:m5.large', 'TimedStorage-ByteHrs', 'EU-Requests-Tier1', 'EBS:VolumeUsage.gp3', ''])(
    'AWS’s %s is no transfer',
    (meter) => {
      expect(awsUsage(meter, 'AmazonEC2', '')).toBeNull()
    },
  )

  test('what another service of AWS sends is no workload’s', () => {
    expect(awsUsage('EU-DataTransfer-Out-Bytes', 'AmazonCloudFront', '')?.kind).toBe('other')
    expect(awsUsage('EUW1-DataTransfer-Out-Bytes', 'AmazonS3', '')?.kind).toBe('other')
    expect(awsUsage('EUW1-NatGateway-Bytes', 'AmazonEC2', '')?.kind).toBe('nat-processing')
  })

  test('a usage type without a code is the oldest region’s, unless the row names another', () => {
    expect(awsUsage('NatGateway-Bytes', 'AmazonEC2', 'eu-west-1')?.region).toBe('eu-west-1')
    expect(awsUsage('ATL1-DataTransfer-Out-Bytes', 'AmazonEC2', 'us-east-1')?.region).toBe('us-east-1')
  })

  test.each([
    ['$0.045 per GB Data Processed by NAT Gateways', 'nat-processing'],
    ['$0.045 per NAT Gateway Hour', 'nat-hours'],
    ['$0.090 per GB - first 10 TB / month data transfer out beyond the global free tier', 'internet'],
    ['$0.010 per GB - regional data transfer - in/out/between EC2 AZs or using elastic IPs or ELB', 'cross-zone'],
    ['$0.02 per GB - EU (Ireland) data transfer to US East (Northern Virginia)', 'cross-region'],
    ['$0.000 per GB - data transfer in per month', 'ingress'],
    ['$0.01 per GB Data Processed by VPC Endpoints', 'endpoint-processing'],
  ])('AWS’s description %j is %s', (description, kind) => {
    expect(awsDescription(description, 'Amazon Elastic Compute Cloud', 'eu-west-1')?.kind).toBe(kind)
  })

  test.each([
    ['gcp', ['Compute Engine', 'Network Internet Data Transfer Out from EMEA to Americas'], 'GiB', 'internet'],
    ['gcp', ['Compute Engine', 'Network Internet Egress from Americas to EMEA'], 'gibibyte', 'internet'],
    ['gcp', ['Compute Engine', 'Network Inter Zone Data Transfer Out'], 'GiB', 'cross-zone'],
    ['gcp', ['Compute Engine', 'Network Inter Region Data Transfer Out from Belgium to Iowa'], 'GiB', 'cross-region'],
    ['gcp', ['Networking', 'Networking Cloud Nat Data Processing'], 'GiB', 'nat-processing'],
    ['gcp', ['Networking', 'Networking Cloud Nat Gateway Uptime'], 'hour', 'nat-hours'],
    ['gcp', ['Cloud Storage', 'Network Data Transfer Out Cloud Storage'], 'GiB', 'other'],
    ['gcp', ['Compute Engine', 'E2 Instance Core running in Americas'], 'hour', null],
    ['azure', ['Virtual Network', 'Bandwidth Rtn Preference: MGN Standard Data Transfer Out'], 'GB', 'internet'],
    ['azure', ['Virtual Network', 'Bandwidth Inter-Region Intra Continent Data Transfer Out'], 'GB', 'cross-region'],
    ['azure', ['Virtual Network', 'Bandwidth Standard Data Transfer In'], 'GB', 'ingress'],
    ['azure', ['NAT Gateway', 'NAT Gateway Standard Data Processed'], 'GB', 'nat-processing'],
    ['azure', ['NAT Gateway', 'NAT Gateway Standard Gateway'], 'Hours', 'nat-hours'],
    [
      'azure',
      ['Virtual Network', 'Virtual Network Private Link Standard Data Processed - Egress'],
      'GB',
      'endpoint-processing',
    ],
    ['azure', ['Virtual Network', 'Virtual Network Private Link Standard Private Endpoint'], 'Hours', 'endpoint-hours'],
    ['azure', ['Azure SQL Database', 'SQL Database'], 'Hours', null],
  ])('%s’s %j in %s is %s', (provider, names, unit, kind) => {
    expect(cloudMeter(provider, names, unit)).toBe(kind)
  })
})

describe('a report of AWS', () => {
  test('is read into lines of transfer, NAT and endpoints, and nothing else of it', () => {
    const bill = cur([
      { meter: 'EUW1-BoxUsage:m5.large', unit: 'Hrs', cost: '70' },
      { amount: '100', cost: '0', description: '$0.000 per GB - first 100 GB' },
      { amount: '0.5', cost: '0.0450000001', description: '$0.09 per GB, "first" 10 TB' },
      { meter: 'EUW1-NatGateway-Hours', amount: '720', unit: 'Hrs', cost: '34.56' },
    ])
    expect(bill).toMatchObject({
      month: '2026-11',
      provider: 'aws',
      format: 'cur',
      version: '2.0',
      currency: 'USD',
      rows: 4,
    })
    expect(bill.payers).toEqual(['999988887777'])
    expect(bill.accounts).toEqual(['111122223333'])
    expect(bill.lines.map(({ row, kind, bytes, quantity, cost }) => ({ row, kind, bytes, quantity, cost }))).toEqual([
      { row: 2, kind: 'internet', bytes: 100 * 2 ** 30, quantity: '100', cost: '0' },
      { row: 3, kind: 'internet', bytes: 2 ** 29, quantity: '0.5', cost: '0.045' },
      { row: 4, kind: 'nat-hours', bytes: null, quantity: '720', cost: '34.56' },
    ])
    expect(bill.rounded).toBe('0.0000000001')
    expect(bill.lines[1].description).toBe('$0.09 per GB, "first" 10 TB')
  })

  test('adds rows up that differ in their resource alone, exactly, before it rounds', () => {
    const tenths = Array.from({ length: 10 }, () => ({ amount: '0.1', cost: '0.0000000001' }))
    const { lines, rounded } = cur([...tenths, { account: '444455556666' }])
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({ row: 1, rows: 10, quantity: '1', bytes: 2 ** 30, cost: '0.000000001' })
    expect(rounded).toBe('0')
  })

  test('of the legacy kind is read by its own column names', () => {
    const header =
      'bill/PayerAccountId,bill/BillingPeriodStartDate,lineItem/LineItemType,lineItem/UsageAccountId,lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,pricing/unit,lineItem/CurrencyCode,lineItem/UnblendedCost,lineItem/LineItemDescription,product/region'
    const row =
      '999988887777,2026-11-01T00:00:00Z,Usage,111122223333,2026-11-02T00:00:00Z,2026-11-02T01:00:00Z,AmazonEC2,EUW1-USE1-AWS-Out-Bytes,3.5,GB,USD,0.07,out,eu-west-1'
    const bill = readRecords(records(`${header}\n${row}\n`))
    expect(bill).toMatchObject({ format: 'cur', version: '1', month: '2026-11' })
    expect(bill.lines[0]).toMatchObject({
      kind: 'cross-region',
      to: 'us-east-1',
      cost: '0.07',
      until: '2026-11-02T01:00:00Z',
    })
  })

  test.each<[string, CurRow[], Parameters<typeof readRecords>[1], string]>([
    ['two currencies', [{}, { currency: 'EUR' }], {}, 'row 2: the bill is in USD and EUR; import each currency'],
    [
      'two periods',
      [{}, { period: '2026-12-01T00:00:00Z' }],
      {},
      'row 2: it has the billing periods 2026-11 and 2026-12; export one month to a file',
    ],
    ['another month', [{}], { month: '2026-10' }, 'row 1: its billing period is 2026-11 and not --month 2026-10'],
    [
      'a credit',
      [{ type: 'Credit', cost: '-1' }],
      {},
      'row 1: line_item_unblended_cost -1 is a credit; add "--credits apart"',
    ],
    ['a discount', [{ type: 'EdpDiscount', cost: '-1' }], {}, 'is a credit; add "--credits apart"'],
    [
      'a negative line',
      [{ cost: '-0.5' }],
      {},
      'row 1: line_item_unblended_cost -0.5 is negative; add "--credits apart"',
    ],
    [
      'no transfer',
      [{ meter: 'EUW1-BoxUsage:m5.large' }, { meter: 'EUW1-Requests', product: 'AmazonS3' }],
      {},
      'none of its 2 rows is for data transfer, NAT or endpoints; it has AmazonEC2 (1), AmazonS3 (1)',
    ],
    ['a bad cost', [{ cost: '1.2.3' }], {}, 'row 1: line_item_unblended_cost "1.2.3" is no decimal number'],
    ['a bad quantity', [{ amount: 'NaN' }], {}, 'row 1: line_item_usage_amount "NaN" is no decimal number'],
    ['a bad time', [{ from: 'yesterday' }], {}, 'row 1: line_item_usage_start_date: date "yesterday"'],
    [
      'a period without length',
      [{ until: '2026-11-01T00:00:00Z' }],
      {},
      'line_item_usage_end_date "2026-11-01T00:00:00Z" is not after',
    ],
    [
      'another provider',
      [{}],
      { provider: 'gcp' },
      'none of its 1 rows is of gcp and for data transfer, NAT or endpoints; it has aws (1)',
    ],
    ['a strange currency', [{ currency: 'usd' }], {}, 'its currency "usd" is no code of ISO 4217'],
    [
      'more bytes than can be counted',
      [{ amount: '99999999' }],
      {},
      'row 1: 99999999 GB are more bytes than can be counted',
    ],
    [
      'more money than there is',
      [{ cost: '9'.repeat(30) }],
      {},
      `row 1: its cost of ${'9'.repeat(30)} is no amount that a bill can have`,
    ],
    ['no rows', [], {}, 'it has no rows'],
  ])('with %s is refused in a sentence', (_, rows, options, sentence) => {
    expect(() => cur(rows, options)).toThrow(sentence)
    expect(() => cur(rows, options)).toThrow(/^bill bill\.csv: /)
  })

  test('keeps credits and taxes apart where that is asked for', () => {
    const rows = [{}, { type: 'Credit', cost: '-0.02' }, { type: 'Tax', cost: '0.01' }, { cost: '-0.5' }]
    const { lines } = cur(rows, { creditsApart: true })
    expect(lines.map(({ category, cost }) => `${category} ${cost}`)).toEqual([
      'usage 0.09',
      'credit -0.02',
      'adjustment 0.01',
      'adjustment -0.5',
    ])
  })
})

describe('a FOCUS export', () => {
  const COLUMNS =
    'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,PricingQuantity,PricingUnit,ProviderName,RegionId,ServiceCategory,ServiceName,SubAccountId'

  function focus(rows: readonly string[], header = COLUMNS, options: Parameters<typeof readRecords>[1] = {}) {
    return readRecords(records([header, ...rows].join('\n')), options)
  }

  const AWS = '468.17049576,123456789012,USD,2024-10-01T00:00:00Z,2024-09-01T00:00:00Z,Usage,NULL'
  const HOUR = '2024-09-10T13:00:00Z,2024-09-10T12:00:00Z'
  const NAT = `${AWS},$0.045 per GB Data Processed by NAT Gateways,${HOUR},10,GB,10,GB,AWS,eu-west-1,Networking,Amazon Virtual Private Cloud,517389287820`

  test('of AWS is read by its descriptions', () => {
    const { lines, ...bill } = focus([NAT])
    expect(bill).toMatchObject({ month: '2024-09', provider: 'aws', format: 'focus', version: '1.0' })
    expect(lines[0]).toMatchObject({
      kind: 'nat-processing',
      region: 'eu-west-1',
      bytes: 10 * 2 ** 30,
      cost: '468.17049576',
    })
    expect(lines[0]).toMatchObject({
      from: '2024-09-10T12:00:00Z',
      until: '2024-09-10T13:00:00Z',
      account: '517389287820',
    })
  })

  test('of Google Cloud has periods by its own clock, and is of the month that it is most of', () => {
    const row =
      '1.5,01ABCD-2345EF-6789GH,USD,2024-10-01T07:00:00Z,2024-09-01T07:00:00Z,Usage,NULL,Network Internet Data Transfer Out from EMEA to Americas,2024-09-10T13:00:00Z,2024-09-10T12:00:00Z,2147483648,bytes,2,gibibyte,Google Cloud,europe-west1,Networking,Compute Engine,proj'
    expect(focus([row])).toMatchObject({
      month: '2024-09',
      provider: 'gcp',
      lines: [{ kind: 'internet', bytes: 2 ** 31 }],
    })
  })

  test('tells its version by its columns', () => {
    expect(focus([`${NAT},x`], `${COLUMNS},SkuMeter`).version).toBe('1.1')
    expect(focus([`${NAT},x,USD`], `${COLUMNS},SkuMeter,PricingCurrency`).version).toBe('1.2')
    expect(focus([`${NAT},AWS`], `${COLUMNS},ServiceProviderName`).version).toBe('1.3')
    expect(focus([NAT], COLUMNS.replace('ProviderName', 'ServiceProviderName')).version).toBe('1.4')
  })

  test('of several clouds is read one at a time', () => {
    const azure = NAT.replace(',AWS,', ',Microsoft,').replace(
      'per GB Data Processed by NAT Gateways',
      'NAT Gateway Standard Data Processed',
    )
    expect(() => focus([NAT, azure])).toThrow(
      'bill bill.csv: it has lines of aws and azure; import each with --provider',
    )
    expect(focus([NAT, azure], COLUMNS, { provider: 'azure' }).lines).toMatchObject([{ row: 2, bytes: 10 * 2 ** 30 }])
  })

  test('without a column that it must have, or of no known format, names what was looked for', () => {
    expect(() => focus([], COLUMNS.replace('BilledCost,', ''))).toThrow('it lacks BilledCost of FOCUS')
    expect(() => focus([], `${COLUMNS},x_RowKind`)).toThrow(
      'it is an export of estimates and allocations by wharfage, and no bill',
    )
    expect(() => focus([], 'date,amount')).toThrow('its columns are neither those of FOCUS (BilledCost, ')
    expect(() => focus([], `${COLUMNS},BilledCost`)).toThrow('column "BilledCost" is there twice')
    expect(() => focus([], 'lineItem/UsageType,lineItem/UnblendedCost')).toThrow('of AWS CUR')
  })
})
