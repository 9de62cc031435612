/** Deployment: what the functions on AWS know of the configuration. Packaging writes it beside each bundle, checked. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Declared } from '#core/declarations.ts'
import { parseSecretRef } from '#core/secret-ref.ts'
import type { Retention, SecretRef, Target } from '#core/target.ts'
import type { NotifyTargets } from './notify/channels.ts'

export interface Deployment {
  schema: 1
  bucket: string // of the ledger
  prefix: string // without slashes at its ends; '' for the whole bucket
  retention: Retention | null
  targets: Target[]
  title: string // of the site
  declared?: Declared // of publish: what the files that the configuration named declared when it was packaged
  siteUrl?: string // of publish: at which the site is read
  notify?: NotifyTargets // of publish: where new findings are sent
  signingKey?: string // ARN of the key in KMS that signs seals; without one none is signed
}

/** The file's name, in the root of each function's package. */
export const DEPLOYMENT_FILE = 'deployment.json'

/**
 * Reads the deployment that was packaged with this function; throws one sentence when there is none to read. Files that it
 * names lie beside it, and are named absolutely here.
 */
export function loadDeployment(env: NodeJS.ProcessEnv = process.env): Deployment {
  const root = env.LAMBDA_TASK_ROOT ?? '.'
  const path = join(root, DEPLOYMENT_FILE)
  let deployment: Deployment
  try {
    deployment = JSON.parse(readFileSync(path, 'utf8')) as Deployment
  } catch (error) {
    throw new Error(`deployment ${path} cannot be read (${(error as Error).message}); package the function again`)
  }
  if (deployment.schema !== 1) {
    throw new Error(`deployment ${path} has schema ${deployment.schema}, not 1; package the function again`)
  }
  return { ...deployment, targets: deployment.targets.map((target) => withPackagedFiles(target, root)) }
}

function withPackagedFiles(target: Target, root: string): Target {
  const { tls } = target.auth
  if (tls === undefined) return target
  const located = Object.entries(tls).map(([use, ref]: [string, SecretRef]) => {
    const place = parseSecretRef(ref)
    return [use, place?.kind === 'file' ? `file:${resolve(root, place.path)}` : ref]
  })
  return { ...target, auth: { ...target.auth, tls: Object.fromEntries(located) } }
}
