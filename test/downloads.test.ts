import { sha256 } from '#core/hash.ts'
import { rollupKey, sealKey } from '#core/keys.ts'
import { type DownloadsReport, downloadsReport } from '#core/reports/downloads.ts'
import { encodeSeal, type Seal } from '#core/seal.ts'
import { HOUR_MS, parseInstant } from '#core/time.ts'
import { sealDays } from '../functions/stage/seal.ts'
import { sha256Of, verifyMonth } from '../site/src/verification.ts'
import { type SampleDownloads, sampleDownloads } from './samples/downloads.ts'
import { chainOf, eu, ledger, objectsOf, sealed, sealedLedger, storeOf } from './sealed-ledger.ts'

const FIRST_HOUR = parseInstant('2026-11-18T21:00Z')

describe('the report of a month', () => {
  const link = (number: number) => ({ number, key: rollupKey('mesh', FIRST_HOUR + number * HOUR_MS), sha256: 'a' })
  const report = (months: string[]) =>
    downloadsReport({
      title: 'Egress',
      month: '2026-11',
      months,
      days: ['2026-11-18', '2026-11-20', '2026-11-19'].map((date) => ({ date, files: [] })),
      rollups: [3, 1, 2].map((number) => ({ target: 'mesh', hour: '', ...link(number), previous: null })),
      seals: ['2026-11-19', '2026-11-18'].map((date) => ({ date, sha256: 'b' })),
    })

  test('orders days newest first, links by their numbers and seals by their days', () => {
    const { days, chains, seals } = report(['2026-11'])
    expect(days.map(({ date }) => date)).toEqual(['2026-11-20', '2026-11-19', '2026-11-18'])
    expect(chains[0].links.map(({ number }) => number)).toEqual([1, 2, 3])
    expect(seals.map(({ key, file }) => [key, file])).toEqual([
      [sealKey('2026-11-18'), 'seals/2026-11-18.json'],
      [sealKey('2026-11-19'), 'seals/2026-11-19.json'],
    ])
  })

  test('links to the months before and after, as far as they have a page', () => {
    const neighbours = ({ previous, next, months }: DownloadsReport) => [previous, next, months]
    expect(neighbours(report(['2026-11']))).toEqual([null, null, ['2026-11']])
    expect(neighbours(report(['2026-12', '2026-11', '2026-09']))).toEqual([
      '2026-09',
      '2026-12',
      ['2026-12', '2026-11', '2026-09'],
    ])
  })
})

