import { execFileSync } from 'node:child_process'
import * as crypto from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import ts from 'typescript'
import { parse } from 'yaml'
import { SECURITY_HEADERS, serveFolder } from '../functions/serve.ts'
import { HSTS, type ViewerSettings, viewerFunction, viewerPasswordHash } from '../infra/viewer.ts'

const INFRA = join(import.meta.dirname, '..', 'infra')
const PASSWORD = 'correct horse: bättery 🐎'

interface Value {
  value: string
  multiValue?: { value: string }[]
}

interface Answer {
  statusCode?: number // none: the request goes on
  statusDescription?: string
  headers?: Record<string, Value>
  body?: { encoding: string; data: string }
  uri?: string
}

interface Asked {
  uri?: string
  ip?: string
  authorization?: string | Value
  querystring?: Record<string, Value>
}

/** An event as CloudFront gives it to a viewer-request function. */
function event({ uri = '/', ip = '203.0.113.7', authorization, querystring = {} }: Asked): object {
  const header = typeof authorization === 'string' ? { value: authorization } : authorization
  return {
    version: '1.0',
    context: {
      distributionDomainName: 'd111111abcdef8.cloudfront.net',
      distributionId: 'EDFDVBD6EXAMPLE',
      eventType: 'viewer-request',
      requestId: 'EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==',
    },
    viewer: { ip },
    request: {
      method: 'GET',
      uri,
      querystring,
      headers: {
        host: { value: 'd111111abcdef8.cloudfront.net' },
        'user-agent': { value: 'curl/8.0' },
        ...(header === undefined ? {} : { authorization: header }),
      },
      cookies: {},
    },
  }
}

/** What the function answers, in a world that has what its runtime has and nothing else. */
function runner(source: string): (asked: Asked) => Answer {
  const world = {
    require: (name: string) => {
      if (name !== 'crypto') throw new Error(`there is no module ${name}`)
      return crypto
    },
    Buffer,
  }
  const handler = runInNewContext(`'use strict';${source};handler`, world) as (event: object) => Answer
  return (asked) => JSON.parse(JSON.stringify(handler(event(asked)))) as Answer
}

function settings(changes: Partial<ViewerSettings['viewers']> = {}, stack = 'wharfage'): ViewerSettings {
  return { stack, viewers: { password: null, addresses: [], ...changes } }
}

