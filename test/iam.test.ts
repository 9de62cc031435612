/** The evaluation of policies, held to the cases that IAM's own reference tells. */
import {
  type AccessRequest,
  authorize,
  grants,
  grantsOf,
  like,
  type PolicyDocument,
  type PolicyStatement,
} from './iam.ts'

const ROLE = 'arn:aws:iam::111122223333:role/ledger'
const OBJECT = 'arn:aws:s3:::ledger/rollups/a'

const put: AccessRequest = { principal: ROLE, action: 's3:PutObject', resource: OBJECT, context: {} }

function allow(statement: Partial<PolicyStatement> = {}): PolicyDocument {
  return { Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: OBJECT, ...statement }] }
}

function deny(statement: Partial<PolicyStatement> = {}): PolicyDocument {
  return { Statement: { Effect: 'Deny', Action: 's3:*', Resource: '*', ...statement } }
}

function decide(identity: PolicyDocument[], resource: PolicyDocument[] = [], request = put): string {
  return authorize(request, { identity, resource }).reason
}

test('what nobody allows is denied, an explicit deny wins, and in one account either side may allow', () => {
  expect(decide([])).toBe('no allow')
  expect(decide([allow()])).toBe('allow')
  expect(decide([], [allow({ Principal: '*' })])).toBe('allow')
  expect(decide([allow(), deny()])).toBe('explicit deny')
  expect(decide([allow()], [deny({ Principal: '*' })])).toBe('explicit deny')
  expect(decide([deny(), allow()], [allow({ Principal: '*' })])).toBe('explicit deny')
})

const patterns: [pattern: string, text: string, matches: boolean][] = [
  ['*', '', true],
  ['s3:*', 's3:PutObject', true],
  ['s3:Put*', 's3:GetObject', false],
  ['arn:aws:s3:::ledger/*', 'arn:aws:s3:::ledger/a/b', true],
  ['arn:aws:s3:::ledger/*', 'arn:aws:s3:::ledger', false],
  ['arn:aws:s3:::ledger', 'arn:aws:s3:::ledgers', false],
  ['arn:aws:s3:::ledger/a?', 'arn:aws:s3:::ledger/ab', true],
  ['arn:aws:s3:::ledger/a?', 'arn:aws:s3:::ledger/a', false],
  ['a.c', 'abc', false],
  ['a*c*e', 'abcde', true],
  ['A', 'a', false],
]
test.each(patterns)('the pattern %j on %j gives %j', (pattern, text, matches) => {
  expect(like(pattern, text)).toBe(matches)
})

const statements: [title: string, statement: Partial<PolicyStatement>, allowed: boolean][] = [
  // Actions and resources.
  ['an action in other letters', { Action: 'S3:putobject' }, true],
  ['an action by wildcard', { Action: ['sqs:*', 's3:Put*'] }, true],
  ['another action', { Action: 's3:PutObjectRetention' }, false],
  ['all actions but this', { Action: undefined, NotAction: 's3:Put*' }, false],
  ['all actions but another', { Action: undefined, NotAction: 's3:Delete*' }, true],
  ['a resource by wildcard', { Resource: 'arn:aws:s3:::ledger/rollups/*' }, true],
  ['the bucket, which is not what lies in it', { Resource: 'arn:aws:s3:::ledger' }, false],
  ['all resources but this', { Resource: undefined, NotResource: OBJECT }, false],
  ['all resources but others', { Resource: undefined, NotResource: ['arn:aws:s3:::ledger/seals/*'] }, true],
  // A key that the request has: s3:if-none-match '*', n '3', who is this role, tags a and b.
  ['StringEquals', { Condition: { StringEquals: { 's3:if-none-match': '*' } } }, true],
  ['StringEquals, which has no wildcards', { Condition: { StringEquals: { 'aws:tag': 'val*' } } }, false],
  ['StringEquals of several', { Condition: { StringEquals: { 'aws:tag': ['other', 'value'] } } }, true],
  ['StringEqualsIgnoreCase', { Condition: { StringEqualsIgnoreCase: { 'aws:tag': 'VALUE' } } }, true],
  ['StringNotEquals', { Condition: { StringNotEquals: { 'aws:tag': 'value' } } }, false],
  ['StringNotEquals of several', { Condition: { StringNotEquals: { 'aws:tag': ['other', 'value'] } } }, false],
  ['StringLike', { Condition: { StringLike: { 'aws:tag': 'val*' } } }, true],
  ['StringNotLike', { Condition: { StringNotLike: { 'aws:tag': 'val*' } } }, false],
  ['a key in other letters', { Condition: { StringLike: { 'AWS:Tag': 'val*' } } }, true],
  ['Bool', { Condition: { Bool: { 'aws:SecureTransport': false } } }, false],
  ['Bool as text', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }, true],
  ['NumericGreaterThan', { Condition: { NumericGreaterThan: { n: 2 } } }, true],
  ['NumericGreaterThan itself', { Condition: { NumericGreaterThan: { n: 3 } } }, false],
  ['NumericLessThanEquals', { Condition: { NumericLessThanEquals: { n: '3' } } }, true],
  ['NumericNotEquals', { Condition: { NumericNotEquals: { n: '3' } } }, false],
  ['ArnLike', { Condition: { ArnLike: { who: 'arn:aws:iam::*:role/*' } } }, true],
  ['ArnEquals of another', { Condition: { ArnEquals: { who: `${ROLE}s` } } }, false],
  ['ArnLike, whose wildcard stays in its part', { Condition: { ArnLike: { who: 'arn:*:role/ledger' } } }, false],
  ['ForAnyValue', { Condition: { 'ForAnyValue:StringEquals': { tags: ['b', 'c'] } } }, true],
  ['ForAllValues', { Condition: { 'ForAllValues:StringEquals': { tags: ['b', 'c'] } } }, false],
  // A key that the request does not have.
  ['StringEquals of nothing', { Condition: { StringEquals: { absent: '*' } } }, false],
  ['StringNotEquals of nothing', { Condition: { StringNotEquals: { absent: 'x' } } }, true],
  ['StringEqualsIfExists of nothing', { Condition: { StringEqualsIfExists: { absent: 'x' } } }, true],
  ['StringEqualsIfExists of something', { Condition: { StringEqualsIfExists: { 'aws:tag': 'x' } } }, false],
  ['NumericGreaterThan of nothing', { Condition: { NumericGreaterThan: { absent: 0 } } }, false],
  ['Bool of nothing', { Condition: { Bool: { absent: 'false' } } }, false],
  ['ForAnyValue of nothing', { Condition: { 'ForAnyValue:StringEquals': { absent: 'x' } } }, false],
  ['ForAllValues of nothing', { Condition: { 'ForAllValues:StringEquals': { absent: 'x' } } }, true],
  // Null asks whether the key is there.
  ['Null true of a key that is there', { Condition: { Null: { 's3:if-none-match': 'true' } } }, false],
  ['Null true of one that is not', { Condition: { Null: { absent: true } } }, true],
  ['Null false of a key that is there', { Condition: { Null: { 's3:if-none-match': 'false' } } }, true],
  // All of several must hold.
  [
    'two operators of which one fails',
    { Condition: { StringEquals: { 'aws:tag': 'value' }, NumericEquals: { n: 4 } } },
    false,
  ],
  ['two keys of which one fails', { Condition: { StringEquals: { 'aws:tag': 'value', n: '4' } } }, false],
  ['two keys that both hold', { Condition: { StringEquals: { 'aws:tag': 'value', n: '3' } } }, true],
]
test.each(statements)('%s', (_, statement, allowed) => {
  const context = {
    's3:if-none-match': '*',
    'aws:tag': 'value',
    'aws:SecureTransport': 'true',
    n: '3',
    who: ROLE,
    tags: ['a', 'b'],
  }
  expect(authorize({ ...put, context }, { identity: [allow(statement)], resource: [] }).allowed).toBe(allowed)
})

