/** Events as AWS's services hand them to a function. */
import { createHash, randomUUID } from 'node:crypto'
import type { ScheduledEvent, SQSEvent, SQSRecord } from 'aws-lambda'

/** The event of an EventBridge rule's schedule; time in ms since epoch, of which EventBridge tells whole seconds. */
export function scheduledEvent(ruleArn: string, time: number): ScheduledEvent {
  const [, , , region, account] = ruleArn.split(':')
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region,
    resources: [ruleArn],
    detail: {},
  }
}

/** The event of a queue: one record for each body. */
export function sqsEvent(queueArn: string, bodies: readonly string[]): SQSEvent {
  return { Records: bodies.map((body) => sqsRecord(queueArn, body)) }
}

function sqsRecord(queueArn: string, body: string): SQSRecord {
  const [, , , region, account] = queueArn.split(':')
  const now = `${Date.now()}`
  return {
    messageId: randomUUID(),
    receiptHandle: Buffer.from(randomUUID()).toString('base64'),
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: now,
      SenderId: `AROAEXAMPLE:${account}`,
      ApproximateFirstReceiveTimestamp: now,
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  }
}
