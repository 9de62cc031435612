/** Log lines and the metrics inside them: one line of JSON each, as CloudWatch's specification wants it. */
import fc from 'fast-check'
import { errorFields, openLog } from '../functions/log.ts'
import { type MetricName, type MetricValues, metricFields } from '../functions/metrics.ts'
import { Halt } from '../functions/stage/scrape.ts'

const NOW = Date.UTC(2026, 10, 21, 14, 57, 0, 250)

/** What the specification says of a document, clause by clause; the breaches found. */
function breaches(line: string): string[] {
  const found: string[] = []
  const expect = (holds: boolean, clause: string) => holds || found.push(clause)
  const root = JSON.parse(line)
  const { _aws: about } = root
  expect(Buffer.byteLength(line) <= 256 * 1024, 'a document has at most 256 kB')
  expect(!/[\r\n]/.test(line), 'a document is one line')
  expect(Object.keys(about).sort().join() === 'CloudWatchMetrics,Timestamp', '_aws has two members')
  expect(Number.isInteger(about.Timestamp) && about.Timestamp > 1e12, 'Timestamp is in ms since epoch')
  expect(Array.isArray(about.CloudWatchMetrics), 'CloudWatchMetrics is a list')
  for (const { Namespace, Dimensions, Metrics, ...rest } of about.CloudWatchMetrics) {
    expect(Object.keys(rest).length === 0, 'a directive has three members')
    expect(typeof Namespace === 'string' && Namespace.length >= 1 && Namespace.length <= 1024, 'Namespace')
    expect(Array.isArray(Dimensions) && Dimensions.length >= 1, 'there is a dimension set')
    for (const set of Dimensions) {
      expect(Array.isArray(set) && set.length >= 1 && set.length <= 30, 'a dimension set has 1 to 30 names')
      for (const name of set) {
        expect(typeof root[name] === 'string' && root[name] !== '', `dimension ${name} has a value at the root`)
        expect(/^[\x20-\x7e]{1,1024}$/.test(root[name]), `dimension ${name} is of 1 to 1024 ASCII characters`)
      }
    }
    expect(Array.isArray(Metrics) && Metrics.length >= 1 && Metrics.length <= 100, 'there are 1 to 100 metrics')
    for (const { Name, Unit, ...more } of Metrics) {
      expect(Object.keys(more).length === 0, 'a metric has a name and a unit')
      expect(typeof root[Name] === 'number' && Number.isFinite(root[Name]), `metric ${Name} has a number at the root`)
      expect(['Seconds', 'Milliseconds', 'Count'].includes(Unit), `metric ${Name} has a unit of CloudWatch's`)
    }
    expect(new Set(Metrics.map((metric: { Name: string }) => metric.Name)).size === Metrics.length, 'names are unique')
  }
  return found
}

const NAMES: MetricName[] = ['HeadAgeSeconds', 'Failures', 'Halted', 'PublishFailures', 'SealFailures']

function lineOf(fields: Record<string, unknown>): string {
  const lines: string[] = []
  openLog(
    { function: 'scrape', requestId: 'r1' },
    (line) => lines.push(line),
    () => NOW,
  )('info', 'scraped', fields)
  return lines[0]
}

test('a line with metrics reads as the specification has it', () => {
  const line = lineOf({
    target: 'prod-eu',
    samples: 12,
    ...metricFields({ Stack: 'wharfage', Target: 'prod-eu' }, { HeadAgeSeconds: 31.25, Failures: 1 }, NOW),
  })
  expect(breaches(line)).toEqual([])
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    message: 'scraped',
    time: '2026-11-21T14:57:00.250Z',
    function: 'scrape',
    requestId: 'r1',
    target: 'prod-eu',
    samples: 12,
    _aws: {
      Timestamp: NOW,
      CloudWatchMetrics: [
        {
          Namespace: 'Wharfage',
          Dimensions: [['Stack', 'Target']],
          Metrics: [
            { Name: 'HeadAgeSeconds', Unit: 'Seconds' },
            { Name: 'Failures', Unit: 'Count' },
          ],
        },
      ],
    },
    Stack: 'wharfage',
    Target: 'prod-eu',
    HeadAgeSeconds: 31.25,
    Failures: 1,
  })
})

test('whatever the figures, a line with metrics breaks no clause, and what is no number is no metric', () => {
  const values = fc.dictionary(fc.constantFrom(...NAMES), fc.double())
  fc.assert(
    fc.property(values, fc.string(), fc.string(), (given, sentence, warning) => {
      const finite = Object.entries(given).filter(([, value]) => Number.isFinite(value))
      const metrics = metricFields({ Stack: 'wharfage', Target: 'prod-eu' }, given as MetricValues, NOW)
      const line = lineOf({ error: sentence, warnings: [warning], ...metrics })
      if (finite.length === 0) expect(JSON.parse(line)).not.toHaveProperty('_aws')
      else expect(breaches(line)).toEqual([])
      expect(Object.keys(metrics).filter((name) => NAMES.includes(name as MetricName)).length).toBe(finite.length)
    }),
  )
})

test('the checks of the specification find what breaks it', () => {
  const sound = JSON.parse(lineOf(metricFields({ Stack: 'wharfage' }, { SealFailures: 1 }, NOW)))
  const broken: Record<string, unknown>[] = [
    { ...sound, Stack: undefined },
    { ...sound, Stack: '' },
    { ...sound, SealFailures: '1' },
    { ...sound, _aws: { ...sound._aws, Timestamp: '2026-11-21' } },
    { ...sound, _aws: { ...sound._aws, CloudWatchMetrics: [{ ...sound._aws.CloudWatchMetrics[0], Metrics: [] }] } },
    { ...sound, text: 'x'.repeat(300_000) },
  ]
  for (const document of broken) expect(breaches(JSON.stringify(document))).not.toEqual([])
})

test('a line stays one line of bounded length, and no field takes the name of its head', () => {
  const line = lineOf({ level: 'none', message: 'mine', error: `a\nb\u2028${'x'.repeat(10_000)}` })
  expect(line).not.toMatch(/[\r\n]/)
  expect(line.length).toBeLessThan(2500)
  expect(JSON.parse(line)).toMatchObject({ level: 'info', message: 'scraped', function: 'scrape' })
})

test('a sentence of ours is told alone, and what nobody foresaw with the place it came from', () => {
  expect(errorFields(new Error('scrape mesh: body was cut off'))).toEqual({ error: 'scrape mesh: body was cut off' })
  expect(errorFields(new Halt('scrape mesh: history conflict'))).toEqual({ error: 'scrape mesh: history conflict' })
  const unforeseen = errorFields(new TypeError('x is not a function'))
  expect(unforeseen.error).toBe('TypeError: x is not a function')
  expect(unforeseen.stack?.[0]).toMatch(/^at .*metrics\.test\.ts/)
  expect(errorFields('text')).toEqual({ error: 'thrown: text', stack: [] })
  expect(errorFields(undefined)).toEqual({ error: 'thrown: undefined', stack: [] })
})