const principals: [PolicyStatement['Principal'], boolean][] = [
  ['*', true],
  [{ AWS: '*' }, true],
  [{ AWS: ROLE }, true],
  [{ AWS: ['arn:aws:iam::111122223333:role/other', ROLE] }, true],
  [{ AWS: 'arn:aws:iam::111122223333:root' }, true],
  [{ AWS: '111122223333' }, true],
  [{ AWS: 'arn:aws:iam::444455556666:root' }, false],
  [{ AWS: 'arn:aws:iam::111122223333:role/other' }, false],
  [{ Service: 'cloudfront.amazonaws.com' }, false],
]
test.each(principals)('the principal %j of a resource’s policy is this role: %j', (Principal, is) => {
  expect(authorize(put, { identity: [], resource: [allow({ Principal })] }).allowed).toBe(is)
  const others = allow({ NotPrincipal: Principal })
  expect(authorize(put, { identity: [], resource: [others] }).allowed).toBe(!is)
})

test('what is not understood is never decided: an operator, a variable, a principal, several values, no principal', () => {
  const undecided: [PolicyDocument[], PolicyDocument[], string][] = [
    [[allow({ Condition: { DateGreaterThan: { n: '2026' } } })], [], 'condition operator DateGreaterThan is not known'],
    [[allow({ Resource: `\${aws:username}/*` })], [], 'policy variable in'],
    [[allow({ Condition: { StringEquals: { n: `\${aws:username}` } } })], [], 'policy variable in'],
    [[allow({ Condition: { StringEquals: { many: 'a' } } })], [], 'meets 2 values'],
    [[allow({ Principal: '*' })], [], 'names a principal in an identity'],
    [[allow({ NotAction: 's3:*' })], [], 'must have one of Action and NotAction'],
    [[], [allow({ Principal: { Federated: 'x' } })], 'principal of kind Federated is not known'],
    [[], [allow()], 'of a resource names no principal'],
  ]
  for (const [identity, resource, message] of undecided) {
    const request = { ...put, context: { n: '1', many: ['a', 'b'] } }
    expect(() => authorize(request, { identity, resource })).toThrow(message)
  }
})

test('grants are each action on each resource, and a request uses those that would allow it by themselves', () => {
  const document: PolicyDocument = {
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: [OBJECT, 'arn:aws:s3:::ledger/seals/*'] },
      { Effect: 'Deny', Action: 's3:*', Resource: '*' },
    ],
  }
  const given = grantsOf(document)
  expect(given.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
    `s3:GetObject ${OBJECT}`,
    's3:GetObject arn:aws:s3:::ledger/seals/*',
    `s3:PutObject ${OBJECT}`,
    's3:PutObject arn:aws:s3:::ledger/seals/*',
  ])
  expect(given.map((grant) => grants(grant, put))).toEqual([false, false, true, false])
  const conditional = grantsOf(allow({ Condition: { Null: { k: 'false' } } }))
  expect(conditional.map((grant) => grants(grant, put))).toEqual([false])
  expect(conditional.map((grant) => grants(grant, { ...put, context: { k: 'v' } }))).toEqual([true])
  expect(() => grantsOf(allow({ Action: undefined, NotAction: 's3:*' }))).toThrow('cannot be listed')
})
