/** Telling: each new finding once to each channel, whatever fails and whoever publishes at the same time. */
import { type ComplianceHistory, emptyComplianceHistory } from '#core/compliance-history.ts'
import { type Finding, findingId, subjectOf, zeroEvidence } from '#core/findings/finding.ts'
import { decodeNotified, encodeNotified } from '#core/findings/notified.ts'
import { type Message, messagesOf } from '#core/findings/telling.ts'
import { notifiedKey } from '#core/keys.ts'
import type { Channel } from '../functions/notify/channel.ts'
import { notify } from '../functions/stage/notify.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { dateAfter } from './day-digest.ts'

const TODAY = '2026-03-10'
const NOW = Date.parse('2026-03-10T12:00:00Z')

function finding(host: string, changes: Partial<Finding> = {}): Finding {
  const subject = subjectOf({ target: 'mesh', namespace: 'shop', workload: 'web', host })
  const { opened = TODAY } = changes
  return {
    ...{ id: findingId('unapproved', subject), rule: 'unapproved', severity: 'high', subject, state: 'open' },
    ...{ opened, goneOn: '', acceptance: null, first: opened, last: TODAY, days: 1, evidence: zeroEvidence() },
    ...{ complete: true, sentence: `It called ${host}.`, remedy: 'Stop it.' },
    ...changes,
  }
}

const history = (findings: Finding[], through = TODAY): ComplianceHistory => ({
  ...emptyComplianceHistory(),
  through,
  findings,
})

interface Heard extends Channel {
  messages: Message[]
  hosts(): string[]
}

/** A channel that hears what it is sent, and may refuse it. */
function channel(name: string, refuse: (message: Message) => boolean = () => false): Heard {
  const messages: Message[] = []
  return {
    name,
    messages,
    hosts: () => messages.flatMap(({ findings }) => findings.map(({ subject }) => subject.host)),
    async send(message) {
      if (refuse(message)) throw new Error(`${name} takes nothing`)
      messages.push(message)
    },
  }
}

interface Publish {
  store?: Store
  channels: Channel[]
  findings?: Finding[]
  through?: string
  now?: number
}

const publish = ({ store = memoryStore(), channels, findings = [finding('a')], through, now = NOW }: Publish) =>
  notify({
    store,
    channels,
    title: 'Egress',
    url: 'https://egress.example',
    compliance: history(findings, through),
    now: () => now,
  })

test('tells of a finding once, however often it is published', async () => {
  const [store, hook] = [memoryStore(), channel('webhook')]
  expect(await publish({ store, channels: [hook] })).toEqual({ told: { webhook: 1 }, waiting: false })
  expect(await publish({ store, channels: [hook] })).toEqual({ told: { webhook: 0 }, waiting: false })
  expect(hook.messages).toEqual([
    {
      schema: 1,
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      title: 'Egress',
      text: 'Egress: high: shop/web in mesh calls a without an approval\nhigh, unapproved, 2026-03-10: It called a.',
      findings: [
        expect.objectContaining({
          id: `${TODAY}-${finding('a').id}`,
          finding: finding('a').id,
          url: `https://egress.example/compliance/findings/#${finding('a').id}`,
        }),
      ],
      more: 0,
      tellings: [`${TODAY}-${finding('a').id}`],
    },
  ])
})

test('tells again when the finding is opened again', async () => {
  const [store, hook] = [memoryStore(), channel('webhook')]
  await publish({ store, channels: [hook] })
  const later = dateAfter(TODAY, 1)
  await publish({ store, channels: [hook], findings: [finding('a', { opened: later })], through: later })
  expect(hook.messages.map(({ findings }) => findings[0].opened)).toEqual([TODAY, later])
})

