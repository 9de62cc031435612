/**
 * What the README says of PromQL and of the ledger beside the truth, on two hours of a mesh whose calls are known.
 * `npm run accuracy` measures a day of it.
 */
import { prometheusOf } from '../functions/prometheus.ts'
import { type Errors, errorsOf } from './accuracy/errors.ts'
import { type Measured, type MeasuredWorkload, measure, sum } from './accuracy/measure.ts'
import { EXTERNAL_LABELS, inThePast } from './accuracy/past.ts'
import { remoteWrite } from './accuracy/remote-write.ts'
import { prometheus, startPrometheus } from './prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const present = prometheus === null ? describe.skip : describe
const how = prometheus === null ? ' (no prometheus on the PATH; apt-get install prometheus lets this run)' : ''

present(`a Prometheus that is asked for the past${how}`, () => {
  test('answers as its own /federate does: newest samples, external labels, nothing that is stale', async () => {
    const running = await startPrometheus({ scrapeConfigs: [], externalLabels: EXTERNAL_LABELS, remoteWrite: true })
    try {
      const now = Date.now()
      const series = (pod: string, samples: [secondsAgo: number, value: number | 'stale'][]) => ({
        labels: { __name__: 'istio_requests_total', pod, instance: `${pod}:15020`, reporter: 'source', odd: 'é"\\\n' },
        samples: samples.map(([secondsAgo, value]) => ({ time: now - 1000 * secondsAgo, value })),
      })
      await remoteWrite(running.url, [
        series('living', [
          [200, 1],
          [60, 5],
          [15, 12_345_678.5],
        ]),
        series('stale', [
          [60, 7],
          [45, 'stale'],
        ]),
        series('back', [
          [60, 7],
          [45, 'stale'],
          [30, 0],
        ]),
        series('silent', [[400, 9]]),
        series('quiet', [[200, 9]]),
      ])
      const real = prometheusOf(simulatedTarget({ url: `${running.url}/federate` }))
      const lines = async (body: Promise<object>) =>
        String(await body)
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
          .map((line) => line.replace(/ (\S+) (\d+)$/, (_, value, time) => ` ${Number(value)} ${time}`))
          .sort()
      const federated = await lines(real.federate(['{reporter="source"}']))
      expect(federated.map((line) => /pod="(\w+)"/.exec(line)?.[1])).toEqual(['back', 'living', 'quiet'])
      expect(await lines(inThePast(real, () => now).federate(['{reporter="source"}']))).toEqual(federated)
    } finally {
      await running.stop()
    }
  }, 60_000)
})

// No burst and no sparse call of this seed lies at an edge of these hours, where a delta is split in proportion to time.
const MESH = { seed: 14, hours: 2, ledgerSeconds: [60, 300] }

present(`two hours of a mesh, by PromQL and by ledgers of one and of five minutes${how}`, () => {
  let often: Measured // Prometheus scrapes every 15 s
  let seldom: Measured // every 60 s, and nobody but jobs calls
  let restarts: Measured // every 15 s, and three containers restart
  let workloads: Map<string, MeasuredWorkload>

  beforeAll(async () => {
    const kinds = ['sparse', 'bursty', 'churning']
    often = await measure({ ...MESH, workloads: kinds, prometheusSeconds: 15 })
    seldom = await measure({ ...MESH, workloads: ['jobs'], prometheusSeconds: 60 })
    restarts = await measure({ ...MESH, seed: 22, workloads: ['restarting'], prometheusSeconds: 15 })
    const measured = [often, seldom, restarts].flatMap((each) => each.workloads)
    workloads = new Map(measured.map((one) => [one.workload, one]))
  }, 180_000)

  const byIncrease = (name: string): Errors => {
    const { increase, truth } = workloads.get(name)!
    return errorsOf(increase, truth)
  }
  const byLedgers = (name: string): number[] => {
    const { ledgers, truth } = workloads.get(name)!
    return ledgers.map((hours) => errorsOf(hours, truth).total)
  }
  const neverSampled = (name: string): number => {
    const { unsampled, truth } = workloads.get(name)!
    return unsampled / sum(truth)
  }

  test('no ledger says more than the truth of any workload, but for what is split at the two ends', () => {
    for (const name of workloads.keys()) expect(Math.max(...byLedgers(name))).toBeLessThan(0.001)
  })

  test('increase() loses first calls and says too much of bursts; the ledgers have both to the byte', () => {
    expect(byIncrease('sparse').total).toBeLessThan(-0.05)
    // Fifteen seconds of the window lie before its first sample and after its last: it takes them for more of the same.
    expect(byIncrease('bursty').total).toBeCloseTo(3600 / 3585 - 1, 4)
    for (const name of ['sparse', 'bursty']) expect(byLedgers(name)).toEqual([0, 0])
  })

  test('of pods that die, the ledgers lack what no sample shows and nothing else', () => {
    for (const name of ['churning', 'jobs']) {
      expect(neverSampled(name)).toBeGreaterThan(0.005)
      for (const total of byLedgers(name)) expect(total).toBeCloseTo(-neverSampled(name), 2)
    }
  })

  test('of containers that restart, too, at whichever interval', () => {
    expect(neverSampled('restarting')).toBeGreaterThan(0.001)
    for (const total of byLedgers('restarting')) expect(total).toBeCloseTo(-neverSampled('restarting'), 3)
  })

  test('increase() loses more than the ledgers of jobs that Prometheus sees once or twice', () => {
    for (const total of byLedgers('jobs')) expect(byIncrease('jobs').total).toBeLessThan(total - 0.1)
  })

  // The last look at a job is at some moment of the five minutes, which is too little to know how fast it counted.
  test('coverage declares at least half of what a ledger lacks, and at most twice, but of jobs that nobody scraped alive', () => {
    const ratio = ({ workloads, declared }: Measured, ledger: number) =>
      declared[ledger] / sum(workloads.map(({ truth, ledgers }) => sum(truth) - sum(ledgers[ledger])))
    for (const each of [ratio(often, 0), ratio(often, 1), ratio(seldom, 0), ratio(restarts, 0), ratio(restarts, 1)]) {
      expect(each).toBeGreaterThan(0.5)
      expect(each).toBeLessThan(2)
    }
  })
})
