/** Secrets: read from where the configuration says they are, when they are needed, and never told to anybody else. */
import { readFile } from 'node:fs/promises'
import { parseSecretRef, SECRET_FORMS } from '#core/secret-ref.ts'
import type { SecretRef } from '#core/target.ts'
import { keptSecrets, type SecretReader } from './secrets-manager.ts'

export interface SecretOptions {
  env?: NodeJS.ProcessEnv
  notBefore?: number // ms since epoch; what was read from Secrets Manager earlier is read again. Default: 15 minutes ago
  manager?: SecretReader
}

const secretsManager = keptSecrets()

/**
 * The value behind a reference, without one trailing line break. Throws when there is none, naming the reference and
 * never the value.
 */
export async function resolveSecret(ref: SecretRef, options: SecretOptions = {}): Promise<string> {
  const place = parseSecretRef(ref)
  // What is no reference may well be the secret itself, pasted in its place: it is not repeated.
  if (place === null) throw new Error(`a secret is given as ${SECRET_FORMS}, and this is none of them`)
  let text: string
  if (place.kind === 'env') text = fromEnvironment(place.name, options.env ?? process.env)
  else if (place.kind === 'file') text = await fromFile(place.path)
  else {
    text = await (options.manager ?? secretsManager)(place, options.notBefore ?? 0)
    if (place.jsonKey !== null) text = fromJson(text, place.jsonKey, ref)
  }
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw new Error(`secret ${ref} is empty; put the value there`)
  return value
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

/** The text under a key of a JSON object. A parser's own message would quote what it read. */
function fromJson(text: string, key: string, ref: SecretRef): string {
  let object: unknown
  try {
    object = JSON.parse(text)
  } catch {
    throw new Error(`secret ${ref} is no JSON, so it has no keys; store it as JSON, or leave the key out`)
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new Error(`secret ${ref} is no JSON object, so it has no keys; store it as one, or leave the key out`)
  }
  const value = Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
  if (value === undefined) throw new Error(`secret ${ref} has no such key; check how it is spelt in the secret`)
  if (typeof value !== 'string') throw new Error(`secret ${ref} holds no text under its key; store it in quotes`)
  return value
}
