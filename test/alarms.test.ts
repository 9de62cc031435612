import fc from 'fast-check'
import { type MetricValues, metricFields } from '../functions/metrics.ts'
import { type AlarmSettings, type AlarmTarget, alarms, type Resources } from '../infra/alarms.ts'

interface AlarmProperties {
  AlarmName: string
  AlarmDescription: string
  Namespace?: string
  MetricName?: string
  Dimensions?: { Name: string; Value: unknown }[]
  Statistic?: string
  Period?: number
  Metrics?: { Id: string; Expression?: string; MetricStat?: MetricStat }[]
  EvaluationPeriods: number
  DatapointsToAlarm: number
  Threshold: number
  TreatMissingData: string
  AlarmActions: unknown[]
}

interface MetricStat {
  Metric: Pick<AlarmProperties, 'Namespace' | 'MetricName' | 'Dimensions'>
  Period: number
  Stat: string
}

/** The one metric that an alarm fills in where it is missing. */
const toldOf = ({ Metrics = [] }: AlarmProperties): MetricStat | undefined =>
  Metrics.find(({ Id }) => Id === 'told')?.MetricStat

const settings = (changes: Partial<AlarmSettings['alarms']> = {}): AlarmSettings => {
  return { stack: 'wharfage', alarms: { email: null, headAgeMinutes: 15, ...changes } }
}
const mesh = (name: string, intervalSeconds = 60): AlarmTarget => ({ name, intervalSeconds })

const alarmsOf = (resources: Resources): [string, AlarmProperties][] =>
  Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
    .map(([id, { Properties }]) => [id, Properties as AlarmProperties])
const alarm = (resources: Resources, id: string): AlarmProperties => resources[id].Properties as AlarmProperties

test('has the alarms of the stack, and two of each target', () => {
  expect(
    alarmsOf(alarms(settings(), [mesh('prod-eu'), mesh('1')])).map(([id, { AlarmName }]) => [id, AlarmName]),
  ).toEqual([
    ['DeadLetters', 'wharfage/dead-letters'],
    ['DispatchFailing', 'wharfage/dispatch-failing'],
    ['PublishMissing', 'wharfage/publish-missing'],
    ['SealFailing', 'wharfage/seal-failing'],
    ['SealMissing', 'wharfage/seal-missing'],
    ['HeadTooOldprodDasheu', 'wharfage/prod-eu/head-too-old'],
    ['HaltedprodDasheu', 'wharfage/prod-eu/halted'],
    ['HeadTooOld1', 'wharfage/1/head-too-old'],
    ['Halted1', 'wharfage/1/halted'],
  ])
})

test('rings when a head is too old, and when nobody tells how old it is', () => {
  const found = alarm(alarms(settings(), [mesh('prod-eu')]), 'HeadTooOldprodDasheu')
  expect(toldOf(found)).toEqual({
    Metric: {
      Namespace: 'Wharfage',
      MetricName: 'HeadAgeSeconds',
      Dimensions: [
        { Name: 'Stack', Value: 'wharfage' },
        { Name: 'Target', Value: 'prod-eu' },
      ],
    },
    Stat: 'Maximum',
    Period: 300,
  })
  expect(found).toMatchObject({
    Metrics: [{ Id: 'watched', Expression: 'FILL(told, 900)', ReturnData: true }, { ReturnData: false }],
    EvaluationPeriods: 4,
    DatapointsToAlarm: 4,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 900,
    TreatMissingData: 'breaching',
    AlarmActions: [{ Ref: 'AlarmTopic' }],
    OKActions: [{ Ref: 'AlarmTopic' }],
  })
})

// Interval and minutes allowed; period in seconds and how many of them.
test.each([
  [60, 5, 300, 2],
  [60, 16, 300, 5],
  [60, 1440, 300, 288],
  [420, 15, 420, 4],
  [3600, 120, 3600, 3],
  [3600, 1440, 3600, 25],
])(
  'with a scrape every %i s and %i minutes allowed it looks at %i s, %i times',
  (interval, minutes, period, periods) => {
    const resources = alarms(settings({ headAgeMinutes: minutes }), [mesh('m', interval)])
    const found = alarm(resources, 'HeadTooOldm')
    expect([toldOf(found)?.Period, found.EvaluationPeriods]).toEqual([period, periods])
    // Never before the minutes are over, though the newest period has only begun; but for a whole day's.
    if (minutes < 1440) expect((periods - 1) * period).toBeGreaterThanOrEqual(minutes * 60)
    expect(alarm(resources, 'Haltedm')).toMatchObject({ Period: period, EvaluationPeriods: 1 })
  },
)

test('rings at once when a target halts, and is quiet while nothing is told', () => {
  expect(alarm(alarms(settings(), [mesh('m')]), 'Haltedm')).toMatchObject({
    MetricName: 'Halted',
    Statistic: 'Sum',
    Threshold: 1,
    EvaluationPeriods: 1,
    TreatMissingData: 'notBreaching',
  })
})

