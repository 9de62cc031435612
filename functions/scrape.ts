/** Scrape: takes due scrapes from the queue and runs them; a message that cannot be answered goes back to the queue. */
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { parseDueScrape } from '#core/due-scrape.ts'
import type { Target } from '#core/target.ts'
import { MINUTE_MS, parseInstant } from '#core/time.ts'
import { prometheusWithin, within } from './deadline.ts'
import { loadDeployment } from './deployment.ts'
import { invocationLog, type Surroundings, surroundings, variable } from './invocation.ts'
import { errorFields, type Log } from './log.ts'
import { type MetricValues, metricFields } from './metrics.ts'
import type { Prometheus } from './prometheus.ts'
import { Halt, Superseded, scrapeTarget } from './stage/scrape.ts'
import { s3Client, s3Store } from './store/s3.ts'
import type { Store } from './store/store.ts'

/** What is left of the function's time when the last question must have been answered: the commit takes its own. */
const COMMIT_RESERVE_MS = 15_000
/** And when a scrape is given up, so that it can still be told. */
const ANSWER_RESERVE_MS = 2_000
/** A failure explains the gap that follows only while it is fresh: other processes have scraped since. */
const FAILURE_KEPT_MS = 5 * MINUTE_MS

export interface Scraping {
  stack: string
  targets: readonly Target[]
  store: Store // of the ledger
}

export interface ScrapeSurroundings extends Surroundings {
  open: (env: NodeJS.ProcessEnv) => Scraping
  prometheusOf: (target: Target, remainingMs: () => number) => Prometheus
}

function openScraping(env: NodeJS.ProcessEnv): Scraping {
  const stack = variable(env, 'WHARFAGE_STACK')
  const { bucket, prefix, retention, targets } = loadDeployment(env)
  return { stack, targets, store: s3Store({ client: s3Client(), bucket, prefix, retention }) }
}

/** A function that scrapes each target that its messages name, once, side by side. */
export function makeHandler(given: Partial<ScrapeSurroundings> = {}) {
  const around: ScrapeSurroundings = { ...surroundings, open: openScraping, prometheusOf: prometheusWithin, ...given }
  let scraping: Scraping | undefined
  const lastFailures = new Map<string, { sentence: string; at: number }>()

  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const log = invocationLog('scrape', context, around)
    try {
      scraping ??= around.open(around.env)
    } catch (error) {
      log('error', 'scrape failed', errorFields(error))
      throw error
    }
    const { targets } = scraping
    const failed: string[] = []
    const messages = new Map<Target, string[]>()
    for (const { messageId, body } of event.Records) {
      try {
        const target = targetOf(body, targets)
        messages.set(target, [...(messages.get(target) ?? []), messageId])
      } catch (error) {
        failed.push(messageId)
        log('error', 'message refused', { messageId, ...errorFields(error) })
      }
    }
    await Promise.all(
      [...messages].map(async ([target, messageIds]) => {
        if (!(await scrapeOnce(target, scraping as Scraping, context, log))) failed.push(...messageIds)
      }),
    )
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }

  /** One scrape, told in one log line; false when it failed. */
  async function scrapeOnce(target: Target, { stack, store }: Scraping, context: Context, log: Log): Promise<boolean> {
    const { name } = target
    const began = around.now()
    const tell = (level: Parameters<Log>[0], message: string, fields: object, values: MetricValues) => {
      const durationMs = around.now() - began
      const measured = metricFields({ Stack: stack, Target: name }, values, around.now())
      log(level, message, { target: name, ...fields, durationMs, ...measured })
    }
    try {
      const remainingMs = () => context.getRemainingTimeInMillis() - COMMIT_RESERVE_MS
      const scrape = scrapeTarget(target, store, {
        prometheus: around.prometheusOf(target, remainingMs),
        lastFailure: freshFailure(name),
        now: around.now,
      })
      const seconds = Math.round((context.getRemainingTimeInMillis() - ANSWER_RESERVE_MS) / 1000)
      const givenUp = `scrape ${name}: not done within ${seconds} s; see how long the store's answers take`
      const summary = await within(seconds * 1000, scrape, givenUp)
      lastFailures.delete(name)
      const HeadAgeSeconds = (around.now() - parseInstant(summary.watermark)) / 1000
      tell(summary.warnings.length === 0 ? 'info' : 'warn', 'scraped', summary, { HeadAgeSeconds })
      return true
    } catch (error) {
      if (error instanceof Superseded) {
        lastFailures.delete(name)
        tell('info', 'superseded', { reason: error.message }, {})
        return true
      }
      const halted = error instanceof Halt
      const fields = errorFields(error)
      lastFailures.set(name, { sentence: fields.error, at: around.now() })
      tell('error', halted ? 'halted' : 'scrape failed', fields, { Failures: 1, ...(halted ? { Halted: 1 } : {}) })
      return false
    }
  }

  function freshFailure(name: string): string | undefined {
    const failure = lastFailures.get(name)
    return failure !== undefined && around.now() - failure.at <= FAILURE_KEPT_MS ? failure.sentence : undefined
  }
}

export const handler = makeHandler()

function targetOf(body: string, targets: readonly Target[]): Target {
  const due = parseDueScrape(body)
  const target = targets.find(({ name }) => name === due.target)
  if (target !== undefined) return target
  throw new Error(`message asks for target ${due.target}, which is not in this deployment; it was taken out perhaps`)
}
