/** Providers: what the name of a cloud's own host says of who runs it and in which region, by that cloud's naming alone. */

export interface NamedPlace {
  provider: string // '' when the name says nothing
  region: string // likewise
}

const AWS_REGION = '[a-z]{2}(?:-(?:gov|iso[a-z]?))?-(?:north|south|east|west|central)[a-z]*-[1-9]'
const GCP_REGION = '[a-z]{2,12}-(?:north|south|east|west|central)[a-z]*[1-9][0-9]?'
const AZURE_REGION = '[a-z]{4,30}[1-9]?'

/**
 * A region counts only where the cloud and not its customer chooses the label: before `s3.amazonaws.com` stands a bucket,
 * which may be called eu-west-1.
 */
const NAMINGS: readonly [provider: string, naming: RegExp][] = [
  ['aws', new RegExp(`(?:^|\\.)(?:s3-(?:website-)?)?(?<region>${AWS_REGION})\\.amazonaws\\.com(?:\\.cn)?$`)],
  ['aws', new RegExp(`\\.(?<region>${AWS_REGION})\\.(?:rds|elb|es|redshift)\\.amazonaws\\.com(?:\\.cn)?$`)],
  ['aws', new RegExp(`\\.(?<region>${AWS_REGION})\\.(?:api\\.aws|on\\.aws)$`)],
  ['aws', /(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws|on\.aws)$/],
  ['gcp', new RegExp(`^(?<region>${GCP_REGION})-[a-z0-9-]+\\.(?:cloudfunctions\\.net|googleapis\\.com|pkg\\.dev)$`)],
  ['gcp', new RegExp(`\\.(?<region>${GCP_REGION})\\.(?:run\\.app|rep\\.googleapis\\.com)$`)],
  ['gcp', /(?:^|\.)(?:googleapis\.com|run\.app|cloudfunctions\.net|pkg\.dev)$/],
  [
    'azure',
    new RegExp(`\\.(?<region>${AZURE_REGION})\\.(?:cloudapp\\.azure\\.com|azmk8s\\.io|azurecontainerapps\\.io)$`),
  ],
  ['azure', /(?:^|\.)(?:azure\.com|core\.windows\.net|database\.windows\.net|azurewebsites\.net|azmk8s\.io)$/],
]

/** What a host's name says; a wildcard says what every name under it would. */
export function placeByName(host: string): NamedPlace {
  for (const [provider, naming] of NAMINGS) {
    const found = naming.exec(host)
    if (found !== null) return { provider, region: found.groups?.region ?? '' }
  }
  return { provider: '', region: '' }
}