const hash = viewerPasswordHash(PASSWORD, 'wharfage')
const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`

const byPassword = runner(viewerFunction(settings({ password: 'env:V' }), hash))
const byAddress = runner(viewerFunction(settings({ addresses: ['203.0.113.0/24', '2001:db8::/32'] }), null))
const byBoth = runner(viewerFunction(settings({ password: 'env:V', addresses: ['203.0.113.0/24'] }), hash))

test('with neither password nor addresses nobody passes, and one sentence says how to open it', () => {
  const unfilled = readFileSync(join(INFRA, 'viewer.js'), 'utf8')
  for (const source of [unfilled, viewerFunction(settings(), null)]) {
    const ask = runner(source)
    for (const asked of [{}, { authorization: basic(':') }, { ip: '' }, { authorization: basic(`u:${PASSWORD}`) }]) {
      const { statusCode, body } = ask(asked)
      expect(statusCode).toBe(403)
      expect(body?.data).toBe('these pages are closed; give aws.viewers a password or addresses and deploy again\n')
    }
  }
})

test('the password passes, with any user name', () => {
  for (const user of ['', 'anyone', 'jürgen', 'x'.repeat(300)]) {
    expect(byPassword({ authorization: basic(`${user}:${PASSWORD}`) })).toMatchObject({ uri: '/index.html' })
  }
  expect(byPassword({ authorization: basic(`u:${PASSWORD}`).replace('Basic', 'bASIC ') }).uri).toBe('/index.html')
})

// What somebody may send in the place of credentials.
test.each<[string, string | Value | undefined]>([
  ['nothing', undefined],
  ['an empty header', ''],
  ['the scheme alone', 'Basic'],
  ['no credentials', 'Basic '],
  ['another password', basic('u:correct horse battery staple')],
  ['the beginning of the password', basic(`u:${PASSWORD.slice(0, -2)}`)],
  ['more than the password', basic(`u:${PASSWORD} `)],
  ['the password in other letters', basic(`u:${PASSWORD.toUpperCase()}`)],
  ['the password as the user name', basic(`${PASSWORD}:`)],
  ['the password alone', basic(PASSWORD.replace(':', ''))],
  ['the hash', basic(`u:${hash}`)],
  ['the password in Latin-1', `Basic ${Buffer.from(`u:${PASSWORD}`, 'latin1').toString('base64')}`],
  ['the password in plain', `Basic u:${PASSWORD}`],
  ['another scheme', basic(`u:${PASSWORD}`).replace('Basic', 'Bearer')],
  ['something before the scheme', ` ${basic(`u:${PASSWORD}`)}`],
  ['something behind the credentials', `${basic(`u:${PASSWORD}`)} x`],
  ['bytes that are no text', `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')}`],
  ['what is no base64', 'Basic ****'],
  ['base64 for URLs', 'Basic dTpf_-8='],
  ['too much padding', 'Basic dTp4===='],
  ['text beyond ASCII', 'Basic ü🐎'],
  ['two thousand characters', basic(`${'u'.repeat(2000)}:${PASSWORD}`)],
  ['a megabyte', `Basic ${'A'.repeat(1_000_000)}`],
  ['many spaces', `Basic${' '.repeat(900)}!`],
  [
    'two headers, one of them right',
    { value: basic(`u:${PASSWORD}`), multiValue: [{ value: 'Basic x' }, { value: basic(`u:${PASSWORD}`) }] },
  ],
])('%s does not pass for the password', (_, authorization) => {
  const { statusCode, headers, body, uri } = byPassword({ authorization })
  expect([statusCode, uri]).toEqual([401, undefined])
  expect(headers?.['www-authenticate']).toEqual({ value: 'Basic realm="Wharfage", charset="UTF-8"' })
  expect(headers?.['cache-control']).toEqual({ value: 'no-store' })
  expect(body).toEqual({ encoding: 'text', data: 'these pages need their password, with any user name\n' })
})

test('whatever else the header holds, only the password passes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary' })), (text) => {
      for (const authorization of [text, `Basic ${text}`, basic(text), basic(`u:${text}`)]) {
        expect(byPassword({ authorization }).statusCode).toBe(401)
      }
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['203.0.113.0', true],
  ['203.0.113.255', true],
  ['203.0.112.255', false],
  ['203.0.114.0', false],
  ['2001:db8::1', true],
  ['2001:DB8:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', true],
  ['2001:db9::', false],
  ['::', false],
  ['', false],
  ['203.0.113', false],
  ['203.0.113.256', false],
  ['203.0.112.256', false],
  ['203.0.113.7, 10.0.0.1', false],
  ['203.0.113.7\n', false],
  ['0203.0.113.7', false],
  ['2001:db8:::1', false],
  ['2001:db8::1::', false],
  ['2001:db8:1:2:3:4:5:6::', false],
  ['2001:db8:1:2:3:4:5:6::7::8', false],
  ['2001:db8:1:2:3:4:5:6:7', false],
  ['2001:db8::12345', false],
  ['2001:db8::g', false],
  ['2001:db8::%eth0', false],
  ['::ffff:203.0.113.7', false],
])('from %j the pages can be read: %s', (ip, passes) => {
  const { statusCode, uri, body } = byAddress({ ip })
  expect([statusCode, uri]).toEqual(passes ? [undefined, '/index.html'] : [403, undefined])
  if (!passes) expect(body?.data).toMatch(/^these pages are not open to your address; ask .* aws\.viewers\n$/)
})

