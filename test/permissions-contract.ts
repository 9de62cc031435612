/**
 * What must hold of the permissions of a stack whose functions have done all of their work.
 *
 * UPDATE_GOLDEN=1 writes permissions.txt anew; read every line of the difference before you keep it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FUNCTIONS } from '../infra/bundle.ts'
import { resourceOf } from './cloudformation.ts'
import { type Deployed, resourcePolicies } from './deployed.ts'
import { type AccessRequest, authorize, type PolicyDocument } from './iam.ts'
import { grantsOfRoles, permissionTable } from './permissions.ts'

/** Where the stack keeps what. */
export interface Places {
  bucket: string // of the ledger
  prefix: string // '' or with a slash at its end
  others: readonly string[] // ARNs of what functions use and the stack does not own
}

/** What would undo the ledger, or the rules that protect it. */
const FORBIDDEN = [
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketPolicy',
  's3:PutBucketAcl',
  's3:PutObjectAcl',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketPublicAccessBlock',
  's3:PutObjectLegalHold',
  's3:BypassGovernanceRetention',
  's3:PutReplicationConfiguration',
  'sqs:SetQueueAttributes',
  'sqs:AddPermission',
  'sqs:PurgeQueue',
  'sqs:DeleteQueue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:DeleteSecret',
  'logs:DeleteLogGroup',
  'logs:DeleteLogStream',
  'lambda:AddPermission',
  'lambda:UpdateFunctionCode',
  'iam:PassRole',
  'iam:PutRolePolicy',
  'iam:AttachRolePolicy',
  'sts:AssumeRole',
  'kms:Decrypt',
  'kms:DisableKey',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'sns:DeleteTopic',
  'sns:SetTopicAttributes',
  'sns:Subscribe',
]
const CHANGEABLE = /^AWS::(S3::Bucket|SQS::Queue|IAM::Role|Lambda::Function|Logs::LogGroup)$/

const SECURE = { 'aws:SecureTransport': 'true' }
const ADMINISTRATOR: PolicyDocument = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }
const OPERATOR = 'arn:aws:iam::000000000000:role/operator'

