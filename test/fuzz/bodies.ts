/** Bodies of an exposition, made by chance: as the format's grammar allows them, and spoilt byte by byte. */
import { formatSeries, type LabelledSeries } from '#core/labels.ts'
import type { Chance } from '../simulation/chance.ts'

export interface Sample extends LabelledSeries {
  value: number
  time: number
}

const METRICS = [
  'up',
  'istio_requests_total',
  'istio_tcp_sent_bytes_total',
  'a:b_c',
  '_',
  'my.name',
  'two\nlines',
  'é"\\',
  '}',
]
const LABELS = [
  'reporter',
  'destination_service',
  'destination_service_name',
  'pod',
  '_a',
  'a b',
  'x.y',
  '"',
  'ü',
  '{',
  '',
]
const VALUES = [
  ...['source', 'waypoint', 'BlackHoleCluster', 'PassthroughCluster', 'api.stripe.com:443', '[::1]:80', 'unknown', ''],
  ...['\\', '"', '\n', '\\n', '"} 1 2', '# HELP', '},{', '\t', '\r', '\0', '\u001b[2J', '\u2028', '\ufeff', '\u202e'],
  ...[
    '<script>alert(1)</script>',
    '=1+1',
    '../../etc/passwd',
    '例え.テスト',
    '👩‍👩‍👧‍👦',
    '\ud7ff\ue000',
    '\u{10ffff}',
    'e\u0301',
  ],
]
const BLANKS = ['', '', '', ' ', '\t', '  \t ']
const BREAKS = ['\n', '\n', '\n', '\r\n', ' \n', '\t\r\n']
const SILENT = ['\n', '\r\n', ' \t\n', '# HELP up x\n', '# TYPE up untyped\n', '#\n', '  # {"\n', '# \0\xff\n']
const NUMBERS: readonly [text: string, value: number][] = [
  ['0', 0],
  ['-0', -0],
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['inf', Number.POSITIVE_INFINITY],
  ['1e400', Number.POSITIVE_INFINITY],
  ['-1e-400', -0],
  ['4.9e-324', 5e-324],
  ['1.7976931348623157e+308', Number.MAX_VALUE],
  ['9007199254740993', 9007199254740992],
  ['318825.00000000006', 318825.00000000006],
  ['.5', 0.5],
  ['5.', 5],
  ['+5', 5],
  ['1E3', 1000],
  ['000000000000000000000000000001', 1],
  [`0.${'0'.repeat(300)}1`, 1e-301],
  ['9'.repeat(399), Number.POSITIVE_INFINITY],
]

/** Bytes that the format, UTF-8 or a reader may trip over. */
const TRIPS = [
  ...[
    '{',
    '}',
    '"',
    '\\',
    ',',
    '=',
    '#',
    ' ',
    '\t',
    '\r',
    '\n',
    '\0',
    '\\"',
    '\\n',
    '\\\\',
    '{"',
    '"}',
    '""',
    '\r\n',
    '\n\n',
  ],
  ...['\xff', '\xc0\xaf', '\xed\xa0\x80', '\xf5\x80\x80\x80', '\xe2\x80', '\xef\xbb\xbf', '\xc2\xa0', '\xe2\x80\xa8'],
  ...['e', 'E', '+', '-', '.', '0x1', '1_000', 'NaN', 'Infinity', '9'.repeat(400), '1e99999', '__name__', '# EOF'],
].map((text) => Buffer.from(text, 'latin1'))

