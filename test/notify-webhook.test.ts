/** The webhook and the topic, against real servers: what they are sent, and what is said when they do not take it. */
import { once } from 'node:events'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { subjectOf, zeroEvidence } from '#core/findings/finding.ts'
import type { Message } from '#core/findings/telling.ts'
import { snsTopic } from '../functions/notify/sns.ts'
import { webhook } from '../functions/notify/webhook.ts'

const MESSAGE: Message = {
  schema: 1,
  id: '0123456789abcdef0123456789abcdef',
  title: 'Egress',
  text: 'Egress: 1 new finding\nhigh, unapproved: it called “ä”.',
  findings: [
    {
      ...{ id: '2026-03-10-70f848dd65a3', finding: '70f848dd65a3', rule: 'unapproved', severity: 'high', url: null },
      ...{ opened: '2026-03-10', first: '2026-03-10', last: '2026-03-10', days: 1, complete: true },
      ...{
        subject: subjectOf({ host: 'a.example' }),
        evidence: zeroEvidence(),
        sentence: 'It called.',
        remedy: 'Stop it.',
      },
    },
  ],
  more: 0,
  tellings: ['2026-03-10-70f848dd65a3'],
}

interface Received {
  method: string
  url: string
  headers: http.IncomingHttpHeaders
  body: string
}

let server: http.Server
let base: string
let received: Received[]
let answer: (response: http.ServerResponse) => void

