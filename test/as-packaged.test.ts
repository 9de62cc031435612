/**
 * The packaged functions at work: each run from its zip, with nothing but its own environment, on an AWS that denies what
 * its role does not allow.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { formatDueScrape } from '#core/due-scrape.ts'
import type { ToldFinding } from '#core/findings/telling.ts'
import { rollupKey } from '#core/keys.ts'
import { parseDate } from '#core/time.ts'
import { folderStore } from '../functions/store/folder.ts'
import { FUNCTIONS, type FunctionName } from '../infra/bundle.ts'
import { resourceOf } from './cloudformation.ts'
import { ownAddress } from './gate.ts'
import type { Invocation } from './lambda.ts'
import { scheduledEvent, sqsEvent } from './lambda-events.ts'
import { permissionsContract } from './permissions-contract.ts'
import {
  BUCKET,
  command,
  commandWithin,
  failuresOf,
  HOOK_ARN,
  HOOK_SECRET,
  KEY_ARN,
  liveSixHours,
  PREFIX,
  SECRET_ARN,
  type SixHours,
  TOKENS,
  TOPIC_ARN,
  takeMessages,
} from './six-hours.ts'

const DAY = parseDate('2026-10-18')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const address = ownAddress()
const how =
  address === null
    ? ' (no address but loopback; "ip link add mesh type dummy && ip address add 192.0.2.1/24 dev mesh && ip link set mesh up" lets this run)'
    : ''
const describeMeshes = address === null ? describe.skip : describe

let life: SixHours
const siteBucket = () => resourceOf(life.deployed.stack, 'AWS::S3::Bucket', /^SiteBucket$/).physicalId
const all = () => Object.values(life.invocations).flat()

function linesOf(invocations: readonly Invocation[]): Record<string, unknown>[] {
  return invocations.flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as Record<string, unknown>))
}

function errorsOf(invocation: Invocation): unknown[] {
  return linesOf([invocation]).flatMap(({ error }) => error ?? [])
}

describeMeshes(`six hours of two meshes, as packaged${how}`, () => {
  beforeAll(async () => {
    life = await liveSixHours(address as string)
  }, 300_000)

  afterAll(() => life?.close())

  test('nothing fails: what goes wrong on the way is made good within the same invocation', () => {
    expect(life.commandFailures).toEqual([])
    const failed = all().filter(({ error }) => error !== null)
    expect(failed.map(({ error, lines }) => [error, lines])).toEqual([])
    expect(life.invocations.scrape.flatMap(failuresOf)).toEqual([])
    expect(life.killed.map(({ error }) => error?.errorType)).toEqual(['Runtime.ExitError'])
    const { requests } = life.deployed.aws
    const statuses = new Set(requests.map(({ status }) => status))
    // 0: the request or its answer was lost.
    for (const status of [0, 200, 404, 409, 412, 500, 503]) expect(statuses).toContain(status)
    expect([...statuses].filter((status) => status === 403)).toEqual([])
    const messages = linesOf(life.invocations.scrape).map(({ message }) => message)
    expect(new Set(messages)).toEqual(new Set(['scraped', 'superseded']))
  })

  test.each([
    ['rollups', 'rollups/', 'data', () => BUCKET, PREFIX, 12],
    // What the command line was given; it would have added what it holds to be something else.
    ['declarations', 'declarations/', 'data', () => BUCKET, PREFIX, 6],
    ['bills', 'bills/', 'data', () => BUCKET, PREFIX, 1],
    ['public keys', 'keys/', 'data', () => BUCKET, PREFIX, 1],
    ['pages', '', 'site', siteBucket, '', 15],
  ])('the %s are those of the command line, byte for byte', async (_, prefix, folder, bucket, root, least) => {
    const store = folderStore(join(life.folder, folder))
    const keys = (await store.list(prefix)).map(({ key }) => key)
    const objects = life.deployed.aws.objects(bucket())
    expect(keys.length).toBeGreaterThanOrEqual(least)
    expect([...objects.keys()].filter((key) => key.startsWith(root + prefix)).sort()).toEqual(
      keys.map((key) => root + key).sort(),
    )
    for (const key of keys) {
      const theirs = (await store.get(key))?.bytes ?? new Uint8Array(0)
      const ours = objects.get(root + key)?.bytes ?? new Uint8Array(0)
      expect([key, ours.length, Buffer.compare(ours, theirs)]).toEqual([key, theirs.length, 0])
    }
  })

  test('the seals are those of the command line, byte for byte', async () => {
    const store = folderStore(join(life.folder, 'data'))
    const objects = life.deployed.aws.objects(BUCKET)
    const theirs = (await store.list('seals/')).map(({ key }) => key)
    const ours = [...objects.keys()]
      .filter((key) => key.startsWith(`${PREFIX}seals/`))
      .map((key) => key.slice(PREFIX.length))
    expect(theirs[0]).toBe('seals/date=2026-10-17/seal.json')
    // A day may have ended between the one and the other.
    const both = theirs.filter((key) => ours.includes(key))
    expect(Math.max(theirs.length, ours.length) - both.length).toBeLessThanOrEqual(1)
    for (const key of both) {
      expect([key, Buffer.from(objects.get(PREFIX + key)?.bytes ?? []).toString()]).toEqual([
        key,
        Buffer.from((await store.get(key))?.bytes ?? []).toString(),
      ])
    }
  })

  test('the command line finds the same in the bucket as in its folder', async () => {
    const span = ['--from', '2026-10-17', '--to', '2026-10-19']
    const env = life.deployed.aws.env
    const priced = ['export', ...span, '--format', 'focus', '--focus-rows']
    for (const args of [['verify'], ['export', ...span], [...priced, 'estimate'], [...priced, 'allocation']]) {
      const [inFolder, inBucket] = await Promise.all([
        commandWithin(life, args),
        command(life, [...args, '--config', 'bucket.yaml'], env),
      ])
      // Only of a bucket is there anything to say of versions.
      expect(inBucket.replace(/^versions: whole: \d+ objects that are written once\n/m, '')).toBe(inFolder)
      expect(inBucket.length).toBeGreaterThan(100)
    }
    expect(life.commandFailures).toEqual([])
  })

  test('every object that is written once has one version and a lock, and is the work of whoever is to write it', () => {
    const { aws, roles } = life.deployed
    const writers: Record<string, string> = {
      checkpoints: roles.scrape.accessKeyId,
      rollups: roles.scrape.accessKeyId,
      seals: roles.seal.accessKeyId,
      keys: roles.seal.accessKeyId,
      bills: aws.env.AWS_ACCESS_KEY_ID, // a person's, at the command line
    }
    for (const [key, versions] of aws.versions(BUCKET)) {
      const [kind] = key.slice(PREFIX.length).split('/')
      const writer = writers[kind] ?? roles.publish.accessKeyId
      expect([key, new Set(versions.map(({ accessKeyId }) => accessKeyId))]).toEqual([key, new Set([writer])])
      const isKept = ['rollups', 'seals', 'keys', 'declarations', 'bills'].includes(kind)
      if (isKept) expect([key, versions.length]).toEqual([key, 1])
      for (const { retention } of versions) {
        expect([key, retention?.mode]).toEqual([key, isKept ? 'GOVERNANCE' : undefined])
        if (retention !== null) expect((retention.until - Date.now()) / DAY_MS).toBeGreaterThan(399)
      }
    }
    for (const [, { accessKeyId }] of aws.objects(siteBucket())) expect(accessKeyId).toBe(roles.publish.accessKeyId)
  })

  test('pages carry their types and how long they may be kept', () => {
    const objects = life.deployed.aws.objects(siteBucket())
    const headers = (key: string) => objects.get(key)?.headers
    expect(headers('days/2026-10-17/index.html')).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    })
    expect(headers('days.csv')).toMatchObject({ 'content-type': 'text/csv; charset=utf-8' })
    const asset = [...objects.keys()].find((key) => /^_assets\/.*\.css$/.test(key)) as string
    expect(headers(asset)).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable' })
  })

  test('dispatch asks for a target in the minutes its interval divides, and in no other', () => {
    const due = linesOf(life.invocations.dispatch).map(({ due, targets }) => [due, (targets as string[]).join(' ')])
    expect(due.length).toBeGreaterThan(340)
    const off = due.filter(([time, targets]) => targets !== (/[05]:00Z$/.test(`${time}`) ? 'prod-eu prod-us' : ''))
    expect(off).toEqual([])
  })

  test('a new token is fetched when the old one is refused, and otherwise not at each scrape', () => {
    const fetched = life.deployed.aws.requests.filter(({ resource }) => resource === SECRET_ARN)
    const scrapes = linesOf(life.invocations.scrape).filter(({ target }) => target === 'prod-us')
    expect(life.gate.refused).toBeGreaterThan(0)
    expect(fetched.length).toBeGreaterThan(1)
    expect(fetched.length).toBeLessThan(scrapes.length / 4)
  })

  test('new findings are sent to the topic and the webhook, once each, and are those of the pages', () => {
    const published = life.deployed.aws.topics.get(TOPIC_ARN)?.map((form) => JSON.parse(`${form.get('Message')}`)) ?? []
    const posted = life.hook.posts.map(({ body }) => JSON.parse(body))
    expect(published.map(({ default: json }) => JSON.parse(json))).toEqual(posted)
    expect(new Set(life.hook.posts.map(({ path }) => path))).toEqual(new Set([`/${HOOK_SECRET}`]))
    const told: ToldFinding[] = posted.flatMap(({ findings }) => findings)
    expect(told.length).toBeGreaterThan(3)
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length)
    // Each tells where it is read.
    const pages = life.deployed.aws.objects(siteBucket())
    for (const { url } of told) {
      const { origin, pathname, hash } = new URL(`${url}`)
      const page = Buffer.from(pages.get(`${pathname.slice(1)}index.html`)?.bytes ?? []).toString()
      expect([origin, url, page.includes(`id="${hash.slice(1)}"`)]).toEqual(['https://egress.example', url, true])
    }
  })

  test('all that is printed is one JSON object a line, of its own invocation', () => {
    for (const { lines, requestId } of all()) {
      for (const line of linesOf([{ lines } as Invocation])) {
        expect(line).toMatchObject({ requestId, level: expect.any(String), message: expect.any(String) })
        expect(FUNCTIONS).toContain(line.function)
      }
    }
  })

  test('no secret is in a log, an object, a page, a package or the template', () => {
    const { aws, stack } = life.deployed
    const forms = [...TOKENS, HOOK_SECRET].flatMap((token) => [token, Buffer.from(token).toString('base64')])
    const places: [string, string][] = [
      ['template', JSON.stringify(stack)],
      ...all().map(({ lines, payload }): [string, string] => ['log', lines.join('\n') + JSON.stringify(payload)]),
      ...[BUCKET, siteBucket()].flatMap((bucket) =>
        [...aws.versions(bucket)].flatMap(([key, versions]) =>
          versions.map(({ bytes }): [string, string] => [key, Buffer.from(bytes).toString('latin1')]),
        ),
      ),
      ...FUNCTIONS.flatMap((name) =>
        Object.entries(packageOf(name)).map(([file, bytes]): [string, string] => [
          `${name} ${file}`,
          Buffer.from(bytes).toString('latin1'),
        ]),
      ),
    ]
    expect(places.filter(([, text]) => forms.some((form) => text.includes(form))).map(([place]) => place)).toEqual([])
  })

  test('no function comes near its memory', () => {
    for (const name of FUNCTIONS) {
      const { properties } = resourceOf(life.deployed.stack, 'AWS::Lambda::Function', new RegExp(`-${name}$`))
      const used = Math.max(...life.invocations[name].map(({ maxMemoryMb }) => maxMemoryMb))
      expect([name, used / Number(properties.MemorySize) < 0.8]).toEqual([name, true])
    }
  })

  test('no function writes into its package', () => {
    expect(FUNCTIONS.map((name) => [name, life.deployed.functions[name].changedFiles()])).toEqual(
      FUNCTIONS.map((name) => [name, []]),
    )
  })

  // What functions are asked by mistake or in malice.

  test('scrape gives back the messages it cannot read, with a sentence each, and scrapes the others', async () => {
    const [good, foreign] = ['prod-eu', 'nobody'].map((target) => formatDueScrape({ target, time: DAY }))
    const bodies = ['not JSON', foreign, good, '[]', 'x'.repeat(200_000)]
    const event = sqsEvent(life.deployed.queueArn, bodies)
    const invocation = await life.deployed.functions.scrape.invoke(event)
    expect(invocation.error).toBeNull()
    expect(failuresOf(invocation)).toEqual([0, 1, 3, 4].map((i) => event.Records[i].messageId))
    expect(errorsOf(invocation)).toEqual([
      'message "not JSON" is no JSON; only dispatch is to send messages here',
      'message asks for target nobody, which is not in this deployment; it was taken out perhaps',
      'message "[]" names no target; only dispatch is to send messages here',
      expect.stringMatching(/^message "x{60}…" has 200000 characters, over 200; only dispatch/),
    ])
    expect(linesOf([invocation]).map(({ message }) => message)).toContain('scraped')
  })

  test('scrape of an empty batch does nothing and fails nothing', async () => {
    const invocation = await life.deployed.functions.scrape.invoke({ Records: [] })
    expect(invocation).toMatchObject({ payload: { batchItemFailures: [] }, error: null, lines: [] })
  })

  test.each([{}, { time: 'yesterday' }, { time: 1 }, []])('dispatch of %j fails and sends nothing', async (event) => {
    const invocation = await life.deployed.functions.dispatch.invoke(event)
    expect(invocation.error?.errorMessage).toMatch(/^dispatch: the event is not the schedule's/)
    expect(errorsOf(invocation)).toEqual([invocation.error?.errorMessage])
    expect(takeMessages(life.deployed)).toEqual([])
  })

  test.each(FUNCTIONS)('%s without its deployment fails, and says so in its log', async (name) => {
    const { 'deployment.json': _, ...files } = packageOf(name)
    const lambda = await life.deployed.startFunction(name, { zip: zipSync(files) })
    const rule = life.deployed.ruleOf(name === 'scrape' ? 'dispatch' : name)
    const event = name === 'scrape' ? sqsEvent(life.deployed.queueArn, ['{}']) : scheduledEvent(rule, DAY)
    const invocation = await lambda.invoke(event)
    await lambda.close()
    expect(invocation.error?.errorMessage).toMatch(
      /^deployment \S+\/deployment\.json cannot be read \(ENOENT.*\); package the function again$/,
    )
    expect(errorsOf(invocation)).toEqual([invocation.error?.errorMessage])
  })

  test('a deployment of another schema is refused', async () => {
    const files = { ...packageOf('dispatch'), 'deployment.json': strToU8('{"schema":2}') }
    const lambda = await life.deployed.startFunction('dispatch', { zip: zipSync(files) })
    const { error } = await lambda.invoke(scheduledEvent(life.deployed.ruleOf('dispatch'), DAY))
    await lambda.close()
    expect(error?.errorMessage).toMatch(/has schema 2, not 1; package the function again$/)
  })

  test('a rollup that already holds something else halts its target, is told, and holds up no other', async () => {
    const { aws, functions, queueArn } = life.deployed
    const scrapeAt = (time: number) => {
      for (const mesh of life.meshes) mesh.setNow(time + 20_000)
      const bodies = life.meshes.map(({ name }) => formatDueScrape({ target: name, time }))
      return functions.scrape.invoke(sqsEvent(queueArn, bodies))
    }
    const closing = await scrapeAt(DAY + 3 * HOUR_MS + 10 * MINUTE_MS)
    expect(failuresOf(closing)).toEqual([])
    const key = PREFIX + rollupKey('prod-eu', DAY + 2 * HOUR_MS)
    await putForeign(key)
    const event = await scrapeAt(DAY + 3 * HOUR_MS + 15 * MINUTE_MS)
    expect(failuresOf(event)).toHaveLength(1)
    expect(linesOf([event])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ message: 'halted', target: 'prod-eu', Halted: 1, Failures: 1 }),
        expect.objectContaining({ message: 'scraped', target: 'prod-us', HeadAgeSeconds: expect.any(Number) }),
      ]),
    )
    expect(errorsOf(event)).toEqual([
      expect.stringMatching(/^scrape prod-eu: history conflict: rollups\/target=prod-eu/),
    ])
    expect(aws.versions(BUCKET).get(key)).toHaveLength(1)
  })

  test('a role that lacks a permission is told so in a sentence that names it', async () => {
    const { aws, functions, queueArn } = life.deployed
    const decide = aws.authorize
    aws.authorize = ({ action }) => action !== 's3:GetObject'
    const message = formatDueScrape({ target: 'prod-eu', time: DAY })
    const invocation = await functions.scrape.invoke(sqsEvent(queueArn, [message]))
    aws.authorize = decide
    expect(failuresOf(invocation)).toHaveLength(1)
    expect(errorsOf(invocation)).toEqual([expect.stringContaining('s3:GetObject')])
  })

  permissionsContract(() => life.deployed, {
    bucket: BUCKET,
    prefix: PREFIX,
    others: [SECRET_ARN, HOOK_ARN, TOPIC_ARN, KEY_ARN],
  })
})

function packageOf(name: FunctionName): Record<string, Uint8Array> {
  return unzipSync(readFileSync(join(life.folder, 'package', 'build', `${name}.zip`)))
}

async function putForeign(Key: string): Promise<void> {
  const { aws } = life.deployed
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = aws.env
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint: aws.url, region, credentials, forcePathStyle: true })
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'something else', IfNoneMatch: '*' }))
  client.destroy()
}
