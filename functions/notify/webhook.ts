/**
 * A webhook: messages are posted as JSON. Its URL is a secret, since whoever knows it can post there: it is read when it is
 * needed, and never told, not even in part.
 */
import type { lookup } from 'node:dns'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Message } from '#core/findings/telling.ts'
import type { SecretRef } from '#core/target.ts'
import { type AddressPolicy, addressPolicy, checkLiteral, guardedLookup } from '../address.ts'
import { codeOf } from '../failure.ts'
import { resolveSecret, type SecretOptions } from '../secrets.ts'
import type { Channel } from './channel.ts'

export interface WebhookOptions {
  secrets?: SecretOptions
  lookup?: typeof lookup // of names; what it finds is checked
  ca?: string // PEM; certificates are always verified
  timeoutMs?: number // for everything, from the look-up of the name to the answer's head; default 10,000
}

const TIMEOUT_MS = 10_000

/**
 * The webhook behind a secret reference. It answers 2xx, or has not taken the message; what else it answers is not read,
 * and no redirect is followed. Addresses are checked as those of targets are.
 */
export function webhook(ref: SecretRef, options: WebhookOptions = {}): Channel {
  return {
    name: 'webhook',
    async send(message) {
      const url = await urlOf(ref, options.secrets)
      const status = await post(url, message, options).catch((error: Error) => {
        throw new Error(`webhook ${ref}: ${error.message}`)
      })
      if (status < 200 || status > 299) throw new Error(`webhook ${ref}: ${statusTold(status)}`)
    },
  }
}

/** Its own sentences only: those of others may hold what they were given. */
class WebhookError extends Error {}

async function urlOf(ref: SecretRef, secrets?: SecretOptions): Promise<URL> {
  const url = URL.parse(await resolveSecret(ref, secrets))
  if (url === null) throw new Error(`webhook ${ref}: what is there is no URL; write it like https://hooks.example/…`)
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new Error(`webhook ${ref}: its URL must begin with https://, or everybody on the way can read and use it`)
  }
  return url
}

/** The status of the answer to a message. */
async function post(url: URL, message: Message, options: WebhookOptions): Promise<number> {
  const { timeoutMs = TIMEOUT_MS } = options
  // Loopback in Lambda is Lambda's own runtime interface.
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  const policy = addressPolicy({ url: bare.href }, !('AWS_LAMBDA_FUNCTION_NAME' in process.env))
  try {
    checkLiteral(url.hostname, policy)
  } catch {
    throw new WebhookError(ADDRESS)
  }
  const request = requestTo({ url, bare }, message, policy, options)
  const late = setTimeout(() => {
    request.destroy(
      new WebhookError(`no answer within ${timeoutMs / 1000} s; it is sent again by the next publish of something new`),
    )
  }, timeoutMs)
  try {
    return await statusOf(request)
  } catch (error) {
    if (error instanceof WebhookError) throw error
    const code = codeOf(error)
    // The look-up refuses what must not be connected to in words of its own, and only these have no code.
    throw new WebhookError(
      code === '' ? ADDRESS : `the connection failed (${code}); check its URL, and firewalls on the way`,
    )
  } finally {
    clearTimeout(late)
    request.destroy()
  }
}

const ADDRESS = 'its host has an address that must not be connected to, such as loopback, link-local or of metadata'

function requestTo(
  { url, bare }: { url: URL; bare: URL }, // with and without the credentials that may stand in it
  message: Message,
  policy: AddressPolicy,
  options: WebhookOptions,
): http.ClientRequest {
  const { tellings: _, ...told } = message
  const body = Buffer.from(JSON.stringify(told))
  const { username, password } = url
  const request = (url.protocol === 'https:' ? https : http).request(bare, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      'idempotency-key': message.id,
      'user-agent': 'wharfage',
    },
    auth: username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
    lookup: guardedLookup(policy, options.lookup),
    ca: options.ca,
    rejectUnauthorized: true,
  })
  request.end(body)
  return request
}

function statusOf(request: http.ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    request.on('response', (response) => {
      response.on('error', () => {})
      resolve(response.statusCode ?? 0)
    })
    request.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve(101)
    })
    request.on('error', reject)
    request.on('close', () => reject(new WebhookError('the connection was closed before an answer came')))
  })
}

function statusTold(status: number): string {
  if (status >= 300 && status < 400) return `answered ${status}, a redirect, which is not followed; give the final URL`
  if (status === 429 || status >= 500)
    return `answered ${status}; it is sent again by the next publish of something new`
  return `answered ${status}; check its URL, and what it takes`
}
