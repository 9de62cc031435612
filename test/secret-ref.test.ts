import { parseSecretRef } from '#core/secret-ref.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/prom-AbC123'
const manager = (arn: string, region: string, jsonKey: string | null) => ({
  kind: 'secretsmanager',
  arn,
  region,
  jsonKey,
})

test.each([
  ['env:PROM_TOKEN', { kind: 'env', name: 'PROM_TOKEN' }],
  ['env:_t1', { kind: 'env', name: '_t1' }],
  ['file:token', { kind: 'file', path: 'token' }],
  ['file:/a b/c:d', { kind: 'file', path: '/a b/c:d' }],
  [ARN, manager(ARN, 'eu-west-1', null)],
  [`${ARN}:token`, manager(ARN, 'eu-west-1', 'token')],
  [`${ARN}:token::`, manager(ARN, 'eu-west-1', 'token')],
  [`${ARN}:a key`, manager(ARN, 'eu-west-1', 'a key')],
  [
    ARN.replace('aws:', 'aws-cn:').replace('eu-west-1', 'cn-north-1'),
    expect.objectContaining({ region: 'cn-north-1' }),
  ],
  [
    ARN.replace('aws:', 'aws-us-gov:').replace('eu-west-1', 'us-gov-west-1'),
    expect.objectContaining({ region: 'us-gov-west-1' }),
  ],
])('%j is understood', (ref, place) => {
  expect(parseSecretRef(ref)).toEqual(place)
})

test.each([
  // The secret itself, or something else
  'hunter2',
  '',
  'ENV:PROM_TOKEN',
  ' env:PROM_TOKEN',
  'env:',
  'env:1',
  'env:A B',
  'file:',
  'file:a\0b',
  // Not an ARN of a secret
  'arn:aws:s3:::bucket/key',
  ARN.replace('arn:aws:', 'arn:aws-iso:'),
  ARN.replace('123456789012', '12345678901'),
  ARN.replace('eu-west-1', 'eu-west'),
  ARN.replace('eu-west-1', ''),
  ARN.replace('eu-west-1', 'evil.example/eu-west-1'),
  // Without the six characters at its end it may be another secret's
  ARN.replace('-AbC123', ''),
  ARN.replace('AbC123', 'AbC1234'),
  // A version cannot be asked for, and a key must be there
  `${ARN}:`,
  `${ARN}:::`,
  `${ARN}:token:`,
  `${ARN}:token:AWSPREVIOUS:`,
  `${ARN}:token:AWSPREVIOUS`,
  `${ARN}:tok\nen`,
  `${ARN}\n`,
])('%j is no reference', (ref) => {
  expect(parseSecretRef(ref)).toBeNull()
})
