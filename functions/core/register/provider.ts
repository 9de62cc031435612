/**
 * Providers: what the name of a cloud's own host says of who runs it, in which region, and which service it is, by that
 * cloud's naming alone. Hosts are spelt as the ledger spells them: in lower case, without port and trailing dot.
 */

export interface NamedPlace {
  provider: string // '' when the name says nothing
  region: string // likewise
}

export interface ServicePlace extends NamedPlace {
  service: string // as its provider calls its endpoint: 's3', 'dynamodb', 'ecr', 'storage', 'blob'; '' when the name says nothing
  isEndpoint: boolean // the name of an interface endpoint itself, which stands inside a customer's network
}

const AWS_REGION = '[a-z]{2}(?:-(?:gov|iso[a-z]?))?-(?:north|south|east|west|central)[a-z]*-[1-9]'
const GCP_REGION = '[a-z]{2,12}-(?:north|south|east|west|central)[a-z]*[1-9][0-9]?'
const AZURE_REGION = '[a-z]{4,30}[1-9]?'

const AWS = '\\.(?:amazonaws\\.com(?:\\.cn)?|api\\.aws|on\\.aws)$'
const LABEL = '[a-z0-9][a-z0-9-]*'
/** What AWS runs for a customer at an address of its own, which stands behind the region. */
const AWS_OWN = 'rds|elb|es|aoss|redshift|docdb|neptune|compute|eks|queue'

interface Naming {
  provider: string
  name: RegExp
  service?: string // where the pattern itself stands for one
  region?: string // likewise
}

/**
 * A label counts only where the cloud and not its customer chooses it: before `s3.amazonaws.com` stands a bucket, which may
 * be called eu-west-1, dynamodb or both.
 */
const NAMINGS: readonly Naming[] = [
  naming('aws', `(?:^|\\.)s3-(?:website-|fips-)?(?<region>${AWS_REGION})\\.amazonaws\\.com(?:\\.cn)?$`, 's3'),
  naming('aws', '(?:^|\\.)s3-external-1\\.amazonaws\\.com$', 's3', 'us-east-1'),
  naming('aws', '\\.compute-1\\.amazonaws\\.com$', 'compute', 'us-east-1'),
  naming(
    'aws',
    `(?:^|\\.)streams\\.dynamodb(?:-fips)?\\.(?<region>${AWS_REGION})(?:\\.vpce)?${AWS}`,
    'dynamodb-streams',
  ),
  naming('aws', `(?:^|\\.)(?<service>${LABEL})(?:\\.dualstack)?\\.(?<region>${AWS_REGION})(?:\\.vpce)?${AWS}`),
  naming('aws', `(?:^|\\.)(?<region>${AWS_REGION})\\.(?<service>${AWS_OWN})\\.amazonaws\\.com(?:\\.cn)?$`),
  naming('aws', `(?:^|\\.)(?<region>${AWS_REGION})${AWS}`),
  naming('aws', `(?:^|\\.)(?!(?:${AWS_REGION}|vpce)\\.)(?<service>${LABEL})\\.amazonaws\\.com(?:\\.cn)?$`),
  naming('aws', '(?:^|\\.)(?:amazonaws\\.com(?:\\.cn)?|api\\.aws|on\\.aws)$'),
  naming('gcp', `(?:^|\\.)(?<service>${LABEL})\\.(?<region>${GCP_REGION})\\.rep\\.googleapis\\.com$`),
  naming('gcp', `\\.(?<region>${GCP_REGION})\\.rep\\.googleapis\\.com$`),
  naming('gcp', `^(?<region>${GCP_REGION})-(?<service>${LABEL})\\.googleapis\\.com$`),
  naming('gcp', `^(?<region>${GCP_REGION})-${LABEL}\\.pkg\\.dev$`, 'artifactregistry'),
  naming('gcp', `^(?<region>${GCP_REGION})-${LABEL}\\.cloudfunctions\\.net$`, 'cloudfunctions'),
  naming('gcp', `\\.(?<region>${GCP_REGION})\\.run\\.app$`, 'run'),
  naming('gcp', '(?:^|\\.)(?:private|restricted|rep)\\.googleapis\\.com$'),
  naming('gcp', `(?:^|\\.)(?<service>${LABEL})\\.googleapis\\.com$`),
  naming('gcp', '(?:^|\\.)run\\.app$', 'run'),
  naming('gcp', '(?:^|\\.)cloudfunctions\\.net$', 'cloudfunctions'),
  naming('gcp', '(?:^|\\.)pkg\\.dev$', 'artifactregistry'),
  naming('gcp', '(?:^|\\.)gcr\\.io$', 'containerregistry'),
  naming('gcp', '(?:^|\\.)googleapis\\.com$'),
  naming('azure', `\\.(?<region>${AZURE_REGION})\\.(?<service>cloudapp)\\.azure\\.com$`),
  naming('azure', `\\.(?<region>${AZURE_REGION})\\.azmk8s\\.io$`, 'aks'),
  naming('azure', `\\.(?<region>${AZURE_REGION})\\.azurecontainerapps\\.io$`, 'containerapps'),
  naming('azure', `\\.(?<region>${AZURE_REGION})\\.data\\.azurecr\\.io$`, 'acr'),
  naming('azure', '(?:^|\\.)(?<service>blob|dfs|file|queue|table|web)\\.core\\.windows\\.net$'),
  naming('azure', '\\.z[0-9]{1,2}\\.(?<service>blob|dfs|file|queue|table|web)\\.storage\\.azure\\.net$'),
  naming('azure', '(?:^|\\.)(?:vault|vaultcore)\\.azure\\.net$', 'keyvault'),
  naming('azure', '(?:^|\\.)azurecr\\.io$', 'acr'),
  naming('azure', '(?:^|\\.)database\\.windows\\.net$', 'sql'),
  naming('azure', '(?:^|\\.)documents\\.azure\\.com$', 'cosmosdb'),
  naming('azure', '(?:^|\\.)servicebus\\.windows\\.net$', 'servicebus'),
  naming('azure', '(?:^|\\.)(?:azure\\.com|core\\.windows\\.net|azurewebsites\\.net|azmk8s\\.io)$'),
]

