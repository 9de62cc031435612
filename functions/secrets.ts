/** Secrets: read from where the configuration says they are, when they are needed, and kept nowhere. */
import { readFile } from 'node:fs/promises'
import type { SecretRef } from '#core/target.ts'

/**
 * The value behind `env:NAME` or `file:PATH`, without one trailing line break. Throws when there is none, naming the
 * reference and never the value.
 */
export async function resolveSecret(ref: SecretRef, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const [, form, place] = /^(env|file):(.+)$/s.exec(ref) ?? []
  // What is no reference may well be the secret itself, pasted in its place: it is not repeated.
  if (form === undefined) throw new Error('a secret is given as env:NAME or file:PATH, and this is neither')
  const value = (form === 'env' ? fromEnvironment(place, env) : await fromFile(place)).replace(/\r?\n$/, '')
  if (value === '') throw new Error(`secret ${ref} is empty`)
  return value
}

/**
 * Takes the credentials of an Authorization header out of texts: a server may send back what it was sent, and errors
 * are written to logs and into the ledger.
 */
export function redaction(authorization: string): (text: string) => string {
  const credentials = authorization.slice(authorization.indexOf(' ') + 1)
  const decoded = Buffer.from(credentials, 'base64').toString('utf8')
  const secrets = /^basic /i.test(authorization)
    ? [credentials, decoded, decoded.slice(decoded.indexOf(':') + 1)]
    : [credentials]
  return (text) => secrets.filter(Boolean).reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text)
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name]
  if (value === undefined) throw new Error(`secret env:${name} is not there; set the environment variable ${name}`)
  return value
}

async function fromFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new Error(`secret file:${path} cannot be read (${code}); check that the file exists and who may read it`)
  }
}