test.each([
  ['accepted', { state: 'accepted' as const }],
  ['gone', { state: 'gone' as const }],
  ['opened before the newest three days', { opened: dateAfter(TODAY, -3) }],
])('tells nothing of what is %s', async (_, changes) => {
  const hook = channel('webhook')
  const store = memoryStore()
  await publish({ store, channels: [hook], findings: [finding('a', changes)] })
  expect([hook.messages, await store.get(notifiedKey)]).toEqual([[], null])
})

test('the first publish over an old ledger tells of its newest days alone', async () => {
  const hook = channel('webhook')
  const old = Array.from({ length: 500 }, (_, n) => finding(`h${n}`, { opened: dateAfter(TODAY, -3 - n) }))
  await publish({ channels: [hook], findings: [...old, finding('new', { opened: dateAfter(TODAY, -2) })] })
  expect(hook.hosts()).toEqual(['new'])
})

test('sends twenty at once, a hundred at most, the most severe first, and says how many more there are', async () => {
  const [store, hook] = [memoryStore(), channel('webhook')]
  const many = Array.from({ length: 150 }, (_, n) => finding(`h${n}`, { severity: n === 149 ? 'high' : 'low' }))
  await publish({ store, channels: [hook], findings: many })
  expect(hook.messages.map(({ findings, more }) => [findings.length, more])).toEqual([
    [20, 0],
    [20, 0],
    [20, 0],
    [20, 0],
    [20, 50],
  ])
  expect(hook.hosts()[0]).toBe('h149')
  expect(hook.messages[4].text).toMatch(/\nAnd 50 more on the page of findings\.$/)
  await publish({ store, channels: [hook], findings: many })
  expect(hook.messages.length).toBe(5)
})

test('a channel that takes nothing gets it by the next publish, and the others meanwhile', async () => {
  const store = memoryStore()
  let isDown = true
  const [hook, topic] = [channel('webhook', () => isDown), channel('sns')]
  await expect(publish({ store, channels: [hook, topic] })).rejects.toThrow('notify: webhook takes nothing')
  expect([hook.hosts(), topic.hosts()]).toEqual([[], ['a']])
  isDown = false
  await publish({ store, channels: [hook, topic] })
  expect([hook.hosts(), topic.hosts()]).toEqual([['a'], ['a']])
})

test('what was taken before a failure is not sent again', async () => {
  const store = memoryStore()
  let left = 1
  const hook = channel('webhook', () => left-- <= 0)
  const many = Array.from({ length: 25 }, (_, n) => finding(`h${n}`))
  await expect(publish({ store, channels: [hook], findings: many })).rejects.toThrow('takes nothing')
  left = 9
  await publish({ store, channels: [hook], findings: many })
  expect(hook.messages.map(({ findings }) => findings.length)).toEqual([20, 5])
  expect(new Set(hook.hosts()).size).toBe(25)
})

test('of publishes at the same time one tells', async () => {
  const [store, hook] = [memoryStore(), channel('webhook')]
  const summaries = await Promise.all(Array.from({ length: 5 }, () => publish({ store, channels: [hook] })))
  expect(hook.hosts()).toEqual(['a'])
  expect(summaries.filter(({ waiting }) => waiting).length).toBe(4)
})

test('one that died while it told is waited for, and then its message comes again with the same id', async () => {
  const store = memoryStore()
  const [heard, hook] = [channel('webhook'), channel('webhook')]
  // It sends, and is gone before it can record so.
  const dying: Channel = { name: 'webhook', send: (message) => heard.send(message).then(() => new Promise(() => {})) }
  void publish({ store, channels: [dying] })
  while (heard.messages.length === 0) await new Promise(setImmediate)
  expect(await publish({ store, channels: [hook], now: NOW + 9 * 60_000 })).toEqual({
    told: { webhook: 0 },
    waiting: true,
  })
  expect(await publish({ store, channels: [hook], now: NOW + 10 * 60_000 })).toEqual({
    told: { webhook: 1 },
    waiting: false,
  })
  expect(hook.messages).toEqual(heard.messages)
})

