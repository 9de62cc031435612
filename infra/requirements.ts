/** Requirements: what a configuration must fulfil to run on AWS, beyond what makes it a configuration. */
import { parseSecretRef } from '#core/secret-ref.ts'
import type { SecretRef, Target } from '#core/target.ts'
import { addressPolicy, checkLiteral } from '../functions/address.ts'
import type { AwsSettings, Config } from '../functions/config.ts'

/** A configuration that fulfils them. */
export type AwsConfig = Config & { store: { kind: 's3'; bucket: string; prefix: string }; aws: AwsSettings }

/** CloudFormation takes 500 resources in a stack, and each target has two alarms of its own. */
export const MAX_TARGETS = 200

/** Characters of all secrets' ARNs: a role's policies may have 10,240, and what else scrape may do takes its part. */
export const MAX_SECRETS = 7_000

/** One sentence for each requirement that is not met, with its place in the configuration; none when it can be packaged. */
export function unmetRequirements(config: Config): string[] {
  return [
    ...storeProblems(config),
    ...signingProblems(config),
    ...notifyProblems(config),
    ...awsProblems(config.aws),
    ...countProblems(config.targets),
    ...config.targets.flatMap((target, i) => targetProblems(target).map((problem) => `targets[${i}].${problem}`)),
  ]
}

function storeProblems({ store }: Config): string[] {
  if (store.kind === 'folder') {
    return ['store: is a folder, which a function on AWS does not keep; write s3://bucket/prefix']
  }
  const problems: string[] = []
  if (store.bucket.includes('.')) {
    problems.push(
      `store: bucket ${store.bucket} has a dot in its name, for which S3 has no certificate; choose one without dots`,
    )
  }
  return problems
}

function signingProblems({ signing }: Config): string[] {
  if (signing === null) return []
  if (signing.kind === 'file') {
    return [
      'signing.key: is a private key that would lie readable in the package of seal; name a key in KMS by its ARN',
    ]
  }
  if (/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/.test(signing.keyId)) return []
  return [
    `signing.kms: ${signing.keyId} is no ARN of a key, which the role of seal must name; write arn:aws:kms:…:key/…`,
  ]
}

function notifyProblems({ notify: { webhook } }: Config): string[] {
  const problem = webhook === null ? null : secretProblem(webhook)
  return problem === null ? [] : [`notify.webhook: ${problem}`]
}

function awsProblems(aws: AwsSettings | null): string[] {
  if (aws === null) return ['aws: is missing; give at least the region, as in aws: { region: eu-west-1 }']
  const { region, stack } = aws
  const problems: string[] = []
  if (/^(cn|us-gov|us-iso|eu-isoe)/.test(region)) {
    problems.push(
      `aws.region: ${region} has no CloudFront with a domain of its own, where the pages are read; choose another`,
    )
  }
  // The workgroup and the database have the stack's name.
  if (/^(primary|default)$/i.test(stack)) {
    problems.push(`aws.stack: ${stack} is a name that Athena uses itself in every account; choose another`)
  }
  return problems
}

function countProblems(targets: readonly Target[]): string[] {
  const problems: string[] = []
  if (targets.length > MAX_TARGETS) {
    problems.push(
      `targets: are ${targets.length}, and a stack has room for the alarms of ${MAX_TARGETS}; give the others to a second stack, with another aws.stack and another prefix in store`,
    )
  }
  const characters = secretArns(targets).join(',').length
  if (characters > MAX_SECRETS) {
    problems.push(
      `targets: name secrets whose ARNs have ${characters} characters, and the policy of scrape has room for ${MAX_SECRETS}; keep several values in one secret, as JSON, with :KEY behind its ARN`,
    )
  }
  return problems
}

/** ARNs of all secrets that scrapes read, each once, without the key inside, sorted. */
export function secretArns(targets: readonly Target[]): string[] {
  const refs = targets.flatMap(({ auth: { bearer, basic, tls } }) => [
    bearer,
    basic?.password,
    tls?.ca,
    tls?.cert,
    tls?.key,
  ])
  return [...new Set(refs.flatMap((ref) => (ref === undefined ? [] : arnsOf(ref))))].sort()
}

/** The ARN of a secret, without the key inside; none of what is no secret in Secrets Manager. */
export function arnsOf(ref: SecretRef): string[] {
  const place = parseSecretRef(ref)
  return place?.kind === 'secretsmanager' ? [place.arn] : []
}

function targetProblems({ url, intervalSeconds, auth }: Target): string[] {
  const problems: string[] = []
  if (intervalSeconds % 60 !== 0) {
    problems.push(
      `interval: must be a whole number of minutes, since the schedule ticks once a minute, not ${intervalSeconds}s`,
    )
  }
  const address = addressProblem(url)
  if (address !== null) problems.push(`url: ${address}`)
  const secret = (place: string, ref: SecretRef | undefined) => {
    const problem = ref === undefined ? null : secretProblem(ref)
    if (problem !== null) problems.push(`auth.${place}: ${problem}`)
  }
  const certificate = (place: string, ref: SecretRef | undefined) => {
    if (ref === undefined || ['file', 'secretsmanager'].includes(parseSecretRef(ref)?.kind ?? '')) return
    problems.push(`auth.${place}: is not set in a function's environment; give file:PATH, which is packaged, or an ARN`)
  }
  secret('bearer', auth.bearer)
  secret('basic.password', auth.basic?.password)
  certificate('tls.ca', auth.tls?.ca)
  certificate('tls.cert', auth.tls?.cert)
  secret('tls.key', auth.tls?.key)
  return problems
}

function addressProblem(url: string): string | null {
  if (addressPolicy({ url }).loopback) {
    return 'is loopback, where no Prometheus runs beside a function; give the address that reaches it from AWS'
  }
  try {
    checkLiteral(new URL(url).hostname, addressPolicy({ url }, false))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function secretProblem(ref: SecretRef): string | null {
  const advice = 'put it into Secrets Manager and give its ARN'
  switch (parseSecretRef(ref)?.kind) {
    case 'secretsmanager':
      return null
    case 'env':
      return `${ref} would stand readable in the function's configuration; ${advice}`
    case 'file':
      return `${ref} would lie readable in the function's package; ${advice}`
    default:
      return `is no reference to a secret; ${advice}`
  }
}
