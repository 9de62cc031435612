import fc from 'fast-check'
import { ExpositionReader, endsWithLine } from '#core/exposition.ts'
import { decodeSeries, formatSeries, type LabelledSeries } from '#core/labels.ts'
import { UP_METRIC } from '#core/metric.ts'
import { readBody } from '#core/reading.ts'
import { SeriesTable } from '#core/series.ts'

const SEED = { lo: 1, hi: 2 }
const MESH = { clusterDomain: 'cluster.local', gateways: [], waypoints: [] }
const MAX_TIMESTAMP = 999_999_999_999_999

interface Line {
  series: string
  value: number
  timestamp: number
}

/** Every line a reader can read, and how many it could not. */
function readAll(body: string | Uint8Array): { lines: Line[]; skipped: number } {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const reader = new ExpositionReader(bytes)
  const lines: Line[] = []
  while (reader.nextLine()) {
    if (!reader.scanSeries()) continue
    const { seriesStart, seriesEnd } = reader
    if (!reader.readSample()) continue
    const series = Buffer.from(bytes.subarray(seriesStart, seriesEnd)).toString()
    lines.push({ series, value: reader.value, timestamp: reader.timestamp })
  }
  return { lines, skipped: reader.skippedLines }
}

/** The one line of a body that is a line, or null when it was skipped and counted. */
function readOne(line: string): Line | null {
  const { lines, skipped } = readAll(line)
  expect(lines.length + skipped).toBe(1)
  return lines[0] ?? null
}

function read(body: string | Uint8Array, table = new SeriesTable()) {
  return readBody(
    typeof body === 'string' ? Buffer.from(body) : body,
    { series: table, seed: SEED, mesh: MESH },
    'scrape mesh',
  )
}

/** A double as Go's strconv.FormatFloat(value, 'g', -1, 64) prints it, which is how Prometheus does. */
function go(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [mantissa, exponent] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 21) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return value.toString()
}

/** As the same value stands in /federate, where the exponent form begins at a million. */
function goFederated(value: number): string {
  const [mantissa, exponent] = value.toExponential().split('e')
  return Math.abs(value) >= 1e6 ? `${mantissa}e+${exponent.slice(1).padStart(2, '0')}` : go(value)
}

test.each<[string, Line | null]>([
  // white space
  ['up 1 2\n', { series: 'up', value: 1, timestamp: 2 }],
  ['up\t1\t2\n', { series: 'up', value: 1, timestamp: 2 }],
  [' \t up \t 1  2 \t\n', { series: 'up', value: 1, timestamp: 2 }],
  ['up{} 1 2\n', { series: 'up{}', value: 1, timestamp: 2 }],
  ['up {a="b"} 1 2\n', { series: 'up {a="b"}', value: 1, timestamp: 2 }],
  ['up{ a = "b" , } 1 2\n', { series: 'up{ a = "b" , }', value: 1, timestamp: 2 }],
  ['up{a="b"}1 2\n', { series: 'up{a="b"}', value: 1, timestamp: 2 }],
  // ends of lines
  ['up 1 2\r\n', { series: 'up', value: 1, timestamp: 2 }],
  ['up 1 2', { series: 'up', value: 1, timestamp: 2 }],
  ['up 1 2\r', { series: 'up', value: 1, timestamp: 2 }],
  // what looks like syntax inside quotes
  ['up{a="}"} 1 2\n', { series: 'up{a="}"}', value: 1, timestamp: 2 }],
  ['up{a="b,c=\\"d\\"} 9 9"} 1 2\n', { series: 'up{a="b,c=\\"d\\"} 9 9"}', value: 1, timestamp: 2 }],
  ['up{a="# {"} 1 2\n', { series: 'up{a="# {"}', value: 1, timestamp: 2 }],
  ['up{a="\\\\"} 1 2\n', { series: 'up{a="\\\\"}', value: 1, timestamp: 2 }],
  // quoted names
  ['{"my.name",a="b"} 1 2\n', { series: '{"my.name",a="b"}', value: 1, timestamp: 2 }],
  ['{"my} name","a b"="c"} 1 2\n', { series: '{"my} name","a b"="c"}', value: 1, timestamp: 2 }],
  // timestamps
  ['up 1 -5\n', { series: 'up', value: 1, timestamp: -5 }],
  ['up 1 1795168800000\n', { series: 'up', value: 1, timestamp: 1795168800000 }],
  ['up 1\n', null], // a sample without its time cannot be ordered
  ['up 1 1.5\n', null],
  ['up 1 1e3\n', null],
  ['up 1 +5\n', null],
  ['up 1 1795168800000000\n', null], // microseconds
  ['up 1 2 3\n', null],
  ['up 1 2 # {trace_id="x"} 1\n', null], // OpenMetrics' exemplars are not of this format
  // no value
  ['up\n', null],
  ['up{a="b"}\n', null],
  ['up{a="b"} \n', null],
  // syntax
  ['up{a="b" 1 2\n', null],
  ['up{a="b} 1 2\n', null],
  ['up{a="b\\"} 1 2\n', null],
  ['{', null],
  ['{\n', null],
  ['"', null],
  ['\u0001up 1 2\n', null],
  ['\rup 1 2\n', null],
  ['<html><body>502</body></html>\n', null],
])('reads or counts the line %j', (line, expected) => {
  expect(readOne(line)).toEqual(expected)
})

