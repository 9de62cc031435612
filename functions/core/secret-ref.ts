/** References to secrets: what the configuration says in a secret's place. Never a value. */
import type { SecretRef } from '#core/target.ts'

export type SecretPlace =
  | { kind: 'env'; name: string }
  | { kind: 'file'; path: string }
  | { kind: 'secretsmanager'; arn: string; region: string; jsonKey: string | null } // jsonKey null: the whole secret

/** The references that are understood, for sentences about one that is not. */
export const SECRET_FORMS = 'env:NAME, file:PATH or the ARN of a secret in Secrets Manager'

const ENV = /^env:([A-Za-z_][A-Za-z0-9_]*)$/
const FILE = /^file:([^\0]+)$/
// With the six characters that Secrets Manager puts at a name's end; a key as container definitions spell it, too.
const SECRET_ARN =
  /^(arn:aws(?:-cn|-us-gov)?:secretsmanager:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6})(?::([^:\p{Cc}]+)(?:::)?)?$/u

/** Where a reference points to; null when it is none, and may then be the secret itself, pasted in its place. */
export function parseSecretRef(ref: SecretRef): SecretPlace | null {
  const name = ENV.exec(ref)?.[1]
  if (name !== undefined) return { kind: 'env', name }
  const path = FILE.exec(ref)?.[1]
  if (path !== undefined) return { kind: 'file', path }
  const [, arn, region, jsonKey = null] = SECRET_ARN.exec(ref) ?? []
  return arn === undefined ? null : { kind: 'secretsmanager', arn, region, jsonKey }
}