test('rings when publish or seal has had no success for too long, whether it failed or never ran', () => {
  const resources = alarms(settings(), [])
  for (const [id, hours] of [
    ['PublishMissing', 4],
    ['SealMissing', 26],
  ] as const) {
    // A success tells of 0 failures: the least of an hour is 0 as soon as there was one.
    expect(toldOf(alarm(resources, id))).toMatchObject({ Stat: 'Minimum', Period: 3600 })
    expect(alarm(resources, id)).toMatchObject({
      Metrics: [{ Expression: 'FILL(told, 1)' }, {}],
      EvaluationPeriods: hours,
      DatapointsToAlarm: hours,
      Threshold: 1,
      TreatMissingData: 'breaching',
    })
  }
})

test('goes on ringing after a failed seal until a day has passed without', () => {
  expect(alarm(alarms(settings(), []), 'SealFailing')).toMatchObject({
    Statistic: 'Sum',
    Period: 3600,
    EvaluationPeriods: 25,
    DatapointsToAlarm: 1,
    TreatMissingData: 'notBreaching',
  })
})

test('watches no metric that the functions do not tell', () => {
  const watched = alarmsOf(alarms(settings(), [mesh('m')]))
    .map(([, properties]) => toldOf(properties)?.Metric ?? properties)
    .filter(({ Namespace }) => Namespace === 'Wharfage')
  expect(watched.length).toBeGreaterThan(4)
  for (const { MetricName = '', Dimensions = [], Namespace } of watched) {
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))
    const told = metricFields(dimensions as { Stack: string }, { [MetricName]: 1 } as MetricValues, 0) as {
      _aws: { CloudWatchMetrics: { Namespace: string; Metrics: { Name: string; Unit?: string }[] }[] }
    }
    // Of a metric that is none it knows no unit.
    expect(told._aws.CloudWatchMetrics).toMatchObject([
      { Namespace, Metrics: [{ Name: MetricName, Unit: expect.stringMatching(/./) }] },
    ])
  }
})

test('every description says what happened and where to read on, in a few sentences', () => {
  for (const [, { AlarmDescription }] of alarmsOf(alarms(settings(), [mesh('m')]))) {
    expect(AlarmDescription).toMatch(/^[A-Z].{80,400}\. README\.md#alarms$/)
    expect(AlarmDescription.length).toBeLessThanOrEqual(1024)
  }
})

test('looks no further back than CloudWatch does, and never for more points than it looks at', () => {
  for (const headAgeMinutes of [5, 15, 1440]) {
    for (const [, properties] of alarmsOf(alarms(settings({ headAgeMinutes }), [mesh('m', 60), mesh('n', 3600)]))) {
      const period = properties.Period ?? properties.Metrics?.[1].MetricStat?.Period ?? 0
      expect(period % 60).toBe(0)
      expect(period * properties.EvaluationPeriods).toBeLessThanOrEqual(period < 3600 ? 86_400 : 604_800)
      expect(properties.DatapointsToAlarm).toBeLessThanOrEqual(properties.EvaluationPeriods)
      expect(properties.DatapointsToAlarm).toBeGreaterThan(0)
    }
  }
})

test('an address is subscribed when one is given, and the topic is CloudWatch’s alone to publish to', () => {
  expect(alarms(settings(), [])).not.toHaveProperty('AlarmSubscription')
  const { AlarmSubscription, AlarmTopicPolicy } = alarms(settings({ email: 'oncall@example.com' }), [])
  expect(AlarmSubscription.Properties).toEqual({
    TopicArn: { Ref: 'AlarmTopic' },
    Protocol: 'email',
    Endpoint: 'oncall@example.com',
  })
  const { Statement } = (AlarmTopicPolicy.Properties as { PolicyDocument: { Statement: { Effect: string }[] } })
    .PolicyDocument
  expect(Statement.filter(({ Effect }) => Effect === 'Allow')).toEqual([
    expect.objectContaining({
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }),
  ])
})

test('two targets, or two stacks, never share a logical id or a name', () => {
  const name = fc.stringMatching(/^[a-z0-9-]{1,8}$/)
  const stack = fc.stringMatching(/^[a-zA-Z][-a-zA-Z0-9]{0,6}$/)
  const tricky = fc.constantFrom('a-b', 'a--b', 'adashb', 'ab', 'halted', 'x-halted', '1', '-', '--', 'dead-letters')
  fc.assert(
    fc.property(
      fc.uniqueArray(stack, { maxLength: 3 }),
      fc.uniqueArray(fc.oneof(name, tricky), { maxLength: 6 }),
      (stacks, names) => {
        const made = stacks.map((stack) =>
          alarms(
            { ...settings(), stack },
            names.map((name) => mesh(name)),
          ),
        )
        for (const resources of made) {
          expect(alarmsOf(resources)).toHaveLength(5 + 2 * names.length)
          for (const id of Object.keys(resources)) expect(id).toMatch(/^[A-Za-z0-9]{1,255}$/)
        }
        const all = made.flatMap((resources) => alarmsOf(resources).map(([, { AlarmName }]) => AlarmName))
        expect(new Set(all).size).toBe(all.length)
      },
    ),
    { numRuns: 200 },
  )
})