test.each<string>([
  '',
  '\n',
  '\r\n',
  ' \t\n',
  '# HELP up the target answers\n',
  '# TYPE up untyped\n',
  '#\n',
  '  # x 1 2\n',
])('passes over %j, which is neither a sample nor an error', (line) => {
  expect(readAll(line)).toEqual({ lines: [], skipped: 0 })
})

test('reads on after every kind of line, in order', () => {
  const body = '# HELP up x\r\nup 1 2\r\n\r\nbroken{ 1 2\n\n# TYPE down untyped\ndown{a="b"} 3 4\nno value\nlast 5 6'
  const { lines, skipped } = readAll(body)
  expect(lines.map(({ series, value }) => [series, value])).toEqual([
    ['up', 1],
    ['down{a="b"}', 3],
    ['last', 5],
  ])
  expect(skipped).toBe(2)
})

test('a label value that escapes the end of its line swallows no other line', () => {
  const reading = read('a{b="x\\\nfoo"} 5 6\nup 1 2\n')
  expect([...reading.newcomers.unknown.columns.metric.subarray(0, reading.size)]).toEqual([UP_METRIC])
  expect(reading.skippedLines).toBe(2)
})

test.each<[string, number]>([
  ['0', 0],
  ['00012', 12],
  ['1.', 1],
  ['.5', 0.5],
  ['1e+06', 1e6],
  ['1.8837465e+07', 18837465],
  ['9.007199254740992e+15', 9007199254740992],
  ['318825.00000000006', 318825.00000000006],
  ['1e-07', 1e-7],
  ['1E3', 1000],
  ['1e22', 1e22],
  ['1e23', 1e23],
  ['123456789012345e22', 123456789012345e22],
  ['1.7976931348623157e+308', Number.MAX_VALUE],
  ['5e-324', 5e-324],
  ['1e999', Number.POSITIVE_INFINITY],
  ['+5', 5],
  ['-5', -5],
  ['-0', -0],
  ['NaN', Number.NaN],
  ['nan', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['Inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
])('reads the value %s', (text, value) => {
  expect(readOne(`up ${text} 2\n`)?.value).toBe(value)
})

test.each([
  '',
  '.',
  'e5',
  '1e',
  '1e+',
  '1e5.5',
  '1.2.3',
  '1_000',
  '0x10',
  '1,5',
  '--5',
  '12abc',
  'Infin',
  '१',
  `1${'0'.repeat(500)}`,
])('counts a line whose value is %j', (text) => {
  expect(readOne(`up ${text} 2\n`)).toBeNull()
})

test('reads every double back from the way Go prints it, in full and as /federate does', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(readOne(`up ${go(value)} 2\n`)?.value).toBe(value)
      if (Number.isFinite(value)) expect(readOne(`up ${goFederated(value)} 2\n`)?.value).toBe(value)
    }),
    { numRuns: 2000 },
  )
})

test('reads every whole number and every decimal as the language itself does', () => {
  const decimal = fc
    .tuple(fc.maxSafeNat(), fc.nat({ max: 20 }), fc.integer({ min: -30, max: 30 }))
    .map(([digits, point, exponent]) => {
      const text = String(digits)
      const at = Math.min(point, text.length)
      return `${text.slice(0, at)}.${text.slice(at)}e${exponent}`
    })
  fc.assert(
    fc.property(fc.oneof(decimal, fc.maxSafeNat().map(String)), (text) => {
      expect(readOne(`up ${text} 2\n`)?.value).toBe(Number(text))
    }),
    { numRuns: 2000 },
  )
})

/** Any text that is UTF-8 at all. */
const text = (constraints: fc.StringConstraints = {}) => fc.string({ unit: 'binary', ...constraints })
const labelName = fc.oneof(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/), text({ minLength: 1, maxLength: 8 }))
const metricName = fc.oneof(fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/), text({ minLength: 1, maxLength: 12 }))
const labelled: fc.Arbitrary<LabelledSeries> = fc.record({
  name: metricName,
  labels: fc
    .uniqueArray(fc.tuple(labelName, text({ minLength: 1, maxLength: 12 })), {
      selector: ([name]) => name,
      maxLength: 5,
    })
    .map((entries) => new Map(entries.filter(([name]) => name !== '__name__'))),
})

