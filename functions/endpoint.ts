/** A target's Prometheus as a place to GET from: its addresses, its credentials, and the connections kept to it. */
import * as http from 'node:http'
import * as https from 'node:https'
import type { Auth, Target } from '#core/target.ts'
import { addressPolicy } from './address.ts'
import { type GetOptions, getOnce, type HttpResponse } from './http.ts'
import { redaction, resolveSecret } from './secrets.ts'

export type EndpointOptions = Pick<GetOptions, 'timeoutMs' | 'connectTimeoutMs' | 'maxWireBytes' | 'maxBodyBytes'>

const MESSAGE_CHARACTERS = 300

/** Connections are kept for a target alone: another one may have another policy for the same address. */
const agents = new WeakMap<Target, http.Agent>()

/**
 * GETs a url of the target's Prometheus with the target's credentials, read anew each time so that they can be rotated,
 * and reads the answer. What `read` throws may quote the answer at any length: credentials that were sent back are taken
 * out, and only then is it cut to a sentence's length.
 */
export async function getFrom<Result>(
  target: Target,
  url: URL,
  accept: string,
  read: (response: HttpResponse) => Result,
  limits: EndpointOptions = {},
): Promise<Result> {
  const [authorization, tls] = await Promise.all([authorizationOf(target.auth), certificatesOf(target.auth)])
  const headers = { accept, 'user-agent': 'wharfage', ...(authorization === null ? {} : { authorization }) }
  // Loopback in Lambda is Lambda's own runtime interface and never a Prometheus.
  const policy = addressPolicy(target, !('AWS_LAMBDA_FUNCTION_NAME' in process.env))
  const response = await getOnce(url, { ...limits, headers, agent: agentOf(target), policy, tls })
  try {
    return read(response)
  } catch (error) {
    const message = redaction(authorization ?? '')((error as Error).message)
    throw new Error(message.length > MESSAGE_CHARACTERS ? `${message.slice(0, MESSAGE_CHARACTERS)}…` : message)
  }
}

function agentOf(target: Target): http.Agent {
  const known = agents.get(target)
  if (known !== undefined) return known
  // Idle for longer, a connection may be forgotten by what lies between, and the next request would wait in vain.
  const options = { keepAlive: true, maxFreeSockets: 2, timeout: 30_000 }
  const agent = /^https:/i.test(target.url) ? new https.Agent(options) : new http.Agent(options)
  agents.set(target, agent)
  return agent
}

async function authorizationOf({ bearer, basic }: Auth): Promise<string | null> {
  if (bearer !== undefined) return `Bearer ${await headerSecret(bearer)}`
  if (basic === undefined) return null
  const credentials = `${basic.username}:${await resolveSecret(basic.password)}`
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

async function headerSecret(ref: string): Promise<string> {
  const token = await resolveSecret(ref)
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`secret ${ref} holds a character that no token has`)
  return token
}

async function certificatesOf({ tls = {} }: Auth): Promise<NonNullable<GetOptions['tls']>> {
  const entries = Object.entries(tls).map(async ([kind, ref]) => [kind, await resolveSecret(ref)] as const)
  return Object.fromEntries(await Promise.all(entries))
}