test('with a password and addresses both are needed, and outside of them nobody is asked for the password', () => {
  const authorization = basic(`u:${PASSWORD}`)
  expect(byBoth({ authorization, ip: '203.0.113.7' }).uri).toBe('/index.html')
  expect(byBoth({ authorization, ip: '198.51.100.7' }).statusCode).toBe(403)
  expect(byBoth({ ip: '203.0.113.7' }).statusCode).toBe(401)
  expect(byBoth({ ip: '198.51.100.7' })).toMatchObject({ statusCode: 403 })
  expect(byBoth({ ip: '198.51.100.7' }).headers).not.toHaveProperty('www-authenticate')
})

/** An address as a number, by its bits alone. */
const toAddress = (value: bigint, bits: 32 | 128): string => {
  const [size, base, separator] = bits === 32 ? [8n, 10, '.'] : [16n, 16, ':']
  const parts = Array.from({ length: bits / Number(size) }, (_, i) => {
    return ((value >> (BigInt(bits) - size * BigInt(i + 1))) & ((1n << size) - 1n)).toString(base)
  })
  return parts.join(separator)
}

test('an address passes exactly when its leading bits are those of the range', () => {
  const family = fc.constantFrom<[32, 128]>(32, 128).chain((bits) => {
    const number = fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n })
    return fc.record({
      bits: fc.constant(bits),
      network: number,
      length: fc.integer({ min: 0, max: bits }),
      flipped: fc.array(fc.integer({ min: 0, max: bits - 1 }), { maxLength: 3 }),
    })
  })
  fc.assert(
    fc.property(family, ({ bits, network, length, flipped }) => {
      const address = flipped.reduce((value, bit) => value ^ (1n << BigInt(bit)), network)
      const shift = BigInt(bits - length)
      const ask = runner(viewerFunction(settings({ addresses: [`${toAddress(network, bits)}/${length}`] }), null))
      expect(ask({ ip: toAddress(address, bits) }).uri !== undefined).toBe(address >> shift === network >> shift)
      expect(ask({ ip: bits === 32 ? '2001:db8::1' : '203.0.113.7' }).statusCode).toBe(403)
    }),
    { numRuns: 300 },
  )
})

test('ranges are read in every spelling of IPv6', () => {
  for (const range of ['::/0', '2001:DB8::/31', '2001:db8:0:0:0:0:0:0/32', '2001:db8:0:0:0:0:0.0.0.1/128']) {
    const ask = runner(viewerFunction(settings({ addresses: [range] }), null))
    expect(ask({ ip: '2001:db8::1' }).uri).toBe('/index.html')
    expect(ask({ ip: '203.0.113.7' }).statusCode).toBe(403)
  }
})

// Which file is meant.
test.each([
  ['/', '/index.html'],
  ['/index.html', '/index.html'],
  ['/days/2026-11-20/', '/days/2026-11-20/index.html'],
  ['/days//2026-11-20/', '/days/2026-11-20/index.html'],
  ['/days/2026%2D11%2D20/', '/days/2026-11-20/index.html'],
  ['/days/2026-11-20/flows.csv', '/days/2026-11-20/flows.csv'],
  ['//', '/index.html'],
  ['//evil.example', '/evil.example'],
])('asked for %s it gives %s', (uri, file) => {
  expect(byAddress({ uri })).toMatchObject({ uri: file, method: 'GET' })
})

test.each<[string, Record<string, Value>, string]>([
  ['/days/2026-11-20', {}, '/days/2026-11-20/'],
  ['//evil', {}, '/evil/'],
  ['///evil//x', {}, '/evil/x/'],
  ['/days', { from: { value: '2026' }, q: { value: '' } }, '/days/?from=2026&q'],
  ['/days', { a: { value: '2', multiValue: [{ value: '1' }, { value: '2%20' }] } }, '/days/?a=1&a=2%20'],
  ['/days', { a: { value: 'x\r\nset-cookie: y' } }, '/days/'],
])('sends %s %j on to %s', (uri, querystring, location) => {
  const { statusCode, headers } = byAddress({ uri, querystring })
  expect([statusCode, headers?.location]).toEqual([308, { value: location }])
})

