/**
 * The stack as deployed on the AWS of this machine: buckets, queue and roles as the packaged template says, each function
 * run from its zip under an access key of its own role. What a role's policies do not allow is answered 403.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FUNCTIONS, type FunctionName } from '../infra/bundle.ts'
import { type Aws, type RecordedRequest, startAws } from './aws.ts'
import { type JsonObject, resolveStack, resourceOf, type Stack, type Template } from './cloudformation.ts'
import { type AccessRequest, authorize, type Decision, type PolicyDocument } from './iam.ts'
import { type Lambda, type LambdaSettings, startLambda } from './lambda.ts'

/** What packaging has left in a folder. */
export interface Packaged {
  zips: Record<FunctionName, Uint8Array>
  template: Template
}

export interface Role {
  function: FunctionName
  arn: string
  accessKeyId: string
  policies: PolicyDocument[]
}

/** One action on one resource that somebody asked for. */
export interface Access extends AccessRequest {
  function: FunctionName
  operation: string // 'PutObject'
  decision: Decision
}

export interface Deployed {
  aws: Aws
  stack: Stack
  queueUrl: string
  queueArn: string
  roles: Record<FunctionName, Role>
  functions: Record<FunctionName, Lambda>
  /** Another process of a function, as Lambda starts one when the first is busy. */
  startFunction(name: FunctionName, changes?: Partial<LambdaSettings>): Promise<Lambda>
  /** The ARN of the rule by whose schedule a function runs. */
  ruleOf(name: FunctionName): string
  /** Everything the functions asked for so far, decided. */
  accesses(): Access[]
  close(): Promise<void>
}

const ACCOUNT = '000000000000'
const SECRET_KEY = 'not/a/secret/but/forty/characters/long00'

export function readPackaged(folder: string): Packaged {
  const zip = (name: FunctionName) =>
    [name, new Uint8Array(readFileSync(join(folder, 'build', `${name}.zip`)))] as const
  const template = join(folder, '.serverless', 'cloudformation-template-update-stack.json')
  return {
    zips: Object.fromEntries(FUNCTIONS.map(zip)) as Packaged['zips'],
    template: JSON.parse(readFileSync(template, 'utf8')) as Template,
  }
}

/** The stack's name of a function's role or its function: 'Scrape'. */
const logicalName = (name: FunctionName) => name[0].toUpperCase() + name.slice(1)

/** Deploys under a name; `around` is what functions find in their environment besides AWS. */
export async function deploy(
  { zips, template }: Packaged,
  stackName: string,
  around: Record<string, string> = {},
): Promise<Deployed> {
  const aws = await startAws()
  const region = aws.env.AWS_REGION
  const settings = { stack: stackName, account: ACCOUNT, region }
  const physicalIds: Record<string, string> = {}
  for (const [id, { type, properties }] of Object.entries(resolveStack(template, settings).resources)) {
    if (type === 'AWS::S3::Bucket') createBucket(aws, properties, `${stackName}-${id}`)
    if (type === 'AWS::SQS::Queue') physicalIds[id] = aws.createQueue(`${properties.QueueName}`)
  }
  const stack = resolveStack(template, { ...settings, physicalIds })
  const queue = resourceOf(stack, 'AWS::SQS::Queue', /^ScrapeQueue$/)
  const roles = Object.fromEntries(FUNCTIONS.map((name) => [name, roleOf(stack, name)])) as Deployed['roles']
  for (const { accessKeyId } of Object.values(roles)) aws.accessKeys.set(accessKeyId, SECRET_KEY)
  const roleByKey = new Map(Object.values(roles).map((role) => [role.accessKeyId, role]))

  const accessOf = (request: RecordedRequest, action: string): Access | null => {
    const role = roleByKey.get(request.accessKeyId)
    if (role === undefined) return null
    const { resource, operation } = request
    const access = { principal: role.arn, action, resource, context: contextOf(request, stack, role) }
    const decision = authorize(access, { identity: role.policies, resource: resourcePolicies(stack, resource) })
    return { ...access, function: role.function, operation, decision }
  }
  aws.authorize = (request) => accessOf(request, request.action)?.decision.allowed !== false

  const started: Lambda[] = []
  const startFunction = async (name: FunctionName, changes: Partial<LambdaSettings> = {}) => {
    const { physicalId, arn, properties } = resourceOf(stack, 'AWS::Lambda::Function', functionOf(name))
    const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, string> }
    const lambda = await startLambda({
      zip: zips[name],
      name: physicalId,
      arn: `${arn}`,
      handler: `${properties.Handler}`,
      memoryMb: Number(properties.MemorySize),
      timeoutSeconds: Number(properties.Timeout),
      region,
      variables: { ...Variables, ...around, AWS_ENDPOINT_URL: aws.url },
      credentials: {
        accessKeyId: roles[name].accessKeyId,
        secretAccessKey: SECRET_KEY,
        sessionToken: `session of ${name}`,
      },
      ...changes,
    })
    started.push(lambda)
    return lambda
  }
  const functions: Partial<Deployed['functions']> = {}
  for (const name of FUNCTIONS) functions[name] = await startFunction(name)
  return {
    aws,
    stack,
    queueUrl: queue.physicalId,
    queueArn: `${queue.arn}`,
    roles,
    functions: functions as Deployed['functions'],
    startFunction,
    ruleOf: (name) => `${resourceOf(stack, 'AWS::Events::Rule', new RegExp(`^${logicalName(name)}Events`)).arn}`,
    accesses: () =>
      aws.requests.flatMap((request) =>
        [request.action, ...request.alsoNeeds].flatMap((action) => accessOf(request, action) ?? []),
      ),
    async close() {
      await Promise.all([...started, aws].map((one) => one.close()))
    },
  }
}