test('reads back every series, value and time that can be written', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(labelled, fc.double(), fc.integer({ min: -MAX_TIMESTAMP, max: MAX_TIMESTAMP })), {
        maxLength: 5,
      }),
      (samples) => {
        const body = samples.map(
          ([{ name, labels }, value, time]) => `${formatSeries(name, labels)} ${go(value)} ${time}\n`,
        )
        const { lines, skipped } = readAll(body.join(''))
        expect(skipped).toBe(0)
        expect(lines.map(({ value }) => value)).toEqual(samples.map(([, value]) => value))
        expect(lines.map(({ timestamp }) => timestamp)).toEqual(samples.map(([, , time]) => time))
        expect(lines.map(({ series }) => decodeSeries(Buffer.from(series)))).toEqual(samples.map(([series]) => series))
      },
    ),
    { numRuns: 500 },
  )
})

const hostileByte = fc.oneof(
  fc.nat({ max: 255 }),
  ...Array.from('{}",=\\ \t\r\n#.e+-019aup', (character) => fc.constant(character.charCodeAt(0))),
)

test('whatever the bytes, nothing throws and every line is read, counted, blank or a comment', () => {
  fc.assert(
    fc.property(fc.array(hostileByte, { maxLength: 200 }), (numbers) => {
      const body = Uint8Array.from([...numbers, 0x0a])
      const { size, skippedLines } = read(body)
      const lines = Buffer.from(body).toString('latin1').slice(0, -1).split('\n')
      const silent = lines.filter((line) => /^[ \t]*(#.*|\r?)$/s.test(line))
      expect(size + skippedLines).toBe(lines.length - silent.length)
    }),
    { numRuns: 3000 },
  )
})

test('a body cut anywhere but after a line is refused', () => {
  const body = Buffer.from('up{instance="a"} 1 1795168800000\nup{instance="b"} 1 1795168800000\n')
  for (let length = 0; length <= body.length; length++) {
    const whole = length > 0 && body[length - 1] === 0x0a
    expect(endsWithLine(body.subarray(0, length))).toBe(whole)
    if (whole) expect(read(body.subarray(0, length)).skippedLines).toBe(0)
    else expect(() => read(body.subarray(0, length))).toThrow('scrape mesh: body ends in the middle of a line')
  }
})

test.each<[string, string | Buffer]>([
  ['a label twice', 'up{a="b",a="c"} 1 2\n'],
  ['an unknown escape', 'up{a="\\t"} 1 2\n'],
  ['a name twice', '{"up","down"} 1 2\n'],
  ['no name', '{a="b"} 1 2\n'],
  ['a value without quotes', 'up{a=b} 1 2\n'],
  ['a label without a value', 'up{a} 1 2\n'],
  ['a label name with a dash', 'up{a-b="c"} 1 2\n'],
  ['a metric name with a dash', 'my-name{a="b"} 1 2\n'],
  ['bytes that are no UTF-8', Buffer.from('up{a="\xff"} 1 2\n', 'latin1')],
  ['half a character', Buffer.from('up{a="\xe2\x82"} 1 2\n', 'latin1')],
  ['a byte order mark', '\ufeffup{a="b"} 1 2\n'],
])('a series with %s is skipped and counted', (_, body) => {
  const reading = read(body)
  expect([reading.size, reading.skippedLines]).toEqual([0, 1])
})

test('a series given twice counts once, the second time as unreadable', () => {
  const reading = read('up{a="b"} 1 2\nup{a="b"} 9 2\n')
  expect([reading.size, reading.value[0], reading.skippedLines]).toEqual([1, 1, 1])
})

test('a known series is found wherever it stands, and a new one never passes for it', () => {
  const names = Array.from({ length: 50 }, (_, index) => `up{instance="10.0.0.${index}"}`)
  const body = (order: readonly string[]) => order.map((name, index) => `${name} ${index} 2\n`).join('')
  const table = new SeriesTable()
  const { unknown } = read(body(names)).newcomers
  for (let row = 0; row < unknown.size; row++) table.copy(unknown, row)
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...names, 'up{instance="new"}', 'up{instance="10.0.0.1"}x'], { minLength: 1 }),
      (order) => {
        const reading = read(body(order), table)
        const rows = Array.from(reading.row.subarray(0, reading.size))
        const readable = order.filter((name) => name.endsWith('}'))
        expect(rows).toEqual(readable.map((name) => names.indexOf(name)))
        const { size, columns } = reading.newcomers.unknown
        expect([...columns.length.subarray(0, size)]).toEqual(
          readable.filter((name) => name === 'up{instance="new"}').map((name) => name.length),
        )
      },
    ),
  )
})
