/** Invocations of the functions, as the platform makes them, for tests. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context, ScheduledEvent, SQSEvent } from 'aws-lambda'
import type { Target } from '#core/target.ts'
import type { Deployment } from '../functions/deployment.ts'
import type { Surroundings } from '../functions/invocation.ts'
import { scheduledEvent, sqsEvent } from './lambda-events.ts'

export interface ObservedSurroundings extends Surroundings {
  time: number // what `now` says, ms since epoch
  lines: Record<string, unknown>[] // the log, parsed
  raw: string[] // the log as written
}

/** Surroundings with a clock that stands and a log that is kept. */
export function observedSurroundings(time: number, env: NodeJS.ProcessEnv = {}): ObservedSurroundings {
  const observed: ObservedSurroundings = {
    time,
    env: { WHARFAGE_STACK: 'wharfage-test', ...env },
    now: () => observed.time,
    lines: [],
    raw: [],
    write: (line) => {
      observed.raw.push(line)
      observed.lines.push(JSON.parse(line))
    },
  }
  return observed
}

/** A context that has this much time left whenever it is asked. */
export function invocationContext(remainingMs: () => number = () => 60_000): Context {
  const unused = () => {}
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'wharfage-test',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:wharfage-test',
    memoryLimitInMB: '1024',
    awsRequestId: '00000000-0000-4000-8000-000000000001',
    logGroupName: '/aws/lambda/wharfage-test',
    logStreamName: '2026/11/21/[$LATEST]0',
    getRemainingTimeInMillis: remainingMs,
    done: unused,
    fail: unused,
    succeed: unused,
  }
}

/** What a schedule sends, with this as its time. */
export function scheduledAt(time: string): ScheduledEvent {
  const rule = 'arn:aws:events:eu-west-1:000000000000:rule/wharfage-test'
  return { ...scheduledEvent(rule, 0), time }
}

/** A batch of messages, whose ids are their places in it. */
export function queueEvent(bodies: readonly string[]): SQSEvent {
  const { Records } = sqsEvent('arn:aws:sqs:eu-west-1:000000000000:wharfage-test', bodies)
  return { Records: Records.map((record, n) => ({ ...record, messageId: String(n) })) }
}

/** A function's package as it is unpacked, with this deployment; its folder. */
export function taskRoot(targets: readonly Target[], changes: Partial<Deployment> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'wharfage-task-'))
  const deployment: Deployment = {
    schema: 1,
    bucket: 'ledger',
    prefix: 'mesh-egress',
    retention: null,
    targets: [...targets],
    title: 'Egress',
    ...changes,
  }
  writeFileSync(join(root, 'deployment.json'), JSON.stringify(deployment))
  return root
}