function createBucket(aws: Aws, properties: JsonObject, unnamed: string): void {
  const { VersioningConfiguration, ObjectLockEnabled, BucketName } = properties
  const versioning = (VersioningConfiguration as JsonObject | undefined)?.Status === 'Enabled'
  aws.createBucket(`${BucketName ?? unnamed.toLowerCase()}`, { versioning, objectLock: ObjectLockEnabled === true })
}

function functionOf(name: FunctionName): RegExp {
  return new RegExp(`^${logicalName(name)}LambdaFunction$`)
}

/** The role that a function's own property names, whatever it is called. */
function roleOf(stack: Stack, name: FunctionName): Role {
  const arn = `${resourceOf(stack, 'AWS::Lambda::Function', functionOf(name)).properties.Role}`
  const found = Object.values(stack.resources).filter((resource) => resource.arn === arn)
  if (found.length !== 1) throw new Error(`function ${name} has the role ${arn}, which is not in the stack`)
  const { Policies = [], ...properties } = found[0].properties
  if ('ManagedPolicyArns' in properties) throw new Error(`role ${arn} has managed policies, which are not known here`)
  const documents = (Policies as JsonObject[]).map(({ PolicyDocument }) => PolicyDocument as unknown as PolicyDocument)
  return { function: name, arn, accessKeyId: `ASIA${name.toUpperCase().padEnd(16, '0')}`, policies: documents }
}

/** The policies that a bucket or queue has itself. */
export function resourcePolicies(stack: Stack, arn: string): PolicyDocument[] {
  const owner = Object.values(stack.resources).find(
    (resource) => resource.arn !== null && (arn === resource.arn || arn.startsWith(`${resource.arn}/`)),
  )
  if (owner === undefined) return []
  return Object.values(stack.resources)
    .filter(({ properties: { Bucket, Queues = [] } }) => [Bucket, Queues].flat().includes(owner.physicalId))
    .map(({ properties }) => properties.PolicyDocument as unknown as PolicyDocument)
}

/** The real endpoints are asked by HTTPS, as any SDK does that is given no other endpoint. */
function contextOf({ conditions }: RecordedRequest, stack: Stack, role: Role): AccessRequest['context'] {
  const { arn } = resourceOf(stack, 'AWS::Lambda::Function', functionOf(role.function))
  return {
    ...conditions,
    'aws:SecureTransport': 'true',
    'aws:PrincipalArn': role.arn,
    'lambda:SourceFunctionArn': `${arn}`,
  }
}