test.each([
  '/..',
  '/../',
  '/days/../x.html',
  '/%2e%2e/x.html',
  '/.git/config.x',
  '/%',
  '/%zz/',
  '/%ff/',
  '/\\evil',
  '/%5Cevil',
  '/a%2Fb',
  '/a%00/',
  '/a%0d%0aset-cookie:x',
  '/ä',
  '/a b',
  '/x;y.html',
  'days/',
  '',
])('of %j, which no published file is called, it says that there is none', (uri) => {
  expect(byAddress({ uri })).toMatchObject({ statusCode: 404, body: { data: 'there is no such page\n' } })
})

test('whatever the path, it leads to a plain name below the root', () => {
  const part = fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    'a',
    'b.c',
    '%2f',
    '%5c',
    '\\',
    '%',
    '?',
    '@evil.example',
    ':',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 8 }), (parts) => {
      const { statusCode, uri, headers } = byAddress({ uri: `/${parts.join('')}` })
      const target = statusCode === undefined ? uri : headers?.location?.value
      expect([undefined, 308, 404]).toContain(statusCode)
      if (statusCode !== 404) expect(target).toMatch(/^(\/[A-Za-z0-9_=@~+-][A-Za-z0-9_=@~+.-]*)+\/?$/)
    }),
    { numRuns: 500 },
  )
})

test('gives the same file for a path, and the same way on, as serve does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wharfage-viewer-'))
  const files = ['index.html', '404.html', 'days/2026-11-20/index.html', 'days/2026-11-20/flows.csv', '_assets/a.b.js']
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), file)
  }
  const serving = await serveFolder(folder, { port: 0 })
  try {
    for (const path of [
      ...files.map((file) => `/${file}`),
      '/',
      '/days/2026-11-20',
      '/days/2026-11-20/',
      '/days//2026-11-20',
      '/days/2026%2D11-20',
      '/days/2026-11-21/',
      '/days/2026-11-20/none.csv',
      '/days/2026-11-20/flows.csv/',
      '/evil.example',
      '/a%2F..%2Findex.html',
      '/%',
    ]) {
      const served = await fetch(new URL(path, serving.url), { redirect: 'manual' })
      const { statusCode = 200, uri = '', headers } = byAddress({ uri: path })
      const there = files.includes(uri.slice(1))
      expect([path, statusCode === 200 && !there ? 404 : statusCode]).toEqual([path, served.status])
      expect(headers?.location?.value ?? null).toBe(served.headers.get('location'))
      if (there) expect(await served.text()).toBe(uri.slice(1))
    }
  } finally {
    await serving.close()
    rmSync(folder, { recursive: true })
  }
})

/** The resources of the site, with CloudFormation's short forms as the text behind them. */
function siteResources() {
  return parse(readFileSync(join(INFRA, 'site.yml'), 'utf8'), { logLevel: 'silent' }).Resources
}

test('there is no way around it: one behaviour, which runs it, and a bucket that only the distribution reads', () => {
  const { SiteBucket, SiteBucketPolicy, Distribution, ViewerFunction, OriginAccess } = siteResources()
  const { DefaultCacheBehavior, CacheBehaviors, Origins } = Distribution.Properties.DistributionConfig
  expect(CacheBehaviors).toBeUndefined()
  expect(DefaultCacheBehavior).toMatchObject({
    AllowedMethods: ['GET', 'HEAD'],
    ViewerProtocolPolicy: 'redirect-to-https',
    FunctionAssociations: [{ EventType: 'viewer-request', FunctionARN: 'ViewerFunction.FunctionARN' }],
  })
  expect(ViewerFunction.Properties).toMatchObject({
    AutoPublish: true,
    FunctionConfig: { Runtime: 'cloudfront-js-2.0' },
  })
  expect(Origins).toMatchObject([{ OriginAccessControlId: 'OriginAccess.Id' }])
  expect(OriginAccess.Properties.OriginAccessControlConfig).toMatchObject({
    SigningBehavior: 'always',
    SigningProtocol: 'sigv4',
  })
  expect(Object.values(SiteBucket.Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true])
  const { Statement } = SiteBucketPolicy.Properties.PolicyDocument
  expect(Statement).toHaveLength(3)
  expect(Statement[0]).toMatchObject({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Condition: { Bool: { 'aws:SecureTransport': false } },
  })
  for (const allowed of Statement.slice(1)) {
    expect(allowed).toMatchObject({ Effect: 'Allow', Principal: { Service: 'cloudfront.amazonaws.com' } })
    expect(allowed.Condition.StringEquals['aws:SourceArn']).toMatch(/:distribution\/\$\{Distribution\}$/)
    expect(['s3:GetObject', 's3:ListBucket']).toContain(allowed.Action)
  }
})

