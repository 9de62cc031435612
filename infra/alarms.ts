/**
 * Alarms: what an operator is told, as CloudFormation resources. Each says in its description what happened and what to
 * do, since that is all that somebody reads at night.
 */
import type { Target } from '#core/target.ts'
import type { AwsSettings } from '../functions/config.ts'

const MINUTE = 60
const HOUR = 3600
const DAY_HOURS = 24
/** CloudWatch looks no further back with periods of less than an hour. */
const MAX_LOOK_BACK = DAY_HOURS * HOUR

/** CloudFormation resources by logical id. */
export type Resources = Record<string, { Type: string; [attribute: string]: unknown }>

/** What the alarms need of the settings. */
export type AlarmSettings = Pick<AwsSettings, 'stack' | 'alarms'>
export type AlarmTarget = Pick<Target, 'name' | 'intervalSeconds'>

interface Alarm {
  name: string // unique in the stack
  description: string
  metric: Metric | MetricMath
  period: number // seconds
  periods: number // that are looked at
  breaching?: number // of them; all unless told
  threshold: number // at which it rings, and above
  missing: 'breaching' | 'notBreaching' // what a period without data counts as
}

interface MetricMath {
  expression: string
  of: Record<string, Metric> // by the names in the expression
}

interface Metric {
  namespace: 'Wharfage' | 'AWS/SQS' | 'AWS/Lambda'
  name: string
  statistic: 'Sum' | 'Maximum' | 'Minimum'
  dimensions: Record<string, unknown>
}

/** A topic, who is subscribed to it, and the alarms of a stack and of each of its targets. */
export function alarms(settings: AlarmSettings, targets: readonly AlarmTarget[]): Resources {
  const { stack, alarms } = settings
  const resources = topic(stack, alarms.email)
  for (const [id, alarm] of Object.entries(stackAlarms(stack))) resources[id] = toResource(stack, alarm)
  for (const target of targets) {
    for (const [id, alarm] of Object.entries(targetAlarms(stack, target, alarms.headAgeMinutes))) {
      resources[id + idOf(target.name)] = toResource(stack, alarm)
    }
  }
  return resources
}

/** A target's name as a part of a logical id: names have no capital letters, so no two become the same. */
function idOf(target: string): string {
  return target.replaceAll('-', 'Dash')
}

function targetAlarms(stack: string, { name, intervalSeconds }: AlarmTarget, minutes: number): Record<string, Alarm> {
  const metric = (metric: string, statistic: 'Sum' | 'Maximum'): Metric => {
    return { namespace: 'Wharfage', name: metric, statistic, dimensions: { Stack: stack, Target: name } }
  }
  // Long enough for one scrape to fall into each.
  const period = Math.max(5, Math.ceil(intervalSeconds / MINUTE)) * MINUTE
  // And one more than fit into the minutes allowed, since the newest has only begun.
  const periods = Math.ceil((minutes * MINUTE) / period) + 1
  return {
    // Age is told by scrapes that succeed: without any there is none, and that rings just as well.
    HeadTooOld: {
      name: `${name}/head-too-old`,
      description:
        `The newest sample booked of ${name} is more than ${minutes} minutes old, or no scrape of it succeeds; a new target ` +
        "rings until its first. Counters are cumulative, so a gap costs resolution: see the scrape function's log for the " +
        'reason. README.md#alarms',
      metric: metric('HeadAgeSeconds', 'Maximum'),
      period,
      periods: period < HOUR ? Math.min(periods, Math.floor(MAX_LOOK_BACK / period)) : periods,
      threshold: minutes * MINUTE,
      missing: 'breaching',
    },
    Halted: {
      name: `${name}/halted`,
      description:
        `Scrapes of ${name} have halted, since to go on they would have to guess; nothing was changed. The scrape ` +
        "function's log has the sentence that says why and what to do. README.md#alarms",
      metric: metric('Halted', 'Sum'),
      period,
      periods: 1,
      threshold: 1,
      missing: 'notBreaching',
    },
  }
}

