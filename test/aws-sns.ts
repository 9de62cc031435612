/** The Query protocol of SNS, as far as publish speaks it; all else is refused. */
import { randomUUID } from 'node:crypto'
import { JsonError } from './aws-json.ts'

export interface SnsState {
  topics: Map<string, URLSearchParams[]> // by ARN: what was published, oldest first
}

/** Answers one call, whose signature is right already, in XML. */
export function answerSns(form: URLSearchParams, { topics }: SnsState): string {
  if (form.get('Action') !== 'Publish') throw new JsonError('InvalidAction', `${form.get('Action')} is not answered`)
  const topic = topics.get(form.get('TopicArn') ?? '')
  if (topic === undefined) throw new JsonError('NotFound', 'Topic does not exist')
  const { default: plain } = JSON.parse(form.get('Message') ?? '') as { default?: unknown }
  if (typeof plain !== 'string') throw new JsonError('InvalidParameter', 'Invalid parameter: Message Structure')
  topic.push(form)
  return `<PublishResponse xmlns="${NAMESPACE}"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult></PublishResponse>`
}

/** An error as SNS tells it; neither code nor message holds markup. */
export function snsErrorXml(code: string, message: string): string {
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`
}

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/'