test('its own answers carry the headers that every page has, and the policy of CloudFront says the same', () => {
  const { headers = {} } = byPassword({})
  const expected = { ...SECURITY_HEADERS, 'strict-transport-security': HSTS }
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]?.value]))).toEqual(expected)

  const policy = siteResources().SecurityHeaders.Properties.ResponseHeadersPolicyConfig
  const { ContentSecurityPolicy, ContentTypeOptions, ReferrerPolicy, StrictTransportSecurity } =
    policy.SecurityHeadersConfig
  const items: { Header: string; Value: string; Override: boolean }[] = policy.CustomHeadersConfig.Items
  expect({
    'content-security-policy': ContentSecurityPolicy.ContentSecurityPolicy,
    'x-content-type-options': ContentTypeOptions.Override ? 'nosniff' : '',
    'referrer-policy': ReferrerPolicy.ReferrerPolicy,
    'strict-transport-security': `max-age=${StrictTransportSecurity.AccessControlMaxAgeSec}`,
    ...Object.fromEntries(items.map(({ Header, Value }) => [Header, Value])),
  }).toEqual(expected)
  for (const { Override } of [...Object.values<{ Override: boolean }>(policy.SecurityHeadersConfig), ...items]) {
    expect(Override).toBe(true)
  }
})

test('neither the password nor anything made of it but its hash is in what is deployed, the same each time', () => {
  const source = viewerFunction(settings({ password: 'env:V' }), hash)
  expect(source).toContain(hash)
  for (const text of [PASSWORD, 'bättery', Buffer.from(PASSWORD).toString('base64').slice(0, 20), 'env:V']) {
    expect(source).not.toContain(text)
  }
  expect(viewerFunction(settings({ password: 'env:V' }), viewerPasswordHash(PASSWORD, 'wharfage'))).toBe(source)
  expect(viewerPasswordHash(PASSWORD, 'other')).not.toBe(hash)
  // Typed with a letter and a mark behind it, it is still what browsers send.
  expect(viewerPasswordHash(PASSWORD.normalize('NFD'), 'wharfage')).toBe(hash)
})

test.each([
  ['fifteen charact', /^aws\.viewers\.password has 15 characters and needs 16 to 500; make one by "openssl/],
  ['🐎'.repeat(15), /has 15 characters/],
  ['x'.repeat(501), /has 501 characters/],
  ['sixteen characters\n', /holds a control character/],
])('refuses the password %j without repeating it', (password, message) => {
  const error = (() => {
    try {
      return viewerPasswordHash(password, 'wharfage')
    } catch (error) {
      return error as Error
    }
  })() as Error
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain(password)
})

test('refuses a password without its hash, and a hash without a password', () => {
  expect(() => viewerFunction(settings({ password: 'env:V' }), null)).toThrow(/must be given both or neither/)
  expect(() => viewerFunction(settings(), hash)).toThrow(/must be given both or neither/)
})

test('fits into one function with as many ranges as may be configured, and says so of too many', () => {
  const ranges = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => `2001:ffff:ffff:ffff:ffff:ffff:ffff:${(0xff00 + i).toString(16)}/128`)
  const source = viewerFunction(settings({ password: 'env:V', addresses: ranges(50) }), hash)
  expect(Buffer.byteLength(source)).toBeLessThanOrEqual(10_240)
  expect(() => viewerFunction(settings({ addresses: ranges(100) }), null)).toThrow(
    /^viewer function: it has \d+ bytes of 10240; name fewer ranges than 100 in aws\.viewers\.addresses$/,
  )
})

