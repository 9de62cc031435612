/** What the stack gives its functions so that seals are signed: the key's ARN to seal alone, and the right to use it. */
import { parseConfig } from '../functions/config.ts'
import { type AwsConfig, unmetRequirements } from '../infra/requirements.ts'
import { roles } from '../infra/roles.ts'
import { deploymentOf, stackOf } from '../infra/stack.ts'

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'

function config(signing: string): AwsConfig {
  const target = '{ name: prod, url: "https://prometheus.example/federate" }'
  const retention = 'retention: { days: 400 }'
  return parseConfig(
    `store: s3://ledger/mesh\ntargets: [${target}]\naws: { region: eu-west-1 }\n${retention}\n${signing}\n`,
    '/nowhere/wharfage.yaml',
  ) as AwsConfig
}

async function grants(signing: string): Promise<Record<string, string[]>> {
  const made = roles(await stackOf(config(signing)))
  return Object.fromEntries(
    Object.entries(made).map(([role, { Properties }]) => {
      const [{ PolicyDocument }] = (Properties as { Policies: { PolicyDocument: { Statement: object[] } }[] }).Policies
      const statements = PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]
      const all = statements.flatMap(({ Action, Resource }) =>
        [Action].flat().flatMap((action) => [Resource].flat().map((one) => `${action} ${JSON.stringify(one)}`)),
      )
      return [role, all.filter((grant) => /kms:|keys\//.test(grant))]
    }),
  )
}

const keys = JSON.stringify({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::ledger/mesh/keys/*` })

test('with a key in KMS seal may sign with that key, and keep its public half; publish may read it', async () => {
  expect(await grants(`signing: { kms: "${KEY}" }`)).toEqual({
    DispatchRole: [],
    ScrapeRole: [],
    PublishRole: [`s3:GetObject ${keys}`],
    SealRole: [
      `kms:GetPublicKey "${KEY}"`,
      `kms:Sign "${KEY}"`,
      `s3:GetObject ${keys}`,
      `s3:PutObject ${keys}`,
      `s3:PutObjectRetention ${keys}`,
    ],
  })
})

test('without one nobody may do any of that', async () => {
  expect(Object.values(await grants('')).flat()).toEqual([])
})

test('only seal is told of the key', async () => {
  const signing = config(`signing: { kms: "${KEY}" }`)
  expect((await deploymentOf(signing, 'seal')).deployment.signingKey).toBe(KEY)
  for (const name of ['dispatch', 'scrape', 'publish'] as const) {
    expect((await deploymentOf(signing, name)).deployment).not.toHaveProperty('signingKey')
  }
  expect((await deploymentOf(config(''), 'seal')).deployment).not.toHaveProperty('signingKey')
})

test('a private key in a file is not packaged, and an alias, which no role can name, is refused', () => {
  expect(unmetRequirements(config('signing: { key: "file:key.pem" }'))).toEqual([
    'signing.key: is a private key that would lie readable in the package of seal; name a key in KMS by its ARN',
  ])
  expect(unmetRequirements(config('signing: { kms: alias/seals }'))).toEqual([
    'signing.kms: alias/seals is no ARN of a key, which the role of seal must name; write arn:aws:kms:…:key/…',
  ])
  expect(unmetRequirements(config(`signing: { kms: "${KEY}" }`))).toEqual([])
})
