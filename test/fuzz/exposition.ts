/**
 * The reader of the exposition, judged by what it makes of bodies of which the truth is known, and of what is left of them
 * once they are spoilt. A seed stands for one of the first kind and several of the second.
 */
import { classify } from '#core/classify.ts'
import { ExpositionReader } from '#core/exposition.ts'
import { hash64 } from '#core/hash.ts'
import { cleanLabel } from '#core/host.ts'
import { decodeSeries, formatSeries, type LabelledSeries } from '#core/labels.ts'
import { type Reading, readBody } from '#core/reading.ts'
import { SeriesTable } from '#core/series.ts'
import { Chance } from '../simulation/chance.ts'
import { type Sample, spoil, written } from './bodies.ts'

const SEED = { lo: 0x1234567, hi: 0x89abcde }
const MESH = { clusterDomain: 'cluster.local', gateways: ['istio-system/istio-egressgateway'], waypoints: [] }
const SLOWEST_MS = 5000 // of one body; a reader that is not linear in its length is slower by far

/** The bodies a seed stands for: one that is written, and what it is spoilt to. */
export const BODIES_A_SEED = 8

/** What is wrong with what the reader makes of a seed's bodies; '' when nothing is. */
export function judge(seed: number): string {
  const chance = new Chance(seed, 'exposition')
  const { body, samples } = written(chance)
  let current = body
  try {
    const reading = read(body, NOTHING_KNOWN)
    const fault = faultOfWritten(body, samples, reading)
    if (fault !== '') return `seed ${seed}: ${fault}`
    const known = tableOf(reading)
    for (let count = 1; count < BODIES_A_SEED; count++) {
      current = spoil(chance, body, () => written(chance).body)
      const fault = faultOfSpoilt(current, known)
      if (fault !== '') return `seed ${seed}: ${fault}`
    }
    return ''
  } catch (error) {
    return `seed ${seed}: throws ${(error as Error).stack}, of ${shown(current)}`
  }
}

const NOTHING_KNOWN = new SeriesTable(1)
const read = (body: Buffer, known: SeriesTable) =>
  readBody(body, { series: known, seed: SEED, mesh: MESH, placeAgain: true }, 'scrape fuzz')

function faultOfWritten(body: Buffer, samples: readonly Sample[], reading: Reading): string {
  const found = samplesOf(body, reading)
  if (found.length !== samples.length) return `reads ${found.length} of ${samples.length} samples of ${shown(body)}`
  for (const [i, { value, time, ...series }] of samples.entries()) {
    const text = formatSeries(series.name, series.labels)
    if (!Object.is(found[i].value, value) || found[i].time !== time) return `misreads the number of ${shown(body)}`
    if (found[i].text !== text) return `reads ${found[i].text} for ${text}`
    const again = decodeSeries(Buffer.from(text))
    if (again?.name !== series.name || again.labels.size !== series.labels.size) return `loses ${text}`
    for (const [label, value] of series.labels)
      if (again.labels.get(label) !== value) return `changes ${label}=${value}`
  }
  return ''
}

function faultOfSpoilt(body: Buffer, known: SeriesTable): string {
  const cutOff = body.length === 0 || body[body.length - 1] !== 0x0a
  const start = performance.now()
  let reading: Reading
  try {
    reading = read(body, NOTHING_KNOWN)
  } catch (error) {
    if (cutOff && (error as Error).message === 'scrape fuzz: body ends in the middle of a line, so it was cut off')
      return ''
    throw error
  }
  if (performance.now() - start > SLOWEST_MS) return `is slow on ${shown(body)}`
  if (cutOff) return `reads the cut-off ${shown(body)}`
  const lines = body.toString('latin1').slice(0, -1).split('\n')
  const spoken = lines.filter((line) => !/^[ \t]*(#|\r?$)/.test(line)).length
  if (reading.size + reading.skippedLines !== spoken) return `loses a line of ${shown(body)}`
  const samples = samplesOf(body, reading)
  const fault = faultOfSamples(samples)
  if (fault !== '') return `${fault} from ${shown(body)}`

  // Who knows the series of the unspoilt body reads the same as who knows none.
  const knowing = read(body, known)
  const again = samplesOf(body, knowing)
  const same = ({ text, time, value }: Found, i: number) =>
    text === again[i].text && time === again[i].time && Object.is(value, again[i].value)
  if (knowing.skippedLines === reading.skippedLines && again.length === samples.length && samples.every(same)) return ''
  return `reads series otherwise once it knows them, in ${shown(body)}`
}

/** A sample as it was read, and its series written again. */
interface Found extends Sample {
  text: string
}

/** Whatever was read is a series that can be read again, and harmless once it is placed. */
function faultOfSamples(samples: readonly Found[]): string {
  for (const { name, labels, time, text } of samples) {
    if (name === '' || !Number.isSafeInteger(time)) return `reads the series "${name}" at ${time}`
    const again = decodeSeries(Buffer.from(text))
    if (again === null || formatSeries(again.name, again.labels) !== text) return `cannot read its own ${text}`
    const placed = classify(labels, 'http', MESH)
    if (placed.kind !== 'flow') continue
    const { destinationHost } = placed.flow
    if (!HOST.test(destinationHost)) return `takes ${JSON.stringify(destinationHost)} for a host`
    for (const field of Object.values(placed.flow)) {
      if (typeof field === 'string' && field !== cleanLabel(field)) return `keeps ${JSON.stringify(field)} in a flow`
    }
  }
  return ''
}

const HOST = /^(\*\.)?[a-z0-9._:-]*$|^\(invalid-host\)-[0-9a-f]{12}$/
function tableOf({ newcomers }: Reading): SeriesTable {
  return newcomers.unknown
}

/** What a reading has of a body, with the series that its hashes stand for there. */
function samplesOf(body: Buffer, { size, row, fresh, newcomers, value, time }: Reading): Found[] {
  const told = seriesByHash(body)
  return Array.from({ length: size }, (_, i) => {
    const { lo, hi, length } = (row[i] < 0 ? newcomers.unknown : newcomers.restated).columns
    const series = fresh[i] < 0 ? undefined : told.get(`${lo[fresh[i]]}:${hi[fresh[i]]}:${length[fresh[i]]}`)
    const { name, labels } = series ?? { name: '', labels: new Map() }
    return { name, labels, text: formatSeries(name, labels), value: value[i], time: time[i] }
  })
}

function seriesByHash(body: Buffer): Map<string, LabelledSeries> {
  const told = new Map<string, LabelledSeries>()
  const reader = new ExpositionReader(body)
  const hash = { lo: 0, hi: 0 }
  while (reader.nextLine()) {
    if (!reader.scanSeries()) continue
    const { seriesStart, seriesEnd } = reader
    hash64(reader.view, seriesStart, seriesEnd, SEED, hash)
    const series = decodeSeries(body.subarray(seriesStart, seriesEnd))
    if (series !== null) told.set(`${hash.lo}:${hash.hi}:${seriesEnd - seriesStart}`, series)
    reader.readSample()
  }
  return told
}

const shown = (body: Buffer) => JSON.stringify(body.toString('latin1').slice(0, 2000))
