/**
 * Roles: who may do what. Each function has a role of its own with what its handler asks for and nothing else: named
 * actions on named resources. None may delete an object of the ledger or change who may do what.
 */
import type { Resources } from './alarms.ts'
import type { FunctionName } from './bundle.ts'
import type { Stack } from './stack.ts'

interface Statement {
  Sid: string
  Effect: 'Allow' | 'Deny'
  Action: string | string[]
  Resource: unknown
  Condition?: Record<string, Record<string, unknown>>
}

/** The four roles, as CloudFormation reads them: `<Function>Role`. */
export function roles(stack: Stack): Resources {
  return {
    DispatchRole: role(stack, 'dispatch', dispatchStatements()),
    ScrapeRole: role(stack, 'scrape', scrapeStatements(stack)),
    PublishRole: role(stack, 'publish', publishStatements(stack)),
    SealRole: role(stack, 'seal', sealStatements(stack)),
  }
}

function role(stack: Stack, name: FunctionName, statements: Statement[]): Resources[string] {
  const document = { Version: '2012-10-17', Statement: [logStatement(stack, name), ...statements] }
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `What ${name} of ${stack.name} may do`,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [{ PolicyName: name, PolicyDocument: document }],
    },
  }
}

/** Lambda writes a function's output with the function's role; the group itself is the stack's. */
function logStatement(stack: Stack, name: FunctionName): Statement {
  const group = `log-group:/aws/lambda/${stack.name}-${name}:*`
  return {
    Sid: 'WriteOwnLog',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: { 'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:${group}` },
  }
}

function dispatchStatements(): Statement[] {
  return [allow('AskForScrapes', 'sqs:SendMessage', { 'Fn::GetAtt': ['ScrapeQueue', 'Arn'] })]
}

function scrapeStatements(stack: Stack): Statement[] {
  const { bucket, prefix, secrets, vpc } = stack
  const ledger = objects(bucket, prefix, ['checkpoints/*', 'rollups/*'])
  return [
    // Lambda takes the requests out of the queue with this role.
    allow('TakeScrapeRequests', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], {
      'Fn::GetAtt': ['ScrapeQueue', 'Arn'],
    }),
    // The checkpoint is read and, on condition of what was read, written. A rollup is read when its key is taken already.
    allow('ReadAndWriteLedger', ['s3:GetObject', 's3:PutObject'], ledger),
    list(bucket, prefix, ['checkpoints/*', 'rollups/*']),
    ...retain(stack, 'rollups/*'),
    ...(secrets.length === 0 ? [] : [allow('ReadSecrets', 'secretsmanager:GetSecretValue', secrets)]),
    ...(vpc === null ? [] : vpcStatements(stack)),
  ]
}

function publishStatements(stack: Stack): Statement[] {
  const { bucket, prefix, signingKey, topic, webhookSecrets } = stack
  // Public keys are copied beside the seals that they make good.
  const copied = signingKey === null ? ['seals/*'] : ['seals/*', 'keys/*']
  return [
    allow('ReadLedger', 's3:GetObject', objects(bucket, prefix, ['checkpoints/*', 'rollups/*', ...copied])),
    // Digests of days and their history, and what has been published from what; all of it can be made again.
    allow(
      'ReadAndWriteDerived',
      ['s3:GetObject', 's3:PutObject'],
      objects(bucket, prefix, ['daily/*', 'published.json']),
    ),
    // What the configuration declares is recorded once, and read to judge by.
    allow('ReadAndWriteDeclarations', ['s3:GetObject', 's3:PutObject'], objects(bucket, prefix, ['declarations/*'])),
    ...retain(stack, 'declarations/*'),
    // Bills are imported by a person.
    allow('ReadBills', 's3:GetObject', objects(bucket, prefix, ['bills/*'])),
    list(bucket, prefix, ['checkpoints/*', 'rollups/*', 'seals/*', 'declarations/*', 'bills/*']),
    // New findings: who was told of which, and where they are sent.
    ...(topic === null && webhookSecrets.length === 0
      ? []
      : [allow('RecordWhoWasTold', ['s3:GetObject', 's3:PutObject'], objects(bucket, prefix, ['notified.json']))]),
    ...(topic === null ? [] : [allow('SendFindings', 'sns:Publish', topic)]),
    ...(webhookSecrets.length === 0 ? [] : [allow('ReadWebhook', 'secretsmanager:GetSecretValue', webhookSecrets)]),
    // Pages are written whole and never read back; what is there is known from the list.
    allow('WritePages', 's3:PutObject', { 'Fn::Sub': `\${SiteBucket.Arn}/*` }),
    allow('ListPages', 's3:ListBucket', { 'Fn::GetAtt': ['SiteBucket', 'Arn'] }),
  ]
}

function sealStatements(stack: Stack): Statement[] {
  const { bucket, prefix, signingKey } = stack
  const signing =
    signingKey === null
      ? []
      : [
          allow('SignSeals', ['kms:GetPublicKey', 'kms:Sign'], signingKey),
          // The public key is kept beside what it makes good, and read where it is there already.
          allow('ReadAndWriteKeys', ['s3:GetObject', 's3:PutObject'], objects(bucket, prefix, ['keys/*'])),
        ]
  return [
    allow('ReadLedger', 's3:GetObject', objects(bucket, prefix, ['checkpoints/*', 'rollups/*'])),
    // A seal is chained to the one before it, so that is read, too.
    allow('ReadAndWriteSeals', ['s3:GetObject', 's3:PutObject'], objects(bucket, prefix, ['seals/*'])),
    list(bucket, prefix, ['checkpoints/*', 'rollups/*', 'seals/*']),
    ...signing,
    ...retain(stack, ...(signingKey === null ? ['seals/*'] : ['seals/*', 'keys/*'])),
  ]
}

/**
 * Listing, of the ledger's own prefixes only. Without it S3 answers 403 and not 404 for an object that is not there, and
 * that question comes without a prefix: hence IfExists.
 */
function list(bucket: string, prefix: string, keys: string[]): Statement {
  return {
    ...allow('ListLedger', 's3:ListBucket', bucketArn(bucket)),
    Condition: { StringLikeIfExists: { 's3:prefix': keys.map((key) => prefix + key) } },
  }
}

/** S3 asks for this permission where an object is written with a retention. */
function retain({ bucket, prefix, retention }: Stack, ...keys: string[]): Statement[] {
  return retention ? [allow('RetainWhatIsWritten', 's3:PutObjectRetention', objects(bucket, prefix, keys))] : []
}

/**
 * Lambda joins a function to a VPC with the function's own role, and these actions know no narrower resource for all of
 * them. The function's code needs none of them and is denied them.
 */
function vpcStatements(stack: Stack): Statement[] {
  const actions = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]
  const self = `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${stack.name}-scrape`
  return [
    allow('JoinVpc', actions, '*'),
    {
      Sid: 'KeepCodeFromNetwork',
      Effect: 'Deny',
      Action: actions,
      Resource: '*',
      Condition: { ArnEquals: { 'lambda:SourceFunctionArn': [{ 'Fn::Sub': self }] } },
    },
  ]
}

function allow(Sid: string, Action: string | string[], Resource: unknown): Statement {
  return { Sid, Effect: 'Allow', Action, Resource }
}

function objects(bucket: string, prefix: string, keys: string[]): unknown[] {
  return keys.map((key) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${bucket}/${prefix}${key}` }))
}

function bucketArn(bucket: string): unknown {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${bucket}` }
}
