/** Identifiers of CloudFormation's resources: what Ref and GetAtt give, type by type, as the reference documents it. */

/** What the identifiers of a resource are made of. */
export interface Place {
  name: string // its own, or what CloudFormation calls it
  account: string
  region: string
}

/** What Ref gives, and GetAtt by the attribute's name. */
export type Attributes = { Ref: string; Arn?: string; [attribute: string]: string | undefined }

/** What a property that decides a resource's name is called, where it is not Name. */
export const NAMED_BY: Record<string, string> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
}

/** What Ref and GetAtt give, as the reference of each type documents it. */
const ATTRIBUTES: Record<string, (place: Place) => Attributes> = {
  'AWS::S3::Bucket': ({ name, region }) => ({
    Ref: name.toLowerCase(),
    Arn: `arn:aws:s3:::${name.toLowerCase()}`,
    DomainName: `${name.toLowerCase()}.s3.amazonaws.com`,
    RegionalDomainName: `${name.toLowerCase()}.s3.${region}.amazonaws.com`,
  }),
  'AWS::SQS::Queue': ({ name, account, region }) => ({
    Ref: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
    Arn: `arn:aws:sqs:${region}:${account}:${name}`,
    QueueName: name,
    QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
  }),
  'AWS::IAM::Role': ({ name, account }) => ({ Ref: name, Arn: `arn:aws:iam::${account}:role/${name}` }),
  'AWS::Lambda::Function': ({ name, account, region }) => ({
    Ref: name,
    Arn: `arn:aws:lambda:${region}:${account}:function:${name}`,
  }),
  'AWS::Logs::LogGroup': ({ name, account, region }) => ({
    Ref: name,
    Arn: `arn:aws:logs:${region}:${account}:log-group:${name}:*`,
  }),
  'AWS::SNS::Topic': ({ name, account, region }) => ({
    Ref: `arn:aws:sns:${region}:${account}:${name}`,
    Arn: `arn:aws:sns:${region}:${account}:${name}`,
    TopicName: name,
    TopicArn: `arn:aws:sns:${region}:${account}:${name}`,
  }),
  'AWS::Events::Rule': ({ name, account, region }) => ({
    Ref: name,
    Arn: `arn:aws:events:${region}:${account}:rule/${name}`,
  }),
  'AWS::CloudFront::Distribution': ({ account }) => ({
    Ref: 'E1ABCDEFGHIJKL',
    Id: 'E1ABCDEFGHIJKL',
    Arn: `arn:aws:cloudfront::${account}:distribution/E1ABCDEFGHIJKL`,
    DomainName: 'd111111abcdef8.cloudfront.net',
  }),
  'AWS::CloudFront::Function': ({ name, account }) => ({
    Ref: `arn:aws:cloudfront::${account}:function/${name}`,
    FunctionARN: `arn:aws:cloudfront::${account}:function/${name}`,
    'FunctionMetadata.FunctionARN': `arn:aws:cloudfront::${account}:function/${name}`,
  }),
  'AWS::CloudFront::OriginAccessControl': () => ({ Ref: 'E2ABCDEFGHIJKL', Id: 'E2ABCDEFGHIJKL' }),
  'AWS::CloudFront::ResponseHeadersPolicy': () => ({ Ref: policyId(1), Id: policyId(1) }),
  'AWS::CloudFront::CachePolicy': () => ({ Ref: policyId(2), Id: policyId(2) }),
  'AWS::CloudWatch::Alarm': ({ name, account, region }) => ({
    Ref: name,
    Arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
  }),
}

/** Types that are named by Ref at most, and by nothing else. */
const REF_ONLY = new Set([
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::SNS::Subscription',
  'AWS::Lambda::Permission',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Glue::Database',
  'AWS::Glue::Table',
  'AWS::Athena::WorkGroup',
  'AWS::Athena::NamedQuery',
])

/** What Ref and GetAtt give of a resource; null for a type that is not known here. */
export function attributesOf(type: string, place: Place): Attributes | null {
  if (REF_ONLY.has(type)) return { Ref: place.name }
  return ATTRIBUTES[type]?.(place) ?? null
}

function policyId(number: number): string {
  return `00000000-0000-0000-0000-00000000000${number}`
}