describe('verifying a month', () => {
  const verify = ({ report, files }: SampleDownloads) =>
    verifyMonth(report, async (file) => {
      const bytes = files.get(file)
      if (bytes === undefined) throw new Error('it cannot be fetched: answered 404')
      return bytes
    })
  const problemsOf = async (spoil: (sample: SampleDownloads) => void | Promise<void>) => {
    const sample = structuredClone(await sampleDownloads())
    await spoil(sample)
    return (await verify(sample)).problems.map(({ kind, key, message }) => `${kind} ${key}: ${message}`)
  }
  const linksOf = ({ report }: SampleDownloads, target: string) =>
    report.chains.find((chain) => chain.target === target)?.links ?? []
  /** Replaces a seal's copy by other content, and what the page lists of it as well. */
  const forge = ({ report, files }: SampleDownloads, date: string, change: (seal: Seal) => Seal) => {
    const copy = report.seals.find((one) => one.date === date)
    if (copy === undefined) throw new Error(`no seal of ${date}`)
    const seal = JSON.parse(Buffer.from(files.get(copy.file) ?? []).toString()) as Seal
    const bytes = new Uint8Array(encodeSeal(change(seal)))
    files.set(copy.file, bytes)
    copy.sha256 = sha256(bytes)
  }

  test('a true month is whole, and names its newest seal', async () => {
    const sample = await sampleDownloads()
    const { problems, rollups, seals, newestSeal } = await verify(sample)
    expect([problems, seals]).toEqual([[], 3])
    expect(rollups).toBe(eu.length + linksOf(sample, 'prod-us').length)
    expect(newestSeal).toEqual({ date: '2026-11-20', sha256: sample.report.seals[2].sha256 })
  })

  test('what lies before the month is no problem: neither its seals nor its rollups', async () => {
    const from = parseInstant('2026-10-31T20:00Z')
    const objects = await sealedLedger(chainOf('prod-eu', from, parseInstant('2026-11-02T03:00Z')))
    const sample = await sampleDownloads(objects, '2026-11')
    expect(sample.report.seals[0].date).toBe('2026-11-01')
    expect(linksOf(sample, 'prod-eu')[0]).toMatchObject({ number: 5, previous: { number: 4 } })
    expect((await verify(sample)).problems).toEqual([])
    expect((await verify(await sampleDownloads(objects, '2026-10'))).problems).toEqual([])
  })

  test('a seal of a month whose head lies before it, since the target was late, is held against no rollup', async () => {
    const from = parseInstant('2026-10-31T20:00Z')
    const late = await storeOf(ledger(chainOf('prod-eu', from, parseInstant('2026-10-31T22:00Z'))))
    await sealDays(late, { now: () => parseInstant('2026-11-03T03:10Z') })
    const whole = ledger(chainOf('prod-eu', from, parseInstant('2026-11-03T03:00Z')))
    const caughtUp = await storeOf(new Map([...(await objectsOf(late)), ...whole]))
    await sealDays(caughtUp, { now: () => parseInstant('2026-11-04T03:10Z') })
    const sample = await sampleDownloads(await objectsOf(caughtUp), '2026-11')
    const first = JSON.parse(Buffer.from(sample.files.get('seals/2026-11-01.json') ?? []).toString()) as Seal
    expect(first.targets[0].closedThrough).toBe('2026-10-31T22:00:00Z')
    expect((await verify(sample)).problems).toEqual([])
  })

  test('a seal whose bytes are not those that are listed is altered', async () => {
    const [told] = await problemsOf(({ files }) => {
      const bytes = files.get('seals/2026-11-19.json')
      if (bytes) files.set('seals/2026-11-19.json', new Uint8Array([...bytes, 10]))
    })
    expect(told).toMatch(/^altered seals\/date=2026-11-19\/seal.json: its SHA-256 is [0-9a-f]{64}, this page lists/)
  })

  test('a seal that was forged along with the page is not the one that the next names', async () => {
    const problems = await problemsOf((sample) =>
      forge(sample, '2026-11-19', (seal) => ({
        ...seal,
        targets: seal.targets.map((one) => ({ ...one, head: one.head && { ...one.head, sha256: 'f'.repeat(64) } })),
      })),
    )
    expect(problems[0]).toMatch(/^altered seals\/date=2026-11-19\/seal.json: .*the seal after it says/)
  })

  test('the newest seal, which nothing names, must have the heads that are listed', async () => {
    const problems = await problemsOf((sample) =>
      forge(sample, '2026-11-20', (seal) => ({
        ...seal,
        targets: seal.targets.map((one) => ({ ...one, head: one.head && { ...one.head, sha256: 'f'.repeat(64) } })),
      })),
    )
    expect(problems).toHaveLength(2)
    for (const told of problems) expect(told).toMatch(/^altered rollups\/.*the seal of 2026-11-20 says f{64}/)
  })

  test('a seal that is missing is named once', async () => {
    expect(await problemsOf(({ files }) => void files.delete('seals/2026-11-19.json'))).toEqual([
      'missing seals/date=2026-11-19/seal.json: it cannot be fetched: answered 404',
    ])
  })

  test('a seal that the page leaves out is missing', async () => {
    const problems = await problemsOf(({ report }) => void report.seals.splice(1, 1))
    expect(problems).toEqual([
      expect.stringMatching(/^missing seals\/date=2026-11-19\/seal.json: no seal of 2026-11-19/),
    ])
  })

  test('a rollup that is missing from the list breaks its chain', async () => {
    const problems = await problemsOf((sample) => void linksOf(sample, 'prod-eu').splice(10, 1))
    expect(problems).toEqual([expect.stringMatching(`^missing ${eu[10].key}: no rollup of`)])
  })

  test('a rollup with another hash is not the one that its successor names', async () => {
    const problems = await problemsOf((sample) => {
      linksOf(sample, 'prod-eu')[10].sha256 = '0'.repeat(64)
    })
    expect(problems).toEqual([
      expect.stringMatching(`^altered ${eu[10].key}: its SHA-256 is 0{64}, its successor says`),
    ])
  })

  test('numbers that do not follow each other are out of order', async () => {
    const problems = await problemsOf((sample) => {
      for (const link of linksOf(sample, 'prod-eu').slice(10)) link.number += 1
    })
    expect(problems[0]).toMatch(`order ${eu[10].key}: is number 12 after number 10`)
  })

  test('a link that is no rollup of its target is told', async () => {
    const problems = await problemsOf((sample) => {
      linksOf(sample, 'prod-eu')[3].key = 'rollups/elsewhere'
    })
    expect(problems).toContain('inserted rollups/elsewhere: is listed among the rollups of prod-eu, and is none')
  })

  test('a history that was written anew from some hour on is found by its seals', async () => {
    const anew = chainOf('prod-eu', FIRST_HOUR, parseInstant('2026-11-21T03:00Z'), FIRST_HOUR + 5 * HOUR_MS)
    const objects = await sealed()
    for (const { key, bytes } of anew) objects.set(key, bytes)
    const { problems } = await verify(await sampleDownloads(objects))
    expect(problems.map(({ kind }) => kind)).toEqual(['altered'])
    expect(problems[0].message).toMatch(/the seal of 2026-11-19 says/)
  })

  test('SHA-256 is that of everybody else', async () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    expect(await sha256Of(new Uint8Array())).toBe(empty)
  })
})
