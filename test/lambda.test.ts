/** The Lambda of our own: that what it runs finds what it would find in the real one, and nothing of this machine. */
import { strToU8, zipSync } from 'fflate'
import { type Lambda, startLambda } from './lambda.ts'
import { scheduledEvent, sqsEvent } from './lambda-events.ts'

const HANDLER = `
let calls = 0
exports.handler = async (event, context) => {
  console.log(JSON.stringify({ call: ++calls, event }))
  if (event.throw) throw new TypeError(event.throw)
  if (event.exit) process.exit(event.exit)
  if (event.hang) return new Promise(() => setInterval(() => {}, 1000))
  if (event.hoard) for (const all = []; ; ) all.push(new Array(1e5).fill(all.length))
  if (event.write) require('node:fs').writeFileSync(__dirname + '/written', '')
  if (event.nothing) return
  return { calls, context: { ...context, remaining: context.getRemainingTimeInMillis() }, env: process.env, cwd: process.cwd() }
}
`
const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:probe'

const started: Lambda[] = []

async function lambda(source: string, timeoutSeconds = 60): Promise<Lambda> {
  const one = await startLambda({
    zip: zipSync({ 'index.cjs': strToU8(source), 'site/client/a.txt': strToU8('a') }),
    name: 'probe',
    arn: ARN,
    handler: 'index.handler',
    memoryMb: 128,
    timeoutSeconds,
    region: 'eu-west-1',
    variables: { OWN: 'variable' },
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  })
  started.push(one)
  return one
}

afterEach(async () => {
  for (const one of started.splice(0)) await one.close()
})

test('a warm process remembers and a restarted one does not; logs belong to their invocation', async () => {
  const one = await lambda(HANDLER)
  const first = await one.invoke({ n: 1 })
  const second = await one.invoke({ n: 2 })
  await one.restart()
  const third = await one.invoke({ n: 3 })
  expect([first, second, third].map(({ payload }) => (payload as { calls: number }).calls)).toEqual([1, 2, 1])
  expect(second.lines).toEqual(['{"call":2,"event":{"n":2}}'])
  expect(second.error).toBeNull()
  expect(second.maxMemoryMb).toBeGreaterThan(20)
  expect(second.maxMemoryMb).toBeLessThan(128)
})

test('a handler finds its own environment and context, and nothing of this process', async () => {
  const one = await lambda(HANDLER)
  const { payload, requestId } = await one.invoke({})
  const { env, cwd, context } = payload as {
    env: Record<string, string>
    cwd: string
    context: Record<string, unknown> & { remaining: number }
  }
  expect(env).toMatchObject({ OWN: 'variable', TZ: ':UTC', AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKID' })
  expect(env).toMatchObject({ AWS_LAMBDA_FUNCTION_NAME: 'probe', LAMBDA_TASK_ROOT: cwd })
  const foreign = Object.keys(env).filter((name) => !/^(AWS_|LAMBDA_|_HANDLER$|OWN$|PATH$|LANG$|TZ$|HOME$)/.test(name))
  expect(foreign).toEqual([])
  expect(context).toMatchObject({ functionName: 'probe', invokedFunctionArn: ARN, awsRequestId: requestId })
  expect(context.remaining).toBeGreaterThan(0)
  expect(context.remaining).toBeLessThanOrEqual(60_000)
})

test('an error of the handler is its result, and the process lives on', async () => {
  const one = await lambda(HANDLER)
  const failed = await one.invoke({ throw: 'no such target' })
  expect(failed).toMatchObject({ payload: null, error: { errorType: 'TypeError', errorMessage: 'no such target' } })
  expect(failed.lines).toHaveLength(1)
  expect((await one.invoke({ nothing: true })).payload).toBeNull()
  expect(await one.invoke({})).toMatchObject({ payload: { calls: 3 } })
})

test('a process that ends, that takes too much memory or too long is an error, and the next one is new', async () => {
  const one = await lambda(HANDLER)
  expect((await one.invoke({ exit: 3 })).error).toEqual({
    errorType: 'Runtime.ExitError',
    errorMessage: 'runtime exited with 3',
  })
  expect(await one.invoke({})).toMatchObject({ payload: { calls: 1 } })
  const hoarding = await one.invoke({ hoard: true })
  expect(hoarding.error?.errorType).toBe('Runtime.ExitError')
  expect(hoarding.lines.join('\n')).toContain('heap out of memory')
  const slow = await lambda(HANDLER, 1)
  expect((await slow.invoke({ hang: true })).error?.errorType).toBe('Sandbox.Timedout')
})

test('a package that cannot be loaded fails each invocation, with its own words', async () => {
  const one = await lambda('throw new Error("half a package")')
  for (const _ of [1, 2]) {
    expect((await one.invoke({})).error).toMatchObject({ errorType: 'Error', errorMessage: 'half a package' })
  }
  const other = await lambda('exports.other = 1')
  expect((await other.invoke({})).error?.errorMessage).toBe('index.handler is no function')
})

test('what a function writes beside its package is found', async () => {
  const one = await lambda(HANDLER)
  const { error } = await one.invoke({ write: true })
  // Whoever is root may write in a folder that nobody may write in.
  expect(one.changedFiles()).toEqual(error === null ? ['written'] : [])
  const other = await lambda(HANDLER)
  await other.invoke({})
  expect(other.changedFiles()).toEqual([])
  for (const _ of [1, 2]) await other.close()
})

test('events have the shapes of the services that send them', () => {
  const rule = 'arn:aws:events:eu-west-1:111122223333:rule/tick'
  expect(scheduledEvent(rule, Date.parse('2026-10-17T00:05:00Z'))).toMatchObject({
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '111122223333',
    time: '2026-10-17T00:05:00Z',
    resources: [rule],
  })
  const queue = 'arn:aws:sqs:eu-west-1:111122223333:scrapes'
  const { Records } = sqsEvent(queue, ['a', 'b'])
  expect(Records.map(({ body, md5OfBody }) => [body, md5OfBody])).toEqual([
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['b', '92eb5ffee6ae2fec3ad71c777531578f'],
  ])
  expect(Records[0]).toMatchObject({ eventSource: 'aws:sqs', eventSourceARN: queue, awsRegion: 'eu-west-1' })
  expect(Records[0].messageId).not.toBe(Records[1].messageId)
})