/** A body as the grammar allows it, and its samples. */
export function written(chance: Chance): { body: Buffer; samples: Sample[] } {
  const parts: Buffer[] = []
  const samples = new Map<string, Sample>()
  for (let lines = chance.between(0, 6); lines >= 0; lines--) {
    if (chance.of(0.15)) parts.push(Buffer.from(chance.pick(SILENT), 'latin1'))
    const name = chance.pick(METRICS)
    const labels = new Map<string, string>()
    for (let count = chance.between(0, 5); count > 0; count--) labels.set(chance.pick(LABELS), labelValue(chance))
    labels.delete('')
    const series = chance.of(0.5) ? formatSeries(name, labels) : spelt(chance, name, labels)
    const [text, value] = numberOf(chance)
    const time = chance.of(0.9)
      ? 1_795_168_800_000 + chance.between(0, 1e6)
      : chance.between(-9, 9) * 111_111_111_111_111
    const blank = () => chance.pick(BLANKS)
    const line = `${blank()}${series}${blank()} ${text} ${blank()}${time}${chance.pick(BREAKS)}`
    parts.push(Buffer.from(line))
    // The first of two that are spelt alike counts.
    if (!samples.has(series)) samples.set(series, { name, labels: withoutEmpty(labels), value, time })
  }
  return { body: Buffer.concat(parts), samples: [...samples.values()] }
}

function labelValue(chance: Chance): string {
  if (chance.of(0.001)) return chance.pick(VALUES).repeat(chance.between(1, 3000))
  const value = chance.pick(VALUES)
  return chance.of(0.3) ? value + chance.pick(VALUES) : value
}

function numberOf(chance: Chance): readonly [string, number] {
  if (chance.of(0.3)) return chance.pick(NUMBERS)
  const value = chance.next() * chance.pick([1, 1e-3, 1e5, 1 / 3, -1])
  return [chance.of(0.5) ? String(value) : value.toExponential(), value]
}

/** A series with blanks, quoted names and a comma at its end, wherever the grammar lets them stand. */
function spelt(chance: Chance, name: string, labels: ReadonlyMap<string, string>): string {
  const blank = () => chance.pick(BLANKS)
  const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
  const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) && chance.of(0.7)
  const pairs = [...labels].map(([key, value]) => {
    const written = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(key) && chance.of(0.8) ? key : quote(key)
    return `${blank()}${written}${blank()}=${blank()}${quote(value)}${blank()}`
  })
  if (plain) return `${name}${blank()}{${pairs.join(',')}${pairs.length > 0 && chance.of(0.2) ? ',' : ''}${blank()}}`
  pairs.splice(chance.between(0, pairs.length), 0, `${blank()}${quote(name)}${blank()}`)
  return `{${pairs.join(',')}${chance.of(0.2) ? ',' : ''}${blank()}}`
}

function withoutEmpty(labels: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...labels].filter(([, value]) => value !== ''))
}

/** One to four changes to some bytes. */
export function spoil(chance: Chance, body: Buffer, another: () => Buffer): Buffer {
  let bytes = body
  for (let changes = chance.between(1, 4); changes > 0; changes--) {
    const at = chance.between(0, bytes.length)
    const to = Math.min(bytes.length, at + chance.between(0, chance.of(0.1) ? bytes.length : 20))
    const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)]
    const how = chance.between(0, 7)
    if (how === 0) bytes = Buffer.from(head)
    else if (how === 1) bytes = Buffer.concat([head, tail])
    else if (how === 2) bytes = Buffer.concat([head, middle, middle, tail])
    else if (how === 3) bytes = Buffer.concat([head, another(), tail])
    else if (how === 4) bytes = Buffer.concat([head, chance.pick(TRIPS), tail])
    else if (how === 5) bytes = Buffer.concat([head, repeated(chance), middle, tail])
    else {
      bytes = Buffer.from(bytes)
      if (at < bytes.length) bytes[at] = how === 6 ? bytes[at] ^ (1 << chance.between(0, 7)) : chance.between(0, 255)
    }
  }
  // Else most would be refused for their last line alone.
  return chance.of(0.8) ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes
}

function repeated(chance: Chance): Buffer {
  const times = chance.between(1, chance.of(0.0002) ? 200_000 : chance.of(0.01) ? 3000 : 20)
  const trip = chance.pick(TRIPS)
  return Buffer.alloc(times * trip.length, trip)
}
