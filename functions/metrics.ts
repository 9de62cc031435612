/**
 * Metrics: figures inside a log line, from which CloudWatch makes metrics (embedded metric format,
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */

/**
 * What alarms ask for, and nothing else: CloudWatch has its price for each metric in each hour that it is told of, so
 * everything else about a run is a field of its log line. Missing is "no data", which an alarm tells from zero.
 */
const UNITS = {
  // of a target
  HeadAgeSeconds: 'Seconds', // from its newest booked sample to now; only after a scrape that succeeded
  Failures: 'Count', // halted ones too; only of a scrape that failed
  Halted: 'Count', // somebody has to look; only of a scrape that halted
  // of the stack
  PublishFailures: 'Count',
  SealFailures: 'Count',
} as const

export type MetricName = keyof typeof UNITS
export type MetricValues = Partial<Record<MetricName, number>>

const NAMESPACE = 'Wharfage'

/**
 * What makes a log line carry metrics: fields for its root, at a time in ms since epoch. What is not a finite number is
 * left out; with nothing left there are no fields.
 */
export function metricFields(
  dimensions: { Stack: string; Target?: string },
  values: MetricValues,
  time: number,
): Record<string, unknown> {
  const known = Object.entries(values).filter(([, value]) => Number.isFinite(value)) as [MetricName, number][]
  if (known.length === 0) return {}
  return {
    _aws: {
      Timestamp: Math.round(time),
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: known.map(([Name]) => ({ Name, Unit: UNITS[Name] })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(known),
  }
}
