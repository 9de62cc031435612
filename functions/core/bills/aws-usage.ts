/**
 * AWS usage types: what a line of a bill by AWS is for, by the codes that its bills use. Regions' short codes are those of
 * https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-region-billing-codes.html, the forms of usage types
 * those of https://docs.aws.amazon.com/cur/latest/userguide/cur-data-transfers-charges.html and
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-billing-usage-reports.html.
 */
import type { BilledKind } from '#core/bills/bill.ts'

/** What a meter says of a line; none for what is neither transfer nor NAT nor an endpoint. */
export interface Metered {
  kind: BilledKind
  region: string // '' when the meter does not say
  to: string // cross-region alone; likewise
}

const REGIONS: Readonly<Record<string, string>> = {
  USE1: 'us-east-1',
  USE2: 'us-east-2',
  USW1: 'us-west-1',
  USW2: 'us-west-2',
  CAN1: 'ca-central-1',
  CAN2: 'ca-west-1',
  MXC1: 'mx-central-1',
  AFS1: 'af-south-1',
  CPT: 'af-south-1',
  APE1: 'ap-east-1',
  APE2: 'ap-east-2',
  APN1: 'ap-northeast-1',
  APN2: 'ap-northeast-2',
  APN3: 'ap-northeast-3',
  APS1: 'ap-southeast-1',
  APS2: 'ap-southeast-2',
  APS3: 'ap-south-1',
  APS4: 'ap-southeast-3',
  APS5: 'ap-south-2',
  APS6: 'ap-southeast-4',
  APS7: 'ap-southeast-5',
  APS8: 'ap-southeast-6',
  APS9: 'ap-southeast-7',
  EU: 'eu-west-1',
  EUW1: 'eu-west-1',
  EUW2: 'eu-west-2',
  EUW3: 'eu-west-3',
  EUC1: 'eu-central-1',
  EUC2: 'eu-central-2',
  EUN1: 'eu-north-1',
  EUS1: 'eu-south-1',
  EUS2: 'eu-south-2',
  ILC1: 'il-central-1',
  MEC1: 'me-central-1',
  MES1: 'me-south-1',
  SAE1: 'sa-east-1',
  UGE1: 'us-gov-east-1',
  UGW1: 'us-gov-west-1',
}

/** The oldest region's usage types have no code. */
const UNCODED = 'us-east-1'

/** A region or local zone that this table does not have. */
const CODE = /^[A-Z]{3}\d$/

/** Most specific first. */
const METERS: readonly [RegExp, BilledKind][] = [
  [/^NatGateway-(?:Prvd-)?Bytes$/, 'nat-processing'],
  [/^NatGateway-(?:Prvd-)?Hours$/, 'nat-hours'],
  [/^VpcEndpoint-Bytes$/, 'endpoint-processing'],
  [/^VpcEndpoint-Hours$/, 'endpoint-hours'],
  [/^DataTransfer-Out-Bytes$/, 'internet'],
  [/^DataTransfer-In-Bytes$/, 'ingress'],
  [/^DataTransfer-(?:Regional|xAZ-(?:In|Out))-Bytes$/, 'cross-zone'],
  [/^AWS-Out-Bytes$/, 'cross-region'],
  [/^AWS-In-Bytes$/, 'ingress'],
  [
    /^(?:NatGateway|VpcEndpoint|CloudFront|TransitGateway|VpcPeering|TGW)-.*Bytes$|DataTransfer|DataXfer|^AWS-(?:In|Out)-/,
    'other',
  ],
]

/** Services whose transfer is sent by workloads, and not by the service itself; a line that names none counts as one of them. */
const COMPUTE =
  /^$|EC2|Elastic Compute Cloud|VPC|Virtual Private Cloud|AWSDataTransfer|AWS Data Transfer|ECS|EKS|Elastic (?:Container|Kubernetes) Service/

/** What a usage type such as 'EUW1-USE1-AWS-Out-Bytes' of a service is for; the region is the row's own ('' for none). */
export function awsUsage(usageType: string, service: string, region: string): Metered | null {
  const words = usageType.split('-')
  const plain = words.findIndex((word) => !(Object.hasOwn(REGIONS, word) || CODE.test(word)))
  const codes = words.slice(0, Math.max(plain, 0))
  const kind = METERS.find(([meter]) => meter.test(words.slice(codes.length).join('-')))?.[1] ?? null
  if (kind === null) return null
  const sent = isSentByService(kind, service) ? 'other' : kind
  const from = codes.length === 0 ? region || UNCODED : (REGIONS[codes[0]] ?? region)
  return { kind: sent, region: from, to: sent === 'cross-region' ? (REGIONS[codes[1] ?? ''] ?? '') : '' }
}

/** The same from the price's description alone, which is all that some exports have. */
export function awsDescription(description: string, service: string, region: string): Metered | null {
  const kind = DESCRIPTIONS.find(([words]) => words.test(description))?.[1] ?? null
  if (kind === null) return null
  return { kind: isSentByService(kind, service) ? 'other' : kind, region, to: '' }
}

const DESCRIPTIONS: readonly [RegExp, BilledKind][] = [
  [/per GB .*processed by NAT gateway/i, 'nat-processing'],
  [/per NAT gateway.hour/i, 'nat-hours'],
  [/per GB .*processed by VPC endpoint/i, 'endpoint-processing'],
  [/per VPC endpoint.hour/i, 'endpoint-hours'],
  [/regional data transfer/i, 'cross-zone'],
  [
    /per GB - .* data transfer to (?:US|EU|Europe|Asia|Canada|South America|Africa|Middle East|Israel|Mexico|AWS)\b/i,
    'cross-region',
  ],
  [/data transfer from|data transfer in\b/i, 'ingress'],
  [/data transfer out/i, 'internet'],
  [/data transfer/i, 'other'],
]

function isSentByService(kind: BilledKind, service: string): boolean {
  return ['internet', 'cross-region', 'cross-zone'].includes(kind) && !COMPUTE.test(service)
}
