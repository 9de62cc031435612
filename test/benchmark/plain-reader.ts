/** The plain way to read a body, for comparison: every line becomes a string, and its labels a map. */
import { decodeSeries } from '#core/labels.ts'

export interface PlainSample {
  row: number // of the series, as known by its text; -1 when not known
  time: number // ms since epoch
  value: number
}

/** Reads every sample of a body; `known` gives the rows of series by their text. */
export function readPlainly(body: Buffer, known: ReadonlyMap<string, number>): PlainSample[] {
  const samples: PlainSample[] = []
  for (const line of body.toString().split('\n')) {
    const end = line.lastIndexOf('}') + 1
    if (end === 0) continue
    const text = line.slice(0, end)
    if (decodeSeries(Buffer.from(text)) === null) throw new Error(`line is no series: ${text}`)
    const [value, time] = line.slice(end + 1).split(' ')
    samples.push({ row: known.get(text) ?? -1, time: Number(time), value: Number(value) })
  }
  return samples
}

/** The series of a body by their text, numbered in its order. */
export function numberSeries(body: Buffer): Map<string, number> {
  const texts = body
    .toString()
    .split('\n')
    .map((line) => line.slice(0, line.lastIndexOf('}') + 1))
  return new Map(texts.filter((text) => text !== '').map((text, row) => [text, row]))
}
