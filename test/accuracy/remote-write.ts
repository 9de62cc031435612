/**
 * Remote write: hands a Prometheus samples of the past as if it had scraped them itself, marks of staleness included,
 * which no file that promtool reads can hold. The message is protobuf in a Snappy block; both are written here as plainly
 * as they allow.
 */
import type { KeptSample, KeptSeries } from './samples.ts'

const STALE_NAN = 0x7ff0000000000002n
const BATCH_MS = 30 * 60_000 // Prometheus refuses what is an hour older than the newest it has
const LITERAL_BYTES = 1 << 16
const LITERAL_WITH_TWO_BYTE_LENGTH = 61 << 2

/** Writes all samples, in the order of time. Throws what Prometheus answers when it refuses. */
export async function remoteWrite(url: string, series: readonly KeptSeries[]): Promise<void> {
  const next = new Array<number>(series.length).fill(0)
  for (;;) {
    const oldest = Math.min(
      ...series.map(({ samples }, index) => samples[next[index]]?.time ?? Number.POSITIVE_INFINITY),
    )
    if (oldest === Number.POSITIVE_INFINITY) return
    const batch: Buffer[] = []
    series.forEach(({ labels, samples }, index) => {
      const begin = next[index]
      while (next[index] < samples.length && samples[next[index]].time < oldest + BATCH_MS) next[index]++
      if (next[index] > begin) batch.push(field(1, timeSeries(labels, samples.slice(begin, next[index]))))
    })
    await send(`${url}/api/v1/write`, snappy(Buffer.concat(batch)))
  }
}

async function send(url: string, body: Buffer): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: new Uint8Array(body),
  })
  if (!response.ok) throw new Error(`remote write to ${url}: answered ${response.status}: ${await response.text()}`)
}

function timeSeries(labels: Record<string, string>, samples: readonly KeptSample[]): Buffer {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat([
    ...pairs.map((pair) => field(1, Buffer.concat(pair.map((text, index) => field(index + 1, Buffer.from(text)))))),
    ...samples.map((sample) => field(2, sampleMessage(sample))),
  ])
}

/** A double in field 1, a varint of milliseconds in field 2. */
function sampleMessage({ time, value }: KeptSample): Buffer {
  const double = Buffer.alloc(9)
  double[0] = (1 << 3) | 1
  if (value === 'stale') double.writeBigUInt64LE(STALE_NAN, 1)
  else double.writeDoubleLE(value, 1)
  return Buffer.concat([double, Buffer.from([2 << 3]), varint(time)])
}

/** A field of bytes, with their length before them. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)])
    bytes.push(Number(rest & 0x7fn) | 0x80)
  }
}

/** A Snappy block that compresses nothing: the length of all, then literals. */
function snappy(bytes: Buffer): Buffer {
  const parts = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += LITERAL_BYTES) {
    const literal = bytes.subarray(at, at + LITERAL_BYTES)
    const length = Buffer.alloc(2)
    length.writeUInt16LE(literal.length - 1)
    parts.push(Buffer.from([LITERAL_WITH_TWO_BYTE_LENGTH]), length, literal)
  }
  return Buffer.concat(parts)
}
