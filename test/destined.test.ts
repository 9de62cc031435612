import { type Destined, destinedLookup } from '#core/costs/destined.ts'
import type { PriceRule, Prices, TargetPlace } from '#core/costs/prices.ts'
import { teamLookup } from '#core/costs/team.ts'
import type { FlowRow } from '#core/flow.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { servicePlace } from '#core/register/provider.ts'
import { flowRow } from './flow-rows.ts'
import { judgedHourly, pricesOf, targetPlace } from './prices-sample.ts'

test.each([
  // S3, whose buckets stand before it
  ['s3.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['my-bucket.s3.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['my.dotted.bucket.s3.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['*.s3.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['s3-eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['bucket.s3-eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['s3.dualstack.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['bucket.s3.dualstack.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['s3-fips.us-gov-west-1.amazonaws.com', 'aws us-gov-west-1 s3'],
  ['bucket.s3-fips.dualstack.us-east-1.amazonaws.com', 'aws us-east-1 s3'],
  ['bucket.s3-website.eu-central-1.amazonaws.com', 'aws eu-central-1 s3'],
  ['bucket.s3-website-eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['123456789012.s3-control.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com', 'aws us-east-1 s3express'],
  ['s3.cn-north-1.amazonaws.com.cn', 'aws cn-north-1 s3'],
  ['s3-external-1.amazonaws.com', 'aws us-east-1 s3'],
  ['s3.amazonaws.com', 'aws - s3'],
  ['bucket.s3.amazonaws.com', 'aws - s3'],
  ['bucket.s3-accelerate.amazonaws.com', 'aws - s3-accelerate'],
  // buckets that are called as something else
  ['s3.s3.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  ['dynamodb.eu-west-1.s3.us-east-1.amazonaws.com', 'aws us-east-1 s3'],
  ['dynamodb.eu-west-1.s3.amazonaws.com', 'aws - s3'],
  ['eu-west-1.s3.amazonaws.com', 'aws - s3'],
  ['s3.eu-west-1.execute-api.us-east-1.amazonaws.com', 'aws us-east-1 execute-api'],
  ['s3.eu-west-1.amazonaws.com.s3.amazonaws.com', 'aws - s3'],
  ['storage.googleapis.com.s3.eu-west-1.amazonaws.com', 'aws eu-west-1 s3'],
  // others of AWS
  ['dynamodb.us-east-1.amazonaws.com', 'aws us-east-1 dynamodb'],
  ['dynamodb-fips.us-east-1.amazonaws.com', 'aws us-east-1 dynamodb'],
  ['123456789012.ddb.us-east-1.amazonaws.com', 'aws us-east-1 dynamodb'],
  ['streams.dynamodb.us-east-1.amazonaws.com', 'aws us-east-1 dynamodb-streams'],
  ['123456789012.dkr.ecr.us-east-1.amazonaws.com', 'aws us-east-1 ecr'],
  ['123456789012.dkr-ecr.us-east-1.on.aws', 'aws us-east-1 ecr'],
  ['api.ecr.ap-southeast-1.amazonaws.com', 'aws ap-southeast-1 ecr'],
  ['sqs.eu-west-1.amazonaws.com', 'aws eu-west-1 sqs'],
  ['eu-west-1.queue.amazonaws.com', 'aws eu-west-1 sqs'],
  ['sqs.eu-west-1.api.aws', 'aws eu-west-1 sqs'],
  ['sts.amazonaws.com', 'aws - sts'],
  ['orders.abc.eu-west-1.rds.amazonaws.com', 'aws eu-west-1 rds'],
  ['ec2-203-0-113-25.compute-1.amazonaws.com', 'aws us-east-1 compute'],
  ['abc.0001.euw1.cache.amazonaws.com', 'aws - elasticache'],
  ['*.eu-west-1.amazonaws.com', 'aws eu-west-1 -'],
  ['*.amazonaws.com', 'aws - -'],
  ['vpce-0a1b-xyz.s3.eu-west-1.vpce.amazonaws.com', 'aws eu-west-1 s3 endpoint'],
  ['bucket.vpce-0a1b-xyz.s3.eu-west-1.vpce.amazonaws.com', 'aws eu-west-1 s3 endpoint'],
  ['vpce-0a1b.vpce-svc-0c1d.eu-west-1.vpce.amazonaws.com', 'aws eu-west-1 - endpoint'],
  // Google and Azure
  ['storage.googleapis.com', 'gcp - storage'],
  ['my-bucket.storage.googleapis.com', 'gcp - storage'],
  ['europe-west1-files.storage.googleapis.com', 'gcp - storage'],
  ['storage.europe-west3.rep.googleapis.com', 'gcp europe-west3 storage'],
  ['us-central1-aiplatform.googleapis.com', 'gcp us-central1 aiplatform'],
  ['europe-west1-docker.pkg.dev', 'gcp europe-west1 artifactregistry'],
  ['us-docker.pkg.dev', 'gcp - artifactregistry'],
  ['private.googleapis.com', 'gcp - -'],
  ['account.blob.core.windows.net', 'azure - blob'],
  ['blob.core.windows.net.blob.core.windows.net', 'azure - blob'],
  ['account.z12.blob.storage.azure.net', 'azure - blob'],
  ['registry.westeurope.data.azurecr.io', 'azure westeurope acr'],
  ['secrets.vault.azure.net', 'azure - keyvault'],
  // what proves nothing
  ['s3.eu-west-1.amazonaws.com.evil.example', '- - -'],
  ['s3.eu-west-1.amazonaws.com.cn.evil.example', '- - -'],
  ['evil-amazonaws.com', '- - -'],
  ['s3.eu-west-1.evilamazonaws.com', '- - -'],
  ['S3.EU-WEST-1.AMAZONAWS.COM', '- - -'],
  ['s3.eu-west-1.amazonaws.com.', '- - -'],
  ['s3.eu-west-1.amazonaws.com\n', '- - -'],
  ['s3.eu-west-1.amazonaws.com.cn', 'aws - -'],
  ['s3.cn-north-1.amazonaws.com', 'aws - -'],
  ['s3_eu-west-1.amazonaws.com', 'aws - -'],
  ['account.blob.core.windows.net.evil.example', '- - -'],
  ['blobcore.windows.net', '- - -'],
  ['account.blob.core.chinacloudapi.cn', '- - -'],
  ['storagegoogleapis.com', '- - -'],
  ['constructor', '- - -'],
  ['', '- - -'],
  ['203.0.113.7', '- - -'],
])('the name %j proves %s', (host, expected) => {
  const { provider, region, service, isEndpoint } = servicePlace(host)
  const text = [provider, region, service].map((part) => part || '-').join(' ')
  expect(isEndpoint ? `${text} endpoint` : text).toBe(expected)
})

test('a name of any length is read in no time', () => {
  const host = `${'s3.eu-west-1.'.repeat(4000)}example`
  const before = performance.now()
  expect(servicePlace(host).provider).toBe('')
  expect(performance.now() - before).toBeLessThan(1000)
})

const PLACE = { provider: '', country: '', region: '', verdict: 'unrestricted', rule: '' } as const
const IN_IRELAND = targetPlace({ region: 'eu-west-1', nat: { gateways: 1 } })

function edgeTo(host: string, place: Partial<JudgedEdge['place']> = {}, row: Partial<FlowRow> = {}): JudgedEdge {
  const rows = [flowRow({ destinationHost: host, egressBytes: 1, ...row })]
  const [edge] = judgedHourly({ date: '2026-11-20', hours: { 0: rows } }).edges
  return { ...edge, place: { ...PLACE, ...place } }
}

function rule(changes: Partial<PriceRule>): PriceRule {
  return { host: 'api.example.com', provider: '', region: '', kind: '', area: '', line: 3, ...changes }
}

function destined(edge: JudgedEdge, home: TargetPlace | null = IN_IRELAND, more: Partial<Prices> = {}): Destined {
  return destinedLookup(pricesOf({ targets: home === null ? {} : { mesh: home }, ...more }))(edge)
}

const short = ({ basis, kind, endpoint, nat }: Destined) =>
  [basis, kind, ...(endpoint === '' ? [] : [endpoint]), ...(nat ? ['NAT'] : [])].join(' ')

test.each<[string, Partial<JudgedEdge['place']>, Partial<PriceRule>[], string]>([
  // the register, which needs both provider and region
  ['api.example.com', { provider: 'aws', region: 'eu-west-1' }, [], 'declared same-region NAT'],
  ['api.example.com', { provider: 'AWS', region: 'EU-West-1' }, [], 'declared same-region NAT'],
  ['api.example.com', { provider: 'aws', region: 'us-east-1' }, [], 'declared cross-region NAT'],
  ['api.example.com', { provider: 'gcp', region: 'eu-west-1' }, [], 'declared internet NAT'],
  ['api.example.com', { provider: 'aws' }, [], 'assumed internet NAT'],
  ['api.example.com', { region: 'eu-west-1' }, [], 'assumed internet NAT'],
  // before rules, and rules before the name
  ['api.example.com', { provider: 'aws', region: 'us-east-1' }, [{ kind: 'internet' }], 'declared cross-region NAT'],
  ['api.example.com', {}, [{ kind: 'cross-region' }], 'rule cross-region NAT'],
  ['api.example.com', {}, [{ kind: 'cross-zone' }], 'rule cross-zone'],
  ['api.example.com', {}, [{ provider: 'aws', region: 'eu-west-1' }], 'rule same-region NAT'],
  ['api.example.com', {}, [{ host: '*.example.com', kind: 'same-region' }, { kind: 'internet' }], 'rule internet NAT'],
  ['api.example.com', {}, [{ kind: 'internet' }, { kind: 'same-region' }], 'rule internet NAT'],
  ['example.com', {}, [{ host: '*.example.com', kind: 'same-region' }], 'assumed internet NAT'],
  ['s3.eu-west-1.amazonaws.com', {}, [{ host: '*.amazonaws.com', kind: 'internet' }], 'rule internet NAT'],
  ['203.0.113.7', {}, [{ host: '203.0.113.0/24', provider: 'aws', region: 'us-east-1' }], 'rule cross-region NAT'],
  ['', {}, [{ host: '(unknown)', kind: 'cross-region' }], 'rule cross-region NAT'],
  // the name
  ['s3.eu-west-1.amazonaws.com', {}, [], 'hostname same-region NAT'],
  ['s3.us-east-1.amazonaws.com', {}, [], 'hostname cross-region NAT'],
  ['europe-west1-docker.pkg.dev', {}, [], 'hostname internet NAT'],
  ['s3.cn-north-1.amazonaws.com.cn', {}, [], 'hostname internet NAT'],
  ['lb-123.eu-west-1.elb.amazonaws.com', {}, [], 'hostname cross-zone NAT'],
  ['orders.abc.eu-west-1.rds.amazonaws.com', {}, [], 'hostname cross-zone'],
  ['orders.abc.us-east-1.rds.amazonaws.com', {}, [], 'hostname cross-region NAT'],
  // nothing
  ['s3.amazonaws.com', {}, [], 'assumed internet NAT'],
  ['storage.googleapis.com', {}, [], 'assumed internet NAT'],
  ['api.stripe.com', {}, [], 'assumed internet NAT'],
  ['', {}, [], 'assumed internet NAT'],
  ['203.0.113.7', {}, [], 'assumed internet NAT'],
  ['172.32.0.1', {}, [], 'assumed internet NAT'],
  ['172.31.255.255', {}, [], 'assumed cross-zone'],
  ['fd00::1', {}, [], 'assumed cross-zone'],
  ['db.corp.internal', {}, [], 'assumed cross-zone'],
  ['169.254.169.254', {}, [], 'assumed same-region'],
  ['::1', {}, [], 'assumed same-region'],
  ['10.0.0.1', {}, [{ host: '10.0.0.0/8', kind: 'same-region' }], 'rule same-region'],
  ['db.corp.internal', { provider: 'aws', region: 'us-east-1' }, [], 'declared cross-region'],
  ['internal.example.com', {}, [], 'assumed internet NAT'],
])('what goes to %j, declared %j, by rules %j, is %s', (host, place, rules, expected) => {
  expect(short(destined(edgeTo(host, place), IN_IRELAND, { rules: rules.map(rule) }))).toBe(expected)
})

describe('an endpoint', () => {
  const gateway = { service: 's3', type: 'gateway', zones: 0 } as const
  const ecr = { service: 'ecr', type: 'interface', zones: 3 } as const
  const home = { ...IN_IRELAND, endpoints: [gateway, ecr, { ...gateway, type: 'interface', zones: 2 } as const] }

  test.each<[string, Partial<JudgedEdge['place']>, string]>([
    ['bucket.s3.eu-west-1.amazonaws.com', {}, 'hostname same-region gateway'],
    ['1.dkr.ecr.eu-west-1.amazonaws.com', {}, 'hostname same-region interface'],
    ['bucket.s3.us-east-1.amazonaws.com', {}, 'hostname cross-region NAT'],
    ['sqs.eu-west-1.amazonaws.com', {}, 'hostname same-region NAT'],
    ['bucket.s3.amazonaws.com', {}, 'assumed internet NAT'],
    ['bucket.s3.amazonaws.com', { provider: 'aws', region: 'eu-west-1' }, 'declared same-region gateway'],
    ['s3.eu-west-1.amazonaws.com.evil.example', {}, 'assumed internet NAT'],
    ['vpce-0a-b.sqs.eu-west-1.vpce.amazonaws.com', {}, 'hostname same-region interface'],
  ])('of AWS serves its own region alone: %s %j is %s', (host, place, expected) => {
    expect(short(destined(edgeTo(host, place), home))).toBe(expected)
  })

  test('of Azure reaches an account wherever it is', () => {
    const endpoints = [{ service: 'blob', type: 'interface', zones: 1 } as const]
    const azure = targetPlace({ provider: 'azure', region: 'westeurope', nat: { gateways: 1 }, endpoints })
    const edge = edgeTo('account.blob.core.windows.net')
    expect(short(destined(edge, azure))).toBe('assumed same-region interface')
    expect(destined(edge, azure).reason).toBe(
      'Its name proves blob of azure but no region, and nothing else tells one, so that the same region is assumed; it is reached through mesh’s interface endpoint for blob, not through NAT.',
    )
  })
})

test.each<[JudgedEdge, Partial<Prices>, string]>([
  [
    edgeTo('api.example.com', { provider: 'aws', region: 'us-east-1' }),
    {},
    'The register declares aws us-east-1, and mesh runs in aws eu-west-1.',
  ],
  [
    edgeTo('s3.eu-west-1.amazonaws.com', { provider: 'aws', region: 'us-east-1' }),
    {},
    'The register declares aws us-east-1, and mesh runs in aws eu-west-1; its name says aws eu-west-1.',
  ],
  [
    edgeTo('api.example.com'),
    { rules: [rule({ kind: 'internet' })] },
    'Line 3 of the prices’ configuration says that api.example.com is charged as internet.',
  ],
  [edgeTo('s3.eu-west-1.amazonaws.com'), {}, 'Its name proves aws eu-west-1, where mesh runs.'],
  [
    edgeTo('s3.eu-west-1.amazonaws.com', {}, { destinationClass: 'passthrough' }),
    {},
    'Its name proves aws eu-west-1, where mesh runs; the name is the client’s word, which nothing checked.',
  ],
  [
    edgeTo('s3.amazonaws.com'),
    {},
    'Its name proves s3 of aws but no region, and nothing else tells one, so that internet is assumed.',
  ],
  [
    edgeTo('api.stripe.com'),
    {},
    'Neither the register nor a rule nor its name tells where it is, so that internet is assumed.',
  ],
  [edgeTo(''), {}, 'The proxy could not know its name, so that internet is assumed.'],
  [edgeTo('10.2.3.4'), {}, 'Its address is a private one, so that another zone of the network is assumed.'],
  [edgeTo('db.local'), {}, 'Its name is one of a private network, so that another zone of the network is assumed.'],
])('says why (%#)', (edge, more, reason) => {
  expect(destined(edge, IN_IRELAND, more).reason).toBe(reason)
})

test('a mesh of which nobody says where it runs has no NAT and no endpoint', () => {
  const there = destined(edgeTo('s3.eu-west-1.amazonaws.com'), null)
  expect(short(there)).toBe('hostname internet')
  expect(there.reason).toBe('Its name proves aws eu-west-1; where mesh runs is not configured.')
  expect(short(destined(edgeTo('x.example', {}), null))).toBe('assumed internet')
})

test('targets are no properties of every object', () => {
  const edge = { ...edgeTo('x.example'), target: 'constructor' }
  expect(destined(edge).reason).toMatch(/where constructor runs is not configured/)
})

test('an area of the world comes from a rule, beside a place or a kind', () => {
  const rules = [rule({ kind: 'internet', area: 'china' }), rule({ host: 'b.example', provider: 'x', area: 'asia' })]
  expect(destined(edgeTo('api.example.com'), IN_IRELAND, { rules }).area).toBe('china')
  expect(destined(edgeTo('b.example'), IN_IRELAND, { rules }).area).toBe('asia')
  expect(destined(edgeTo('c.example'), IN_IRELAND, { rules }).area).toBe('')
})

describe('a team', () => {
  const team = (name: string, ...from: string[]) => ({ name, costCentre: `CC-${name}`, from, line: 1 })
  const teamOf = teamLookup({
    teams: [
      team('all', '*'),
      team('shop', 'shop'),
      team('api', 'shop/api'),
      team('eu', 'prod-eu:shop'),
      team('us', 'prod-us:*'),
    ],
  })

  test.each([
    ['mesh', 'other', 'x', 'all'],
    ['mesh', 'shop', 'x', 'shop'],
    ['mesh', 'shop', 'api', 'api'],
    ['prod-eu', 'shop', 'x', 'eu'],
    ['prod-eu', 'shop', 'api', 'api'],
    ['prod-us', 'shop', 'x', 'shop'],
    ['prod-us', 'other', 'x', 'us'],
  ])('of %s:%s/%s is the one with the most specific pattern: %s', (target, namespace, workload, expected) => {
    expect(teamOf({ target, namespace, workload })).toEqual({ team: expected, costCentre: `CC-${expected}` })
  })

  test('is none where no pattern matches, or nothing is declared', () => {
    const source = { target: 'mesh', namespace: 'other', workload: 'x' }
    expect(teamLookup({ teams: [team('shop', 'shop')] })(source)).toEqual({ team: '', costCentre: '' })
    expect(teamLookup(null)(source)).toEqual({ team: '', costCentre: '' })
  })
})