/** The labels of services that go by another name elsewhere, by provider. */
const SERVICES: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  aws: new Map([
    ['s3-accesspoint', 's3'],
    ['s3-control', 's3'],
    ['s3-website', 's3'],
    ['ddb', 'dynamodb'],
    ['dkr-ecr', 'ecr'],
    ['queue', 'sqs'],
    ['kinesis', 'kinesis-streams'],
    ['control-kinesis', 'kinesis-streams'],
    ['data-kinesis', 'kinesis-streams'],
    ['firehose', 'kinesis-firehose'],
    ['cache', 'elasticache'],
  ]),
  gcp: new Map([['commondatastorage', 'storage']]),
}

const NOTHING: ServicePlace = { provider: '', region: '', service: '', isEndpoint: false }

/** What a host's name says of its service and place; a wildcard says what every name under it would. */
export function servicePlace(host: string): ServicePlace {
  for (const { provider, name, service, region } of NAMINGS) {
    const found = name.exec(host)
    if (found === null) continue
    const place = region ?? found.groups?.region ?? ''
    if (provider === 'aws' && place !== '' && isChinese(place) !== host.endsWith('.cn')) continue
    const label = found.groups?.service ?? ''
    const isEndpoint = provider === 'aws' && /\.vpce\.amazonaws\.com(?:\.cn)?$/.test(host)
    return { provider, region: place, service: service ?? serviceOf(provider, label), isEndpoint }
  }
  return NOTHING
}

/** Where a host is by its name. */
export function placeByName(host: string): NamedPlace {
  const { provider, region } = servicePlace(host)
  return { provider, region }
}

/** True for AWS regions in China, which are a cloud apart: between them and all others lies the internet. */
export function isChinese(awsRegion: string): boolean {
  return awsRegion.startsWith('cn-')
}

function serviceOf(provider: string, label: string): string {
  if (provider !== 'aws') return SERVICES[provider]?.get(label) ?? label
  // vpce-svc-… is anybody's service that is reached through an endpoint.
  if (label.startsWith('vpce-')) return ''
  if (label.startsWith('s3express-')) return 's3express'
  const plain = label.replace(/-fips$/, '')
  return SERVICES.aws.get(plain) ?? plain
}

function naming(provider: string, name: string, service?: string, region?: string): Naming {
  return { provider, name: new RegExp(name), service, region }
}
