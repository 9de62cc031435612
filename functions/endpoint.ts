/** A target's Prometheus as a place to GET from: its addresses, its credentials, and the connections kept to it. */
import * as http from 'node:http'
import * as https from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { Auth, SecretRef, Target } from '#core/target.ts'
import { addressPolicy } from './address.ts'
import type { GetError } from './failure.ts'
import { type GetOptions, getOnce, type HttpResponse } from './http.ts'
import { redaction } from './redaction.ts'
import { resolveSecret, type SecretOptions } from './secrets.ts'

type Limits = Pick<GetOptions, 'timeoutMs' | 'connectTimeoutMs' | 'maxWireBytes' | 'maxBodyBytes' | 'lookup'>

export interface EndpointOptions extends Limits {
  secrets?: SecretOptions
}

const MESSAGE_CHARACTERS = 300
const QUOTED_CHARACTERS = 16 << 10 // of an answer of any length, searched for credentials

/** Connections are kept for a target alone: another one may have another policy for the same address. */
const agents = new WeakMap<Target, http.Agent>()

/**
 * GETs a url of the target's Prometheus with the target's credentials and reads the answer. Where credentials or a
 * certificate are refused, the secrets are read anew, and if they are others by now, it is asked once more. What `read`
 * throws may quote the answer at any length: credentials that were sent back are taken out, and only then is it cut to a
 * sentence's length.
 */
export async function getFrom<Result>(
  target: Target,
  url: URL,
  accept: string,
  read: (response: HttpResponse) => Result | Promise<Result>,
  { secrets, ...limits }: EndpointOptions = {},
): Promise<Result> {
  // Loopback in Lambda is Lambda's own runtime interface and never a Prometheus.
  const policy = addressPolicy(target, !('AWS_LAMBDA_FUNCTION_NAME' in process.env))
  const options = { ...limits, policy, agent: agentOf(target), since: performance.now() }
  const ask = ({ authorization, authSource, tls }: Credentials) => {
    const headers = { accept, 'user-agent': 'wharfage', ...(authorization === '' ? {} : { authorization }) }
    return getOnce(url, { ...options, headers, authSource, tls })
  }
  let credentials = await credentialsOf(target.auth, secrets)
  let response: HttpResponse
  try {
    response = await ask(credentials)
  } catch (error) {
    if ((error as GetError).refused === null) throw error
    // A secret may have been rotated since it was kept in memory, or while the request was on its way.
    const renewed = await credentialsOf(target.auth, { ...secrets, notBefore: Date.now() }).catch((reason: Error) => {
      throw new Error(`${(error as GetError).message} (reading it anew failed: ${reason.message})`)
    })
    if (isDeepStrictEqual(renewed, credentials)) throw error
    credentials = renewed
    response = await ask(credentials)
  }
  try {
    return await read(response)
  } catch (error) {
    const message = redaction(credentials.authorization)((error as Error).message.slice(0, QUOTED_CHARACTERS))
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

interface Credentials {
  authorization: string // of the header; '' for none
  authSource: string | undefined // the reference it comes from
  tls: NonNullable<GetOptions['tls']>
}

async function credentialsOf({ bearer, basic, tls = {} }: Auth, options?: SecretOptions): Promise<Credentials> {
  const pems = Object.entries(tls).map(async ([kind, ref]) => [kind, await resolveSecret(ref, options)])
  const [authorization, certificates] = await Promise.all([
    authorizationOf({ bearer, basic }, options),
    Promise.all(pems),
  ])
  return { authorization, authSource: bearer ?? basic?.password, tls: Object.fromEntries(certificates) }
}

async function authorizationOf({ bearer, basic }: Auth, options?: SecretOptions): Promise<string> {
  if (bearer !== undefined) return `Bearer ${await token(bearer, options)}`
  if (basic === undefined) return ''
  const pair = `${basic.username}:${await password(basic.password, options)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

async function token(ref: SecretRef, options?: SecretOptions): Promise<string> {
  const text = await resolveSecret(ref, options)
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new Error(
      `secret ${ref} holds a character that no token has, such as a blank or a line break; put the token alone there`,
    )
  }
  return text
}

async function password(ref: SecretRef, options?: SecretOptions): Promise<string> {
  const text = await resolveSecret(ref, options)
  if (/\p{Cc}/u.test(text)) {
    throw new Error(`secret ${ref} holds a control character, such as a line break; put the password alone there`)
  }
  return text
}