function stackAlarms(stack: string): Record<string, Alarm> {
  const ofStack = (name: string, statistic: 'Sum' | 'Minimum'): Metric => {
    return { namespace: 'Wharfage', name, statistic, dimensions: { Stack: stack } }
  }
  const ofDispatch = (name: string): Metric => {
    return { namespace: 'AWS/Lambda', name, statistic: 'Sum', dimensions: { FunctionName: `${stack}-dispatch` } }
  }
  return {
    DeadLetters: {
      name: 'dead-letters',
      description:
        'Requests for scrapes failed twice and lie in the dead-letter queue. Counters are cumulative, so later scrapes ' +
        "have caught up or will: see the scrape function's log, then purge the queue. README.md#alarms",
      metric: {
        namespace: 'AWS/SQS',
        name: 'ApproximateNumberOfMessagesVisible',
        statistic: 'Maximum',
        dimensions: { QueueName: { 'Fn::GetAtt': ['ScrapeDeadLetterQueue', 'QueueName'] } },
      },
      period: 5 * MINUTE,
      periods: 1,
      threshold: 1,
      missing: 'notBreaching',
    },
    // One that fails is made good by the next minute's.
    DispatchFailing: {
      name: 'dispatch-failing',
      description:
        'The dispatch function fails or is throttled, in three of five minutes: scrapes are not asked for, of no target. ' +
        "See its log, and the account's limit of concurrent functions. README.md#alarms",
      metric: {
        expression: 'FILL(errors, 0) + FILL(throttles, 0)',
        of: { errors: ofDispatch('Errors'), throttles: ofDispatch('Throttles') },
      },
      period: MINUTE,
      periods: 5,
      breaching: 3,
      threshold: 1,
      missing: 'notBreaching',
    },
    // A run that succeeds tells of 0 failures, so the least of an hour is 0 when one did, and missing when none ran.
    PublishMissing: {
      name: 'publish-missing',
      description:
        'For three hours no publish has succeeded, or none yet on a new stack: the pages are that old. The ledger itself ' +
        "goes on, and the next publish renders what is missing. See the publish function's log. README.md#alarms",
      metric: ofStack('PublishFailures', 'Minimum'),
      period: HOUR,
      // Three whole hours, and the one that has begun.
      periods: 4,
      threshold: 1,
      missing: 'breaching',
    },
    SealFailing: {
      name: 'seal-failing',
      description:
        "A day could not be sealed. If the seal function's log says that the chain does not hold, a rollup was altered, " +
        'moved or removed: run "wharfage verify" and keep the bucket as it is. README.md#alarms',
      metric: ofStack('SealFailures', 'Sum'),
      period: HOUR,
      // Until a day has passed without: quiet after an hour would look like the all-clear.
      periods: DAY_HOURS + 1,
      breaching: 1,
      threshold: 1,
      missing: 'notBreaching',
    },
    SealMissing: {
      name: 'seal-missing',
      description:
        'For over a day no seal has succeeded, or none yet on a new stack: yesterday is not sealed. The next one seals ' +
        "every day that is missing. See the seal function's log. README.md#alarms",
      metric: ofStack('SealFailures', 'Minimum'),
      period: HOUR,
      periods: DAY_HOURS + 2,
      threshold: 1,
      missing: 'breaching',
    },
  }
}

/**
 * CloudWatch treats data as missing only when it finds too little of it further back, too, which makes an alarm late by
 * several periods; so what is missing and counts is filled in.
 */
function filled({ metric, missing, threshold }: Alarm): Metric | MetricMath {
  if (missing === 'notBreaching' || 'expression' in metric) return metric
  return { expression: `FILL(told, ${threshold})`, of: { told: metric } }
}

function toResource(stack: string, alarm: Alarm): Resources[string] {
  const { period } = alarm
  const metric = filled(alarm)
  const source =
    'expression' in metric
      ? {
          Metrics: [
            { Id: 'watched', Expression: metric.expression, ReturnData: true },
            ...Object.entries(metric.of).map(([Id, of]) => ({ Id, MetricStat: toStat(of, period), ReturnData: false })),
          ],
        }
      : {
          Namespace: metric.namespace,
          MetricName: metric.name,
          Dimensions: toDimensions(metric.dimensions),
          Statistic: metric.statistic,
          Period: period,
        }
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      // A slash is in no name of a stack or target, so that no two alarms of an account have one name.
      AlarmName: `${stack}/${alarm.name}`,
      AlarmDescription: alarm.description,
      ...source,
      EvaluationPeriods: alarm.periods,
      DatapointsToAlarm: alarm.breaching ?? alarm.periods,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: alarm.threshold,
      TreatMissingData: alarm.missing,
      AlarmActions: [{ Ref: 'AlarmTopic' }],
      OKActions: [{ Ref: 'AlarmTopic' }],
    },
  }
}

function toStat({ namespace, name, statistic, dimensions }: Metric, period: number): object {
  const Metric = { Namespace: namespace, MetricName: name, Dimensions: toDimensions(dimensions) }
  return { Metric, Period: period, Stat: statistic }
}

function toDimensions(dimensions: Record<string, unknown>): object[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
}

/**
 * Not encrypted at rest: CloudWatch cannot publish under the key that AWS manages for topics, and a key of one's own costs
 * more than all else here. A message holds an alarm's name and description, which are in the template.
 */
function topic(stack: string, email: string | null): Resources {
  const Topic = { Ref: 'AlarmTopic' }
  return {
    AlarmTopic: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: `${stack}-alarms` },
    },
    AlarmTopicPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [Topic],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'AlarmsPublish',
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: 'sns:Publish',
              Resource: Topic,
              Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
            },
            {
              Sid: 'OnlyByTls',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Resource: Topic,
              Condition: { Bool: { 'aws:SecureTransport': false } },
            },
          ],
        },
      },
    },
    ...(email === null
      ? {}
      : {
          AlarmSubscription: {
            Type: 'AWS::SNS::Subscription',
            Properties: { TopicArn: Topic, Protocol: 'email', Endpoint: email },
          },
        }),
  }
}
