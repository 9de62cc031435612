/** Invocation: what every function has: its environment, its log, and how a stage's end is told. */
import type { Context } from 'aws-lambda'
import { errorFields, type Level, type Log, openLog, type WriteLine, writeLine } from './log.ts'
import { type MetricValues, metricFields } from './metrics.ts'

/** What a function reaches besides its event; tests give their own. */
export interface Surroundings {
  env: NodeJS.ProcessEnv
  write: WriteLine
  now: () => number // ms since epoch
}

export const surroundings: Surroundings = { env: process.env, write: writeLine, now: Date.now }

export interface Outcome {
  level?: Level // 'info' when left out
  message: string
  fields?: Record<string, unknown>
  metrics?: MetricValues
}

/** The value of an environment variable that the stack sets; throws one sentence without it. */
export function variable(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') {
    throw new Error(`environment variable ${name} is not set; the stack's template sets it, so deploy that again`)
  }
  return value
}

/** The log of one invocation. */
export function invocationLog(name: string, context: Context, { write, now }: Surroundings): Log {
  return openLog({ function: name, requestId: context.awsRequestId }, write, now)
}

export interface Stage {
  name: string // of the function
  failureMetrics?: MetricValues
  failureFields?: (error: unknown) => Record<string, unknown>
  stage: () => Promise<Outcome>
}

/**
 * Runs the one stage of a function. Its outcome becomes one log line with its metrics; a failure likewise, and is then
 * thrown on, so that the platform counts it and tries again.
 */
export async function runStage(
  { name, failureMetrics = {}, failureFields = () => ({}), stage }: Stage,
  context: Context,
  around: Surroundings,
): Promise<void> {
  const log = invocationLog(name, context, around)
  const began = around.now()
  const measured = (values: MetricValues) => {
    const { WHARFAGE_STACK: Stack = '' } = around.env
    const metrics = Stack === '' ? {} : metricFields({ Stack }, values, around.now())
    return { durationMs: around.now() - began, ...metrics }
  }
  try {
    variable(around.env, 'WHARFAGE_STACK')
    const { level = 'info', message, fields, metrics = {} } = await stage()
    log(level, message, { ...fields, ...measured(metrics) })
  } catch (error) {
    log('error', `${name} failed`, { ...errorFields(error), ...failureFields(error), ...measured(failureMetrics) })
    throw error
  }
}
