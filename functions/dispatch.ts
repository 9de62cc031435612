/** Dispatch: once a minute, a message for each target that is due, so that targets are scraped apart from each other. */
import { type BatchResultErrorEntry, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { type DueScrape, dueScrapes, formatDueScrape } from '#core/due-scrape.ts'
import { isoInstant, parseInstant } from '#core/time.ts'
import { loadDeployment } from './deployment.ts'
import { runStage, type Surroundings, surroundings, variable } from './invocation.ts'

const BATCH = 10 // entries; SQS takes no more at once
const TRIES = 3 // of an entry, each a call that the client itself repeats

const REQUESTS = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true }
const ANSWER_RESERVE_MS = 1_000 // of the function's time, to say what could not be sent

interface Queue {
  sqs: SQSClient
  url: string
  inTime: AbortSignal
}

/** A function that sends what is due to the queue QUEUE_URL. */
export function makeHandler(given: Partial<Surroundings> = {}) {
  const around = { ...surroundings, ...given }
  let sqs: SQSClient | undefined
  return (event: ScheduledEvent, context: Context): Promise<void> => {
    const stage = async () => {
      const { targets } = loadDeployment(around.env)
      const time = timeOf(event)
      const due = dueScrapes(targets, time)
      sqs ??= new SQSClient({ requestHandler: REQUESTS })
      const queue: Queue = {
        sqs,
        url: variable(around.env, 'QUEUE_URL'),
        inTime: AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - ANSWER_RESERVE_MS)),
      }
      await sendAll(due, queue)
      return { message: 'dispatched', fields: { due: isoInstant(time), targets: due.map(({ target }) => target) } }
    }
    return runStage({ name: 'dispatch', stage }, context, around)
  }
}

export const handler = makeHandler()

/** The schedule's own time: a late or repeated event asks for what was due then, whatever our clock says. */
function timeOf(event: ScheduledEvent): number {
  const time: unknown = event?.time
  try {
    return parseInstant(String(time))
  } catch (error) {
    throw new Error(`dispatch: the event is not the schedule's, its ${(error as Error).message}`)
  }
}

async function sendAll(due: readonly DueScrape[], queue: Queue): Promise<void> {
  const batches = Array.from({ length: Math.ceil(due.length / BATCH) }, (_, n) => due.slice(n * BATCH, (n + 1) * BATCH))
  const unsent = (await Promise.all(batches.map((batch) => send(batch, queue)))).flat()
  if (unsent.length === 0) return
  throw new Error(
    `dispatch: ${unsent.length} of ${due.length} targets could not be sent to the queue: ` +
      `${unsent.map(({ target }) => target).join(', ')}; ${unsent[0].reason}`,
  )
}

/** Sends a batch; entries that the queue did not take are tried again. Gives those that it never took, with the reason. */
async function send(
  batch: readonly DueScrape[],
  { sqs, url: QueueUrl, inTime }: Queue,
): Promise<(DueScrape & { reason: string })[]> {
  let left = batch.map((due) => ({ ...due, reason: '' }))
  for (let attempt = 1; attempt <= TRIES && left.length > 0; attempt++) {
    const Entries = left.map((due, n) => ({ Id: String(n), MessageBody: formatDueScrape(due) }))
    try {
      const { Successful = [], Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }), {
        abortSignal: inTime,
      })
      const taken = new Set(Successful.map(({ Id }) => Id))
      const reasons = new Map(Failed.map((failed) => [failed.Id, reasonOf(failed)]))
      left = left.flatMap((due, n) => {
        const reason = reasons.get(String(n)) ?? 'the queue did not say that it took it'
        return taken.has(String(n)) ? [] : [{ ...due, reason }]
      })
    } catch (error) {
      const { name, message } = error as Error
      const reason = inTime.aborted ? 'the queue did not answer in time' : `the queue answered ${name}: ${message}`
      left = left.map((due) => ({ ...due, reason }))
    }
  }
  return left
}

function reasonOf({ Code, Message }: BatchResultErrorEntry): string {
  return `the queue refused it: ${Code}${Message === undefined ? '' : `, ${Message}`}`
}