test('one whose claim ran out while it told says so and leaves the record to the other', async () => {
  const store = memoryStore()
  const other = channel('webhook')
  const slow: Channel = {
    name: 'webhook',
    send: async () => void (await publish({ store, channels: [other], now: NOW + 11 * 60_000 })),
  }
  await expect(publish({ store, channels: [slow] })).rejects.toThrow(
    'notify: the claim ran out while findings were told',
  )
  expect(await publish({ store, channels: [other] })).toEqual({ told: { webhook: 0 }, waiting: false })
})

test('nothing is asked of the store when there is nobody to tell', async () => {
  const store = { ...memoryStore(), get: () => Promise.reject(new Error('asked')) }
  expect(await publish({ store, channels: [] })).toEqual({ told: {}, waiting: false })
})

test('what was opened while nobody published is told, however long that was', async () => {
  const [store, hook] = [memoryStore(), channel('webhook')]
  await publish({ store, channels: [hook] })
  const meanwhile = finding('b', { opened: dateAfter(TODAY, 4) })
  await publish({ store, channels: [hook], findings: [finding('a'), meanwhile], through: dateAfter(TODAY, 30) })
  expect(hook.hosts()).toEqual(['a', 'b'])
})

test('what was left over after a failure is told later, however old it is by then', async () => {
  const [store, first] = [memoryStore(), channel('webhook')]
  await publish({ store, channels: [first] })
  let left = 1
  const hook = channel('webhook', () => left-- <= 0)
  const many = Array.from({ length: 25 }, (_, n) => finding(`h${n}`, { opened: dateAfter(TODAY, 1) }))
  const later = (days: number) => publish({ store, channels: [hook], findings: many, through: dateAfter(TODAY, days) })
  await expect(later(20)).rejects.toThrow('takes nothing')
  left = 9
  await later(21)
  expect(new Set(hook.hosts()).size).toBe(25)
})

test('the record forgets what would not be told again anyway', async () => {
  const [store, hook] = [memoryStore(), channel('webhook')]
  const days = [0, 5, 10].map((after) => dateAfter(TODAY, after))
  for (const opened of days)
    await publish({ store, channels: [hook], findings: [finding('a', { opened })], through: opened })
  const { told, leaseUntil } = decodeNotified((await store.get(notifiedKey))?.bytes ?? new Uint8Array(), notifiedKey)
  const { id } = finding('a')
  const tellings = [`${days[1]}-${id}`, `${days[2]}-${id}`]
  expect([told, leaseUntil]).toEqual([{ webhook: { through: days[2], tellings } }, ''])
})

test('a record that cannot be read is refused, with what to do', async () => {
  const store = memoryStore()
  await store.put(notifiedKey, new TextEncoder().encode('{"schema":2}'), 'always')
  await expect(publish({ store, channels: [channel('webhook')] })).rejects.toThrow(
    'notified.json cannot be read: its schema is 2, not 1; once it is deleted, the newest findings are told again',
  )
})

test('the record’s bytes are the same for the same tellings, and are read back', () => {
  const none = { through: TODAY, tellings: [] }
  const record = {
    schema: 1 as const,
    leaseUntil: '2026-03-10T12:10:00Z',
    told: { webhook: { through: TODAY, tellings: ['b', 'a'] }, sns: none },
  }
  const bytes = encodeNotified(record)
  expect(bytes).toEqual(
    encodeNotified({ ...record, told: { sns: none, webhook: { through: TODAY, tellings: ['a', 'b'] } } }),
  )
  expect(decodeNotified(bytes, 'k')).toEqual({
    ...record,
    told: { sns: none, webhook: { through: TODAY, tellings: ['a', 'b'] } },
  })
})

test('links are left out when nobody says where the site is read', () => {
  const [{ findings }] = messagesOf({
    title: 'Egress',
    url: null,
    compliance: history([finding('a')]),
    told: null,
  })
  expect(findings[0].url).toBeNull()
})