beforeEach(async () => {
  received = []
  answer = (response) => response.writeHead(204).end()
  server = http.createServer(async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const { method = '', url = '', headers } = request
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') })
    answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

describe('the webhook', () => {
  const SECRET = 'services/T0/B0/hunter2secret'
  const hook = (url = `${base}/${SECRET}?key=swordfish`, options = {}) =>
    webhook('env:HOOK', { secrets: { env: { HOOK: url } }, timeoutMs: 2_000, ...options })
  const sentence = async (sending: Promise<void>): Promise<string> => {
    const { message } = await sending.then(
      () => new Error('it was taken'),
      (error: Error) => error,
    )
    expect(message).not.toMatch(/hunter2secret|swordfish|T0|127\.0\.0\.1/)
    return message
  }

  test('is posted the message as JSON, with an id by which it is known again', async () => {
    await hook().send(MESSAGE)
    const [{ method, url, headers, body }] = received
    expect([method, url]).toEqual(['POST', `/${SECRET}?key=swordfish`])
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': MESSAGE.id })
    const { tellings: _, ...told } = MESSAGE
    expect(JSON.parse(body)).toEqual(told)
  })

  test('gets the credentials of its URL in their header', async () => {
    await hook(`${base.replace('//', '//user:p%40ss@')}/x`).send(MESSAGE)
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    ])
  })

  test.each([
    [400, 'webhook env:HOOK: answered 400; check its URL, and what it takes'],
    [404, 'webhook env:HOOK: answered 404; check its URL, and what it takes'],
    [429, 'webhook env:HOOK: answered 429; it is sent again by the next publish of something new'],
    [503, 'webhook env:HOOK: answered 503; it is sent again by the next publish of something new'],
  ])('that answers %d has not taken it', async (status, told) => {
    answer = (response) => response.writeHead(status).end('hunter2secret')
    expect(await sentence(hook().send(MESSAGE))).toBe(told)
  })

  test('is not followed to anywhere else', async () => {
    answer = (response) => response.writeHead(307, { location: `${base}/elsewhere` }).end()
    expect(await sentence(hook().send(MESSAGE))).toBe(
      'webhook env:HOOK: answered 307, a redirect, which is not followed; give the final URL',
    )
    expect(received.length).toBe(1)
  })

  test('that does not answer is left alone', async () => {
    answer = () => {}
    expect(await sentence(hook(undefined, { timeoutMs: 200 }).send(MESSAGE))).toBe(
      'webhook env:HOOK: no answer within 0.2 s; it is sent again by the next publish of something new',
    )
  })

  test('whose connection breaks has not taken it', async () => {
    answer = (response) => response.destroy()
    expect(await sentence(hook().send(MESSAGE))).toMatch(
      /^webhook env:HOOK: (the connection failed \(ECONNRESET\)|the connection was closed)/,
    )
  })

  test('of which nothing listens has not taken it', async () => {
    const closed = http.createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    expect(await sentence(hook(`http://127.0.0.1:${port}/${SECRET}`).send(MESSAGE))).toBe(
      'webhook env:HOOK: the connection failed (ECONNREFUSED); check its URL, and firewalls on the way',
    )
  })

  test.each(['https://169.254.169.254/latest', 'https://[fe80::1]/', 'https://metadata.example/'])(
    'is never %s',
    async (url) => {
      const lookup = ((_: string, __: object, callback: (error: null, found: object[]) => void) =>
        callback(null, [{ address: '169.254.169.254', family: 4 }])) as never
      expect(await sentence(hook(url, { lookup }).send(MESSAGE))).toBe(
        'webhook env:HOOK: its host has an address that must not be connected to, such as loopback, link-local or of metadata',
      )
    },
  )

  test.each([
    [
      'http://hooks.example/hunter2secret',
      'its URL must begin with https://, or everybody on the way can read and use it',
    ],
    [
      'ftp://hooks.example/hunter2secret',
      'its URL must begin with https://, or everybody on the way can read and use it',
    ],
    ['hunter2secret', 'what is there is no URL; write it like https://hooks.example/…'],
  ])('is refused as %s', async (url, told) => {
    expect(await sentence(hook(url).send(MESSAGE))).toBe(`webhook env:HOOK: ${told}`)
  })

  test('whose secret is not there says so', async () => {
    await expect(webhook('env:HOOK', { secrets: { env: {} } }).send(MESSAGE)).rejects.toThrow(
      'secret env:HOOK is not there; set the environment variable HOOK',
    )
  })
})

describe('the topic', () => {
  const ARN = 'arn:aws:sns:eu-west-1:123456789012:findings'
  const env = { ...process.env }
  beforeEach(() => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
    })
    const body =
      '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>'
    answer = (response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(body)
  })
  afterEach(() => {
    process.env = { ...env }
  })
  const fails = (status: number, code: string) => (response: http.ServerResponse) =>
    response
      .writeHead(status, { 'content-type': 'text/xml' })
      .end(
        `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>hunter2secret</Message></Error></ErrorResponse>`,
      )

  test('is published the message as JSON, and in words where people read it', async () => {
    await snsTopic(ARN, { endpoint: base }).send(MESSAGE)
    const form = new URLSearchParams(received[0].body)
    expect([form.get('Action'), form.get('TopicArn'), form.get('MessageStructure')]).toEqual(['Publish', ARN, 'json'])
    expect(form.get('Subject')).toBe('Egress: 1 new finding')
    const { tellings: _, ...told } = MESSAGE
    const { default: json, email, sms } = JSON.parse(form.get('Message') ?? '')
    expect(JSON.parse(json)).toEqual(told)
    expect([email, sms]).toEqual([MESSAGE.text, 'Egress: 1 new finding'])
    expect(form.get('MessageAttributes.entry.1.Value.StringValue')).toBe('high')
    expect(form.has('MessageGroupId')).toBe(false)
    expect(received[0].headers.authorization).toContain('/eu-west-1/sns/aws4_request')
  })

  test('that is FIFO knows by the message’s id what it was sent twice', async () => {
    await snsTopic(`${ARN}.fifo`, { endpoint: base }).send(MESSAGE)
    const form = new URLSearchParams(received[0].body)
    expect([form.get('MessageGroupId'), form.get('MessageDeduplicationId')]).toEqual(['findings', MESSAGE.id])
  })

  test('has a subject of ASCII, whatever the title is', async () => {
    await snsTopic(ARN, { endpoint: base }).send({ ...MESSAGE, text: `… Ägress ${'x'.repeat(200)}\nmore` })
    expect(new URLSearchParams(received[0].body).get('Subject')).toMatch(/^gress x{94}$/)
  })

  test.each([
    [404, 'NotFound', 'there is no such topic; check its ARN and region'],
    [
      403,
      'AuthorizationError',
      'may not be published to; allow this role sns:Publish on it, and the topic’s key where it has one',
    ],
    [
      400,
      'InvalidParameter',
      'did not take the message (InvalidParameterException); it is sent again by the next publish of something new',
    ],
  ])('that answers %d %s has not taken it', async (status, code, told) => {
    answer = fails(status, code)
    await expect(snsTopic(ARN, { endpoint: base }).send(MESSAGE)).rejects.toThrow(`sns topic ${ARN}: ${told}`)
  })

  test('that does not answer is left alone', async () => {
    answer = () => {}
    await expect(snsTopic(ARN, { endpoint: base, timeoutMs: 300 }).send(MESSAGE)).rejects.toThrow(
      `sns topic ${ARN}: did not take the message within 0.3 s; it is sent again by the next publish of something new`,
    )
  })
})
