/** An SNS topic: messages are published as JSON, and to mail and telephones in words. */
import type { Message } from '#core/findings/telling.ts'
import { within } from '../deadline.ts'
import type { Channel } from './channel.ts'

export interface SnsOptions {
  endpoint?: string // by default that of the topic's region
  timeoutMs?: number // for everything; default 10,000
}

const CONNECT_MS = 2_000
const TIMEOUT_MS = 10_000
const ATTEMPTS = 3
const SUBJECT_LENGTH = 100 // characters of ASCII; SNS takes no others
const SMS_LENGTH = 140
const LATE = 'late'

/** The topic with an ARN. A topic that is FIFO drops what it is sent twice within five minutes. */
export function snsTopic(arn: string, { endpoint, timeoutMs = TIMEOUT_MS }: SnsOptions = {}): Channel {
  const [, , , region] = arn.split(':')
  return {
    name: 'sns',
    async send(message) {
      const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns')
      const client = new SNSClient({
        region,
        endpoint,
        maxAttempts: ATTEMPTS,
        requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
      })
      try {
        const sent = client.send(new PublishCommand(publication(arn, message)))
        // The search for credentials, before the request, ends by no time-out of a request.
        await within(timeoutMs, sent, LATE)
      } catch (error) {
        throw new Error(`sns topic ${arn}: ${failure(error as Error, timeoutMs)}`)
      } finally {
        client.destroy()
      }
    },
  }
}

/** What is published: for each protocol its own form, JSON for programs and words for people. */
function publication(TopicArn: string, { tellings: _, ...message }: Message) {
  const [head] = message.text.split('\n', 1)
  const json = JSON.stringify(message)
  return {
    TopicArn,
    Subject: plainSubject(head),
    MessageStructure: 'json',
    Message: JSON.stringify({ default: json, email: message.text, sms: head.slice(0, SMS_LENGTH) }),
    MessageAttributes: {
      severity: { DataType: 'String', StringValue: message.findings[0].severity }, // the highest; filters can ask for it
    },
    ...(TopicArn.endsWith('.fifo') ? { MessageGroupId: 'findings', MessageDeduplicationId: message.id } : {}),
  }
}

/** ASCII on one line that begins with a letter or digit, as SNS demands of a subject. */
function plainSubject(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]+/g, '?').replace(/^[^A-Za-z0-9]+/, '')
  return (plain === '' ? 'New findings' : plain).slice(0, SUBJECT_LENGTH)
}

/** What is wrong, by the error's name alone: its message is the server's, and may hold anything. */
function failure({ name, message }: Error, timeoutMs: number): string {
  switch (message === LATE ? 'TimeoutError' : name) {
    case 'NotFoundException':
    case 'NotFound':
      return 'there is no such topic; check its ARN and region'
    case 'AuthorizationErrorException':
    case 'AuthorizationError':
    case 'AccessDeniedException':
      return 'may not be published to; allow this role sns:Publish on it, and the topic’s key where it has one'
    case 'CredentialsProviderError':
      return 'cannot be published to without AWS credentials; give this process a role or a profile'
    case 'AbortError':
    case 'TimeoutError':
      return `did not take the message within ${timeoutMs / 1000} s; it is sent again by the next publish of something new`
    default:
      return `did not take the message (${/^\w{1,64}$/.test(name) ? name : 'Error'}); it is sent again by the next publish of something new`
  }
}
