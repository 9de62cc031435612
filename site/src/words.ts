/** What the terms of Istio, Envoy, HTTP and gRPC say, in plain words. */
import type { DestinationClass, Protocol } from '#core/flow.ts'
import type { ClassSpan } from '#core/history.ts'
import type { Observation, ResponseRow } from '#core/report.ts'
import type { Attention } from '#core/reports/home.ts'
import { longDate } from './format.ts'

export const CLASSES: readonly DestinationClass[] = ['registered', 'passthrough', 'blocked']

export const CLASS_MEANING: Record<DestinationClass, string> = {
  registered: 'to hosts that a ServiceEntry declares',
  passthrough: 'to hosts that nothing declares',
  blocked: 'refused by the mesh; nothing left',
}

export const PROTOCOL_NAME: Record<Protocol, string> = { http: 'HTTP', grpc: 'gRPC', tcp: 'TCP' }

export const OBSERVATION_NAME: Record<Observation, string> = {
  observed: 'whole',
  partial: 'partial',
  none: 'no data',
  pending: 'not yet',
}

/** Time without data whose turn is still to come, or that was over before recording began. */
export function pendingName(provisional: boolean): string {
  return provisional ? OBSERVATION_NAME.pending : 'not recorded'
}

export const ATTENTION_NAME: Record<Attention['kind'], string> = {
  'new-destination': 'new destination',
  'returned-destination': 'returned',
  'vanished-destination': 'vanished',
  'new-pair': 'new caller',
  'class-change': 'class changed',
  'volume-jump': 'volume',
  'error-jump': 'errors',
  'blocked-burst': 'blocked burst',
  failing: 'failing',
  refused: 'refused',
  gap: 'gap',
  stale: 'stale',
}

const HTTP_CODE: Record<string, string> = {
  '0': 'no response',
  '-': 'no response',
  '101': 'switching protocols',
  '200': 'OK',
  '201': 'created',
  '202': 'accepted',
  '204': 'no content',
  '206': 'partial content',
  '301': 'moved permanently',
  '302': 'found',
  '303': 'see other',
  '304': 'not modified',
  '307': 'temporary redirect',
  '308': 'permanent redirect',
  '400': 'bad request',
  '401': 'unauthorized',
  '403': 'forbidden',
  '404': 'not found',
  '405': 'method not allowed',
  '408': 'request timeout',
  '409': 'conflict',
  '410': 'gone',
  '413': 'content too large',
  '422': 'unprocessable content',
  '429': 'too many requests',
  '500': 'internal server error',
  '501': 'not implemented',
  '502': 'bad gateway',
  '503': 'service unavailable',
  '504': 'gateway timeout',
}

const GRPC_STATUS = [
  'OK',
  'cancelled',
  'unknown',
  'invalid argument',
  'deadline exceeded',
  'not found',
  'already exists',
  'permission denied',
  'resource exhausted',
  'failed precondition',
  'aborted',
  'out of range',
  'unimplemented',
  'internal',
  'unavailable',
  'data loss',
  'unauthenticated',
]

// https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators
const RESPONSE_FLAG: Record<string, string> = {
  DC: 'client closed the connection',
  DF: 'name not resolved',
  DI: 'delayed by fault injection',
  DO: 'dropped by overload manager',
  DPE: 'client broke the protocol',
  DR: 'client reset the stream',
  DT: 'connection lasted too long',
  FI: 'aborted by fault injection',
  IH: 'invalid header value',
  LH: 'local health check failed',
  LR: 'reset by the proxy',
  NC: 'cluster not found',
  NFCF: 'no filter configuration',
  NR: 'no route',
  OM: 'refused by overload manager',
  RFCF: 'answered from cache',
  RL: 'rate limited',
  RLSE: 'rate limit service failed',
  SI: 'idle stream timed out',
  UAEX: 'denied by external authorization',
  UC: 'upstream closed the connection',
  UF: 'upstream connection failed',
  UH: 'no healthy upstream',
  UMSDR: 'stream lasted too long',
  UO: 'circuit breaker open',
  UPE: 'upstream broke the protocol',
  UR: 'upstream reset the stream',
  URX: 'retries or connection attempts used up',
  UT: 'upstream timed out',
}

/** Classes over time in a sentence: 'Passthrough from 19 October to 3 November 2026; registered since 4 November 2026.' */
export function spanWords(classes: readonly ClassSpan[], last: string): string {
  const began = classes[0]?.first
  const words = classes.map(({ destinationClass, first, last: end }) => {
    if (first === end && (end !== last || first === began)) return `${destinationClass} on ${longDate(first)}`
    if (end === last) return `${destinationClass} since ${longDate(first)}`
    return `${destinationClass} from ${longDate(first)} to ${longDate(end)}`
  })
  const sentence = words.join('; ')
  return sentence === '' ? '' : `${sentence[0].toUpperCase()}${sentence.slice(1)}.`
}

/** A response code in words; '' for one that has no standard meaning. */
export function codeWords({ protocol, code }: Pick<ResponseRow, 'protocol' | 'code'>): string {
  if (protocol === 'tcp') return code === '' ? 'TCP connection' : ''
  const status = /^grpc (\d+)$/.exec(code)
  if (status) return GRPC_STATUS[Number(status[1])] ?? ''
  return Object.hasOwn(HTTP_CODE, code) ? HTTP_CODE[code] : ''
}

/** How a request or connection ended, in words; a connection has no code, but failed or was refused. */
export function responseWords(row: Pick<ResponseRow, 'protocol' | 'code' | 'destinationClass' | 'failed'>): string {
  if (row.protocol !== 'tcp') return codeWords(row)
  if (row.destinationClass === 'blocked') return 'TCP connection refused'
  return row.failed ? 'TCP connection failed' : codeWords(row)
}

/** Envoy's response flags in words; a flag without known words stays as it is. */
export function flagWords(flags: string): string {
  if (flags === '-' || flags === '') return ''
  return flags
    .split(',')
    .map((flag) => (Object.hasOwn(RESPONSE_FLAG, flag) ? RESPONSE_FLAG[flag] : flag))
    .join('; ')
}
