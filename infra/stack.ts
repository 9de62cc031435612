/** Stack: what the template and the functions are told of a configuration. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseSecretRef } from '#core/secret-ref.ts'
import type { Auth, SecretRef, Target } from '#core/target.ts'
import type { AwsSettings, Config } from '../functions/config.ts'
import { loadDeclared } from '../functions/declared.ts'
import type { Deployment } from '../functions/deployment.ts'
import { resolveSecret } from '../functions/secrets.ts'
import type { FunctionName } from './bundle.ts'
import { type AwsConfig, arnsOf, secretArns } from './requirements.ts'
import { viewerFunction, viewerPasswordHash } from './viewer.ts'

/** What serverless.yml and infra/*.yml read, as `${self:custom.stack.…}`. */
export interface Stack {
  name: string
  region: string
  bucket: string // of the ledger
  prefix: string // of every key of the ledger: '' or with a slash at its end
  data: 'data' | 'data-existing' // which of infra/*.yml tells of the ledger's bucket
  retention: boolean // whether immutable objects are written with one
  vpc: { securityGroupIds: string[]; subnetIds: string[] } | null // where scrape runs
  scrapeConcurrency: number // of scrape, each run taking up to ten targets
  scrapeMemory: number // MB
  secrets: string[] // ARNs that scrape reads, sorted
  topic: string | null // ARN of the SNS topic to which publish sends new findings
  webhookSecrets: string[] // ARN of the secret that holds the URL to which it posts them
  signingKey: string | null // ARN of the key in KMS with which seal signs
  viewer: string // source of the function that decides who may read the pages
}

/** The stack of a configuration; throws one sentence when the password of the pages cannot be had or could be guessed. */
export async function stackOf({ aws, store, targets, retention, signing, notify }: AwsConfig): Promise<Stack> {
  return {
    name: aws.stack,
    region: aws.region,
    bucket: store.bucket,
    prefix: store.prefix === '' ? '' : `${store.prefix}/`,
    data: aws.bucket === 'existing' ? 'data-existing' : 'data',
    retention: retention !== null,
    vpc: aws.vpc === null ? null : { securityGroupIds: aws.vpc.securityGroups, subnetIds: aws.vpc.subnets },
    scrapeConcurrency: Math.max(2, 2 * Math.ceil(targets.length / 10)),
    scrapeMemory: aws.scrapeMemory,
    secrets: secretArns(targets),
    topic: notify.sns,
    webhookSecrets: notify.webhook === null ? [] : arnsOf(notify.webhook),
    signingKey: signing?.kind === 'kms' ? signing.keyId : null,
    viewer: viewerFunction(aws, await passwordHash(aws)),
  }
}

/** What is wrong with the password and the certificates that packaging reads, one sentence each. */
export async function unreadable({ aws, targets }: Config): Promise<string[]> {
  const certificates = targets.flatMap(({ name, auth: { tls } }) =>
    (['ca', 'cert'] as const).map((use) => packedCertificate(tls?.[use], name, use)),
  )
  const read = await Promise.allSettled([aws === null ? null : passwordHash(aws), ...certificates])
  return read.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).message] : []))
}

async function passwordHash({ stack, viewers }: AwsSettings): Promise<string | null> {
  if (viewers.password === null) return null
  let password: string
  try {
    password = await resolveSecret(viewers.password)
  } catch (error) {
    throw new Error(`aws.viewers.password: ${(error as Error).message}`)
  }
  return viewerPasswordHash(password, stack)
}

/** A function's deployment and, by path in its package, the certificates it names. */
export interface DeploymentFiles {
  deployment: Deployment
  certificates: Map<string, Uint8Array>
}

/**
 * What one function is told. Only scrape talks to Prometheus, so only scrape is told how to authenticate. Throws one
 * sentence when a certificate cannot be read, is none, or has a private key beside it.
 */
export async function deploymentOf(config: AwsConfig, name: FunctionName): Promise<DeploymentFiles> {
  const certificates = new Map<string, Uint8Array>()
  const pack = async (ref: SecretRef | undefined, target: string, use: 'ca' | 'cert') => {
    const bytes = await packedCertificate(ref, target, use)
    if (bytes === null) return ref
    const path = `certs/${target}-${use}.pem`
    certificates.set(path, bytes)
    return `file:${path}`
  }
  const targets: Target[] = []
  for (const target of config.targets) {
    const auth: Auth = name === 'scrape' ? { ...target.auth } : {}
    if (auth.tls !== undefined) {
      const { ca, cert, key } = auth.tls
      const packed = { ca: await pack(ca, target.name, 'ca'), cert: await pack(cert, target.name, 'cert'), key }
      auth.tls = Object.fromEntries(Object.entries(packed).filter(([, ref]) => ref !== undefined))
    }
    targets.push({ ...target, auth })
  }
  const { store, retention, site, signing, notify } = config
  const deployment: Deployment = {
    schema: 1,
    bucket: store.bucket,
    prefix: store.prefix,
    retention,
    targets,
    title: site.title,
    ...(name === 'publish' && {
      declared: await loadDeclared(config),
      notify,
      ...(site.url !== null && { siteUrl: site.url }),
    }),
    ...(name === 'seal' && signing?.kind === 'kms' && { signingKey: signing.keyId }),
  }
  return { deployment, certificates }
}

/** A certificate that goes into the package; null for one that lies in Secrets Manager, or none. */
async function packedCertificate(
  ref: SecretRef | undefined,
  target: string,
  use: 'ca' | 'cert',
): Promise<Uint8Array | null> {
  const place = ref === undefined ? null : parseSecretRef(ref)
  return place?.kind === 'file' ? readCertificate(place.path, `targets ${target}: auth.tls.${use}`) : null
}

async function readCertificate(path: string, where: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${where}: file ${path} cannot be read (${code}); check that it exists and who may read it`)
  }
  const text = new TextDecoder().decode(bytes)
  if (/PRIVATE KEY/.test(text)) {
    throw new Error(
      `${where}: file ${basename(path)} holds a private key, which would lie readable in the package; take it out`,
    )
  }
  if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(text)) {
    throw new Error(
      `${where}: file ${basename(path)} holds no PEM certificate; give one that begins -----BEGIN CERTIFICATE-----`,
    )
  }
  return bytes
}
