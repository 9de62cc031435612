/** Dispatch, over the real client: what is due reaches the queue, once, and what does not is named. */
import { rmSync } from 'node:fs'
import { parseDueScrape } from '#core/due-scrape.ts'
import type { Target } from '#core/target.ts'
import { makeHandler } from '../functions/dispatch.ts'
import { type Aws, startAws } from './aws.ts'
import { invocationContext, observedSurroundings, scheduledAt, taskRoot } from './invocation.ts'
import { simulatedTarget } from './simulated-target.ts'

const MINUTE = '2026-11-21T14:57:00Z'

let aws: Aws
let queueUrl: string
const roots: string[] = []
beforeEach(async () => {
  aws = await startAws()
  Object.assign(process.env, aws.env)
  queueUrl = aws.createQueue('scrapes')
})
afterEach(async () => {
  await aws.close()
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

const meshes = (count: number): Target[] =>
  Array.from({ length: count }, (_, n) => simulatedTarget({ name: `mesh-${n}`, intervalSeconds: 60 }))

function dispatching(targets: readonly Target[], env: NodeJS.ProcessEnv = {}) {
  const root = taskRoot(targets)
  roots.push(root)
  const around = observedSurroundings(Date.UTC(2026, 10, 21), { LAMBDA_TASK_ROOT: root, QUEUE_URL: queueUrl, ...env })
  const handler = makeHandler(around)
  const dispatch = (time: string, remainingMs?: () => number) =>
    handler(scheduledAt(time), invocationContext(remainingMs))
  return { around, dispatch }
}

const asked = () => (aws.queues.get(queueUrl) ?? []).map((body) => parseDueScrape(body).target)

test('each due target gets one message that names it and the event’s minute', async () => {
  const targets = [...meshes(2), simulatedTarget({ name: 'slow', intervalSeconds: 300 })]
  const { around, dispatch } = dispatching(targets)
  await dispatch(MINUTE)
  expect(aws.queues.get(queueUrl)).toEqual([
    '{"target":"mesh-0","time":"2026-11-21T14:57:00Z"}',
    '{"target":"mesh-1","time":"2026-11-21T14:57:00Z"}',
  ])
  expect(around.lines).toMatchObject([
    { level: 'info', message: 'dispatched', function: 'dispatch', due: MINUTE, targets: ['mesh-0', 'mesh-1'] },
  ])
  await dispatch('2026-11-21T15:00:00Z')
  expect(asked().sort()).toEqual(['mesh-0', 'mesh-0', 'mesh-1', 'mesh-1', 'slow'])
})

test('targets go in batches of ten, and a minute in which nothing is due asks nothing of the queue', async () => {
  await dispatching(meshes(23)).dispatch(MINUTE)
  expect(asked().sort()).toEqual(
    meshes(23)
      .map(({ name }) => name)
      .sort(),
  )
  expect(aws.requests.map(({ operation }) => operation)).toEqual(Array(3).fill('SendMessageBatch'))
  await dispatching([simulatedTarget({ intervalSeconds: 300 })]).dispatch(MINUTE)
  expect(aws.requests.length).toBe(3)
})

test('an entry that the queue does not take is sent again alone', async () => {
  let refusals = 2
  aws.refuseMessage = (body) => body.includes('mesh-3') && refusals-- > 0
  await dispatching(meshes(5)).dispatch(MINUTE)
  expect(asked()).toEqual(['mesh-0', 'mesh-1', 'mesh-2', 'mesh-4', 'mesh-3'])
  expect(aws.requests.length).toBe(3)
})

test('what the queue never takes is thrown with its name, after the others were sent', async () => {
  aws.refuseMessage = (body) => body.includes('mesh-3') || body.includes('mesh-11')
  const { around, dispatch } = dispatching(meshes(12))
  const sentence =
    'dispatch: 2 of 12 targets could not be sent to the queue: mesh-3, mesh-11; the queue refused it: InternalError, try again'
  await expect(dispatch(MINUTE)).rejects.toThrow(sentence)
  expect(asked().length).toBe(10)
  expect(around.lines).toMatchObject([{ level: 'error', message: 'dispatch failed', error: sentence }])
  expect(around.lines[0]).not.toHaveProperty('stack')
})

test('an answer that does not say what was taken is no proof that it was', async () => {
  const nothing = (bytes: Uint8Array) => Buffer.from('{}'.padEnd(bytes.length))
  aws.fault({ kind: 'alter body', alter: nothing }, { operation: 'SendMessageBatch', times: 3 })
  await expect(dispatching(meshes(1)).dispatch(MINUTE)).rejects.toThrow('mesh-0; the queue did not say that it took it')
})

test('a queue that is not there or answers errors is told in a sentence with all names', async () => {
  const { dispatch } = dispatching(meshes(2), { QUEUE_URL: `${aws.url}/000000000000/another` })
  await expect(dispatch(MINUTE)).rejects.toThrow('2 of 2 targets could not be sent to the queue: mesh-0, mesh-1; ')
  expect(asked()).toEqual([])
})

test('a queue that never answers is told while there is time to', async () => {
  const never = Promise.withResolvers<void>()
  aws.fault({ kind: 'wait', until: never.promise }, { operation: 'SendMessageBatch', times: 100 })
  const { around, dispatch } = dispatching(meshes(1))
  await expect(dispatch(MINUTE, () => 1_500)).rejects.toThrow('mesh-0; the queue did not answer in time')
  expect(around.lines).toMatchObject([{ level: 'error', message: 'dispatch failed' }])
  never.resolve()
})

test('an answer that is lost is asked for again: twice in the queue is no harm, never is', async () => {
  aws.fault({ kind: 'lose response' }, { operation: 'SendMessageBatch' })
  await dispatching(meshes(2)).dispatch(MINUTE)
  expect(new Set(asked())).toEqual(new Set(['mesh-0', 'mesh-1']))
})

test('an event that is not the schedule’s is refused, and nothing is sent', async () => {
  const { around, dispatch } = dispatching(meshes(1))
  for (const time of ['', 'yesterday', '2026-11-21T14:57:00', '0000-00-00T00:00:00Z']) {
    await expect(dispatch(time)).rejects.toThrow("dispatch: the event is not the schedule's, its ")
  }
  await expect(makeHandler(around)({} as never, invocationContext())).rejects.toThrow('"undefined" is not of the form')
  expect(aws.requests).toEqual([])
})

test('a missing deployment, queue or stack fails in the log with a sentence', async () => {
  const missing: [NodeJS.ProcessEnv, string][] = [
    [{ LAMBDA_TASK_ROOT: '/nowhere' }, 'deployment /nowhere/deployment.json cannot be read'],
    [{ QUEUE_URL: undefined }, 'environment variable QUEUE_URL is not set'],
    [{ WHARFAGE_STACK: '' }, 'environment variable WHARFAGE_STACK is not set'],
  ]
  for (const [env, sentence] of missing) {
    const { around, dispatch } = dispatching(meshes(1), env)
    await expect(dispatch(MINUTE)).rejects.toThrow(sentence)
    expect(around.lines).toMatchObject([{ level: 'error', error: expect.stringContaining(sentence) }])
  }
})
