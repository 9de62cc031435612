/** Requirements: what a configuration must fulfil to run on AWS, beyond what makes it a configuration. */
import { parseSecretRef } from '#core/secret-ref.ts'
import type { SecretRef, Target } from '#core/target.ts'
import { addressPolicy, checkLiteral } from '../functions/address.ts'
import type { AwsSettings, Config } from '../functions/config.ts'

/** A configuration that fulfils them. */
export type AwsConfig = Config & { store: { kind: 's3'; bucket: string; prefix: string }; aws: AwsSettings }

/** What the name of the bucket of the pages has behind the ledger's. */
export const SITE_SUFFIX = '-site'

const BUCKET_NAME_MAX = 63

/** One sentence for each requirement that is not met, with its place in the configuration; none when it can be packaged. */
export function unmetRequirements(config: Config): string[] {
  return [
    ...storeProblems(config),
    ...(config.aws === null ? ['aws: is missing; give at least the region, as in aws: { region: eu-west-1 }'] : []),
    ...config.targets.flatMap((target, i) => targetProblems(target).map((problem) => `targets[${i}].${problem}`)),
  ]
}

function storeProblems({ store }: Config): string[] {
  if (store.kind === 'folder') {
    return ['store: is a folder, which a function on AWS does not keep; write s3://bucket/prefix']
  }
  const problems: string[] = []
  const site = store.bucket + SITE_SUFFIX
  if (site.length > BUCKET_NAME_MAX) {
    const most = BUCKET_NAME_MAX - SITE_SUFFIX.length
    problems.push(
      `store: bucket ${store.bucket} has ${store.bucket.length} characters and may have ${most}, since ${site} is the bucket of the pages; choose a shorter name`,
    )
  }
  if (store.bucket.includes('.')) {
    problems.push(
      `store: bucket ${store.bucket} has a dot in its name, for which S3 has no certificate; choose one without dots`,
    )
  }
  return problems
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
