/** The resolution of templates, held to the cases that CloudFormation's own reference tells. */
import { type Json, type JsonObject, resolveStack, resourceOf, type Template } from './cloudformation.ts'

const SETTINGS = { stack: 'egress', account: '111122223333', region: 'eu-west-1' }

const RESOURCES: Template['Resources'] = {
  Named: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { 'Fn::Sub': `\${AWS::StackName}-ledger` } } },
  Unnamed: { Type: 'AWS::S3::Bucket' },
  Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
  Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'scrape' } },
  Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/lambda/scrape' } },
  Never: { Type: 'AWS::SNS::Topic', Condition: 'IsOther' },
}

const CONDITIONS: Template['Conditions'] = {
  IsHere: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
  IsOther: { 'Fn::Not': [{ Condition: 'IsHere' }] },
  IsBoth: { 'Fn::And': [{ Condition: 'IsHere' }, { Condition: 'IsOther' }] },
  IsEither: { 'Fn::Or': [{ Condition: 'IsHere' }, { Condition: 'IsOther' }] },
}

const PARAMETERS: Template['Parameters'] = {
  Word: { Type: 'String', Default: 'word' },
  Subnets: { Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-1,subnet-2' },
  Required: { Type: 'String' },
}

function template(value: Json, more: Partial<Template> = {}): Template {
  const Probe = { Type: 'AWS::IAM::Role', Properties: { Value: value } as JsonObject }
  return { Parameters: PARAMETERS, Conditions: CONDITIONS, Resources: { ...RESOURCES, Probe }, ...more }
}

function resolve(value: Json): Json {
  return resolveStack(template(value), SETTINGS).resources.Probe.properties.Value
}

const QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/jobs'

const values: [Json, Json][] = [
  ['as it is', 'as it is'],
  [{ a: [1, true, null, { b: 'c' }] }, { a: [1, true, null, { b: 'c' }] }],
  // Ref.
  [{ Ref: 'Word' }, 'word'],
  [{ Ref: 'Subnets' }, ['subnet-1', 'subnet-2']],
  [{ Ref: 'AWS::AccountId' }, '111122223333'],
  [{ Ref: 'AWS::Region' }, 'eu-west-1'],
  [{ Ref: 'AWS::Partition' }, 'aws'],
  [{ Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
  [{ Ref: 'Named' }, 'egress-ledger'],
  [{ Ref: 'Unnamed' }, 'egress-unnamed'],
  [{ Ref: 'Queue' }, QUEUE_URL],
  [{ Ref: 'Logs' }, '/aws/lambda/scrape'],
  // GetAtt.
  [{ 'Fn::GetAtt': ['Named', 'Arn'] }, 'arn:aws:s3:::egress-ledger'],
  [{ 'Fn::GetAtt': 'Queue.Arn' }, 'arn:aws:sqs:eu-west-1:111122223333:jobs'],
  [{ 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::111122223333:role/scrape'],
  [{ 'Fn::GetAtt': ['Logs', 'Arn'] }, 'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/scrape:*'],
  [{ 'Fn::GetAtt': ['Unnamed', 'RegionalDomainName'] }, 'egress-unnamed.s3.eu-west-1.amazonaws.com'],
  // Sub.
  [{ 'Fn::Sub': `\${Named.Arn}/rollups/*` }, 'arn:aws:s3:::egress-ledger/rollups/*'],
  [{ 'Fn::Sub': `\${Word}-\${AWS::Region}-\${Queue}` }, `word-eu-west-1-${QUEUE_URL}`],
  [{ 'Fn::Sub': [`\${x}\${Word}`, { x: { Ref: 'AWS::Region' }, Word: 'own' }] }, 'eu-west-1own'],
  [{ 'Fn::Sub': `\${!Literal}` }, `\${Literal}`],
  // Join, Split, Select.
  [{ 'Fn::Join': ['/', ['a', { Ref: 'Word' }]] }, 'a/word'],
  [{ 'Fn::Join': [',', { Ref: 'Subnets' }] }, 'subnet-1,subnet-2'],
  [{ 'Fn::Select': ['1', { 'Fn::Split': ['-', 'a-b-c'] }] }, 'b'],
  // If, and what it leaves out.
  [{ 'Fn::If': ['IsHere', { Ref: 'Word' }, { Ref: 'Never' }] }, 'word'],
  [{ 'Fn::If': ['IsBoth', 1, 2] }, 2],
  [{ 'Fn::If': ['IsEither', 1, 2] }, 1],
  [{ kept: 1, dropped: { 'Fn::If': ['IsOther', 2, { Ref: 'AWS::NoValue' }] } }, { kept: 1 }],
  [
    [1, { 'Fn::If': ['IsOther', 2, { Ref: 'AWS::NoValue' }] }, 3],
    [1, 3],
  ],
]
test.each(values)('%j becomes %j', (value, resolved) => {
  expect(resolve(value)).toEqual(resolved)
})

const refused: [Json, string][] = [
  [{ 'Fn::ImportValue': 'x' }, 'Resources.Probe.Properties.Value: Fn::ImportValue is not known here'],
  [{ 'Fn::Transform': {} }, 'Fn::Transform is not known here'],
  [{ Ref: 'Nobody' }, 'Nobody is no parameter and no resource'],
  [{ Ref: 'Required' }, 'parameter Required has neither value nor default'],
  [{ Ref: 'Never' }, 'Never is not there, since its condition IsOther is false'],
  [{ 'Fn::Sub': `\${Nobody.Arn}` }, 'Nobody is no parameter and no resource'],
  [{ 'Fn::Sub': `\${Subnets}` }, `\${Subnets} in Fn::Sub is no text`],
  [{ 'Fn::GetAtt': ['Queue', 'Colour'] }, 'Queue has no attribute Colour'],
  [{ 'Fn::GetAtt': ['Queue', 'Ref'] }, 'Queue has no attribute Ref'],
  [{ 'Fn::If': ['Nowhere', 1, 2] }, 'there is no condition Nowhere'],
  [{ 'Fn::Join': ['x'] }, 'Fn::Join takes 2 values'],
  [{ 'Fn::Join': ['', 'text'] }, '"text" is no list'],
  [{ 'Fn::Select': [3, ['a']] }, 'Fn::Select finds nothing at 3'],
  [{ Ref: 'Word', Other: 1 }, 'Ref stands beside Other'],
]
test.each(refused)('%j is refused: %s', (value, message) => {
  expect(() => resolve(value)).toThrow(message)
})

test('resources whose condition is false are left out, and outputs too', () => {
  const { resources, outputs } = resolveStack(
    template('', {
      Outputs: { Bucket: { Value: { Ref: 'Named' } }, Topic: { Condition: 'IsOther', Value: { Ref: 'Never' } } },
    }),
    SETTINGS,
  )
  expect(Object.keys(resources)).toEqual(['Named', 'Unnamed', 'Queue', 'Role', 'Logs', 'Probe'])
  expect(resources.Queue).toMatchObject({ physicalId: QUEUE_URL, arn: 'arn:aws:sqs:eu-west-1:111122223333:jobs' })
  expect(outputs).toEqual({ Bucket: 'egress-ledger' })
})

test('parameters and physical ids that are given count before defaults and names', () => {
  const settings = {
    ...SETTINGS,
    parameters: { Required: 'given', Word: 'other' },
    physicalIds: { Queue: 'http://127.0.0.1:1/queue' },
  }
  const value: Json = [{ Ref: 'Required' }, { Ref: 'Word' }, { Ref: 'Queue' }, { 'Fn::GetAtt': ['Queue', 'Arn'] }]
  expect(resolveStack(template(value), settings).resources.Probe.properties.Value).toEqual([
    'given',
    'other',
    'http://127.0.0.1:1/queue',
    'arn:aws:sqs:eu-west-1:111122223333:jobs',
  ])
})

test('a type that is not known, a dependency on nobody and a name that depends on itself are refused', () => {
  const resolveWith = (Resources: Template['Resources']) => () => resolveStack({ Resources }, SETTINGS)
  expect(resolveWith({ X: { Type: 'AWS::EC2::Instance' } })).toThrow('type AWS::EC2::Instance is not known here')
  expect(resolveWith({ X: { Type: 'AWS::S3::Bucket', DependsOn: ['Y'] } })).toThrow('X depends on Y')
  const circle = { X: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { Ref: 'X' } } } }
  expect(resolveWith(circle)).toThrow('the name of X depends on itself')
})

test('a resource is found by its type and name, and only when it is the one', () => {
  const stack = resolveStack(template(''), SETTINGS)
  expect(resourceOf(stack, 'AWS::SQS::Queue').physicalId).toBe(QUEUE_URL)
  expect(resourceOf(stack, 'AWS::S3::Bucket', /ledger/).arn).toBe('arn:aws:s3:::egress-ledger')
  expect(() => resourceOf(stack, 'AWS::S3::Bucket')).toThrow('stack has 2 AWS::S3::Bucket')
})