/** Declares the tests; `given` is asked when they run, after the work is done. */
export function permissionsContract(given: () => Deployed, { bucket, prefix, others }: Places): void {
  const object = (key: string) => `arn:aws:s3:::${bucket}/${prefix}${key}`

  /** What an operator who may do everything may not do all the same. */
  const decide = (action: string, resource: string, context: AccessRequest['context']) =>
    authorize(
      { principal: OPERATOR, action, resource, context },
      { identity: [ADMINISTRATOR], resource: resourcePolicies(given().stack, resource) },
    ).reason

  test('every request of every function was allowed by its role', () => {
    const accesses = given().accesses()
    expect(accesses.length).toBeGreaterThan(500)
    const denied = accesses.filter(({ decision }) => !decision.allowed)
    const sentences = denied.map(({ function: name, action, resource }) => `${name} asked for ${action} on ${resource}`)
    expect([...new Set(sentences)]).toEqual([])
    expect(new Set(accesses.map((access) => access.function))).toEqual(new Set(FUNCTIONS))
  })

  test('every permission was needed: without any one of them, something would have been denied', () => {
    const granted = grantsOfRoles(given(), given().accesses())
    const unneeded = granted.filter(({ needed }) => !needed)
    expect(unneeded.map(({ role, action, resource }) => `${role.function}: ${action} on ${resource}`)).toEqual([])
    const table = permissionTable(granted)
    const expected = join(import.meta.dirname, 'permissions.txt')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(expected, table)
    expect(table).toBe(readFileSync(expected, 'utf8'))
  })

  test('no function asked to delete anything, and no role may, nor change who may do what', () => {
    const { aws, roles, stack } = given()
    expect(aws.requests.filter(({ operation }) => /delete/i.test(operation))).toEqual([])
    const owned = Object.values(stack.resources).filter(({ type }) => CHANGEABLE.test(type))
    const resources = [
      ...owned.flatMap(({ arn }) => [`${arn}`, `${arn}/anything`]),
      ...['checkpoints/a', 'rollups/a', 'seals/a', 'keys/a', 'declarations/a', 'bills/a', 'published.json'].map(object),
      ...others,
      '*',
    ]
    expect(resources.length).toBeGreaterThan(30)
    const context = { ...SECURE, 's3:if-none-match': '*' }
    const allowed = Object.values(roles).flatMap(({ function: name, arn: principal, policies: identity }) =>
      resources.flatMap((resource) => {
        const policies = { identity, resource: resourcePolicies(stack, resource) }
        const may = (action: string) => authorize({ principal, action, resource, context }, policies).allowed
        return FORBIDDEN.filter(may).map((action) => `${name}: ${action} on ${resource}`)
      }),
    )
    expect(allowed).toEqual([])
  })

  test.each([
    'rollups/target=a/date=2026-10-17/hour=20/rollup.parquet',
    'seals/date=2026-10-17/seal.json',
    'seals/date=2026-10-17/seal.sig',
    'declarations/kind=register/from=2026-10-17/20261017T201000Z-0a.json',
    'bills/month=2026-10/provider=aws/20261105T201000Z-0a.json.zst',
    'keys/0a.pem',
  ])('the bucket itself refuses everyone to replace or delete %s', (key) => {
    const decisions = [
      decide('s3:PutObject', object(key), SECURE),
      decide('s3:PutObject', object(key), { ...SECURE, 's3:if-match': '"etag"' }),
      decide('s3:PutObject', object(key), { ...SECURE, 's3:if-none-match': '*' }),
      decide('s3:DeleteObject', object(key), SECURE),
      decide('s3:DeleteObjectVersion', object(key), SECURE),
      decide('s3:GetObject', object(key), SECURE),
    ]
    const deny = 'explicit deny'
    expect(decisions).toEqual([deny, deny, 'allow', deny, deny, 'allow'])
  })

  test('plain HTTP is refused by every bucket and every queue, whoever comes', () => {
    const owned = Object.values(given().stack.resources)
    const buckets = owned.filter(({ type }) => type === 'AWS::S3::Bucket')
    const queues = owned.filter(({ type }) => type === 'AWS::SQS::Queue')
    expect([buckets.length >= 2, queues.length]).toEqual([true, 2])
    const asked = [
      ...buckets.flatMap(({ arn }) => [
        ['s3:GetObject', `${arn}/anything`],
        ['s3:ListBucket', `${arn}`],
      ]),
      ...queues.map(({ arn }) => ['sqs:SendMessage', `${arn}`]),
    ]
    for (const [action, resource] of asked) {
      const plain = decide(action, resource, { 'aws:SecureTransport': 'false' })
      expect([resource, plain, decide(action, resource, SECURE)]).toEqual([resource, 'explicit deny', 'allow'])
    }
  })

  test('only the stack’s own distribution reads the pages, and nothing but the pages', () => {
    const { stack } = given()
    const distribution = `${resourceOf(stack, 'AWS::CloudFront::Distribution').arn}`
    const may = (action: string, resource: string, source: string) =>
      authorize(
        { principal: 'cloudfront.amazonaws.com', action, resource, context: { ...SECURE, 'aws:SourceArn': source } },
        { identity: [], resource: resourcePolicies(stack, resource) },
      ).allowed
    const page = `${resourceOf(stack, 'AWS::S3::Bucket', /^SiteBucket$/).arn}/index.html`
    expect(may('s3:GetObject', page, distribution)).toBe(true)
    expect(may('s3:GetObject', page, `${distribution}X`)).toBe(false)
    expect(may('s3:PutObject', page, distribution)).toBe(false)
    expect(may('s3:GetObject', object('published.json'), distribution)).toBe(false)
  })

  test('what Lambda needs to join a VPC is denied to the function’s own code', () => {
    const { roles, stack } = given()
    const { arn: principal, policies: identity } = roles.scrape
    const ask = (context: AccessRequest['context']) =>
      authorize({ principal, action: 'ec2:CreateNetworkInterface', resource: '*', context }, { identity, resource: [] })
    const { arn } = resourceOf(stack, 'AWS::Lambda::Function', /^ScrapeLambdaFunction$/)
    expect(ask({}).reason).toBe('allow')
    expect(ask({ 'lambda:SourceFunctionArn': `${arn}` }).reason).toBe('explicit deny')
  })
}