test('uses no syntax that its runtime lacks, and nothing that the packager would take for a variable', () => {
  const source = viewerFunction(settings({ password: 'env:V', addresses: ['203.0.113.0/24'] }), hash)
  expect(source).not.toContain('${')
  expect(source.split('\n').filter((line) => line.startsWith('const LOCK = '))).toHaveLength(1)
  // ECMAScript 5.1, and of later ones const, let and arrow functions.
  const lacking = new Set([
    ts.SyntaxKind.ArrayBindingPattern,
    ts.SyntaxKind.ObjectBindingPattern,
    ts.SyntaxKind.SpreadElement,
    ts.SyntaxKind.SpreadAssignment,
    ts.SyntaxKind.ShorthandPropertyAssignment,
    ts.SyntaxKind.ComputedPropertyName,
    ts.SyntaxKind.ForOfStatement,
    ts.SyntaxKind.ClassDeclaration,
    ts.SyntaxKind.YieldExpression,
    ts.SyntaxKind.QuestionDotToken,
    ts.SyntaxKind.QuestionQuestionToken,
    ts.SyntaxKind.BigIntLiteral,
    ts.SyntaxKind.ImportDeclaration,
    ts.SyntaxKind.ExportKeyword,
  ])
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (lacking.has(node.kind)) found.push(`${ts.SyntaxKind[node.kind]}: ${node.getText()}`)
    if (ts.isParameter(node) && node.initializer !== undefined) found.push(`a default: ${node.getText()}`)
    if (ts.isCatchClause(node) && node.variableDeclaration === undefined) found.push('a catch without a name')
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('viewer.js', source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS))
  expect(found).toEqual([])
})

function njsVersion(): string | null {
  try {
    return execFileSync('njs', ['-v'], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

const njs = njsVersion()
const present = njs === null ? test.skip : test
const how = njs === null ? ' (no njs on the PATH; apt-get install njs lets this run)' : ''

// CloudFront's runtime is a descendant of njs.
present(`answers the same in njs${how}`, () => {
  const source = viewerFunction(settings({ password: 'env:V', addresses: ['203.0.113.0/24', '2001:db8::/32'] }), hash)
  const authorization = basic(`u:${PASSWORD}`)
  const asked: Asked[] = [
    { authorization },
    { authorization, uri: '/days/2026-11-20/' },
    { authorization, uri: '/days//2026%2D11-20', querystring: { a: { value: '1', multiValue: [{ value: '1' }] } } },
    { authorization, uri: '/days/2026-11-20/flows.csv', ip: '2001:0DB8::1' },
    { authorization, uri: '/%ff' },
    { authorization, uri: '/../x' },
    { authorization, ip: '2001:db9::1' },
    { authorization: 'Basic ****' },
    { authorization: `Basic ${'A'.repeat(5000)}` },
    { authorization: basic('no colon at all, sixteen') },
    {},
  ]
  const folder = mkdtempSync(join(tmpdir(), 'wharfage-njs-'))
  try {
    const script = join(folder, 'viewer.js')
    const ask = `${JSON.stringify(asked.map(event))}.forEach((e) => console.log(JSON.stringify(handler(e))))`
    writeFileSync(script, `${source}\n${ask}\n`)
    const answers = execFileSync('njs', [script], { encoding: 'utf8' }).trim().split('\n')
    expect(answers.map((line) => JSON.parse(line))).toEqual(asked.map(runner(source)))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
