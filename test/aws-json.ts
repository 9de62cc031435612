/** The JSON protocols of SQS, Secrets Manager and KMS, as far as the functions speak them; all else is refused. */
import { createHash, randomUUID } from 'node:crypto'
import type { KmsKey } from './aws-kms.ts'

export interface JsonRequest {
  target: string // X-Amz-Target: 'AmazonSQS.SendMessageBatch'
  body: Record<string, unknown>
}

export interface JsonState {
  queues: Map<string, string[]> // by queue url: bodies of the messages, oldest first
  secrets: Map<string, string | Uint8Array> // by ARN; bytes: a binary secret
  keys: Map<string, KmsKey> // by ARN
  refuseMessage: ((body: string) => boolean) | null // entries of a batch that fail while the others are taken
}

/** An error as these services tell it: always 400 and a type. */
export class JsonError extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** Answers one call, whose signature is right already. */
export function answerJson({ target, body }: JsonRequest, state: JsonState): Record<string, unknown> {
  switch (target) {
    case 'AmazonSQS.SendMessage':
      return sent(queueOf(body, state), textOf(body, 'MessageBody'))
    case 'AmazonSQS.SendMessageBatch':
      return sendBatch(queueOf(body, state), body.Entries, state)
    case 'secretsmanager.GetSecretValue':
      return secretValue(textOf(body, 'SecretId'), state)
    case 'TrentService.GetPublicKey':
      return { ...about(body), PublicKey: base64(keyOf(body, state).publicKey), KeyUsage: 'SIGN_VERIFY' }
    case 'TrentService.Sign':
      return { ...about(body), Signature: base64(keyOf(body, state).sign(digestOf(body))) }
    default:
      throw new JsonError('UnknownOperationException', `${target} is not answered`)
  }
}

function queueOf(body: Record<string, unknown>, { queues }: JsonState): string[] {
  const queue = queues.get(textOf(body, 'QueueUrl'))
  if (queue === undefined) throw new JsonError('QueueDoesNotExist', 'The specified queue does not exist.')
  return queue
}

function sent(queue: string[], message: string): Record<string, unknown> {
  if (message === '') throw new JsonError('MissingParameter', 'The request must contain the parameter MessageBody.')
  queue.push(message)
  return { MessageId: randomUUID(), MD5OfMessageBody: md5(message) }
}

function sendBatch(queue: string[], given: unknown, { refuseMessage }: JsonState): Record<string, unknown> {
  const entries = (given ?? []) as { Id: string; MessageBody: string }[]
  if (entries.length === 0) throw new JsonError('EmptyBatchRequest', 'There should be at least one entry.')
  if (entries.length > 10) throw new JsonError('TooManyEntriesInBatchRequest', 'Maximum number of entries is 10.')
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new JsonError('BatchEntryIdsNotDistinct', 'Two or more batch entries have the same Id.')
  }
  if (!entries.every(({ Id }) => /^[A-Za-z0-9_-]{1,80}$/.test(Id))) {
    throw new JsonError('InvalidBatchEntryId', 'A batch entry id can only contain alphanumeric characters, - and _.')
  }
  const refused = entries.filter(({ MessageBody }) => refuseMessage?.(MessageBody) === true)
  const taken = entries.filter((entry) => !refused.includes(entry))
  return {
    Successful: taken.map(({ Id, MessageBody }) => ({ Id, ...sent(queue, MessageBody) })),
    Failed: refused.map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'try again', SenderFault: false })),
  }
}

function secretValue(id: string, { secrets }: JsonState): Record<string, unknown> {
  const value = secrets.get(id)
  if (value === undefined) {
    throw new JsonError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  }
  const about = {
    ARN: id,
    Name: id
      .split(':')
      .at(-1)
      ?.replace(/-[A-Za-z0-9]{6}$/, ''),
    VersionStages: ['AWSCURRENT'],
  }
  return typeof value === 'string'
    ? { ...about, SecretString: value }
    : { ...about, SecretBinary: Buffer.from(value).toString('base64') }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const about = ({ KeyId }: Record<string, unknown>) => ({ KeyId, KeySpec: 'ECC_NIST_P256' })

function keyOf(body: Record<string, unknown>, { keys }: JsonState): KmsKey {
  const key = keys.get(textOf(body, 'KeyId'))
  if (key === undefined) throw new JsonError('NotFoundException', `Key '${body.KeyId}' does not exist`)
  return key
}

function digestOf(body: Record<string, unknown>): Uint8Array {
  const digest = Buffer.from(textOf(body, 'Message'), 'base64')
  if (body.MessageType !== 'DIGEST' || body.SigningAlgorithm !== 'ECDSA_SHA_256' || digest.length !== 32) {
    throw new JsonError('ValidationException', 'Digest is invalid length for algorithm ECDSA_SHA_256.')
  }
  return digest
}

function textOf(body: Record<string, unknown>, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw new JsonError('MissingParameter', `The request must contain ${name}.`)
  return value
}
