/**
 * Notify: tells each channel of findings that were opened, once each time; at first of those of the newest days alone.
 *
 * What was told is recorded in one object, replaced on condition that nobody else has. Before anything is sent the record
 * is claimed for a while, so that of publishes that overlap only one tells; after each message that was taken it is recorded
 * as told. A crash between the two is the one case in which a message comes twice, after the claim has run out: to tell
 * nobody of an attack is worse than to tell twice, and both have the same id. A channel that does not take a message gets
 * it by the next publish; the others are told all the same.
 */
import type { ComplianceHistory } from '#core/compliance-history.ts'
import { decodeNotified, encodeNotified, type Notified, nothingNotified } from '#core/findings/notified.ts'
import { type Message, messagesOf, toldFrom } from '#core/findings/telling.ts'
import { notifiedKey } from '#core/keys.ts'
import { isoInstant, MINUTE_MS, parseInstant } from '#core/time.ts'
import type { Channel } from '../notify/channel.ts'
import type { Condition, Store } from '../store/store.ts'

export interface NotifySettings {
  store: Store // of the ledger
  channels: readonly Channel[] // of different names
  title: string // of the site
  url: string | null // at which it is read, for links
  compliance: ComplianceHistory // open days among it
  now?: () => number // ms since epoch
}

export interface NotifySummary {
  told: Record<string, number> // by channel: findings sent now
  waiting: boolean // another publish is telling at this moment; what it leaves is told by the next
}

/** Longer than all messages of all channels take at most. */
const LEASE_MS = 10 * MINUTE_MS

/** Sends what is new; throws one sentence, after what was taken is recorded, when a channel did not take all. */
export async function notify(settings: NotifySettings): Promise<NotifySummary> {
  const { store, channels, now = Date.now } = settings
  const { through } = settings.compliance
  const summary: NotifySummary = { told: Object.fromEntries(channels.map(({ name }) => [name, 0])), waiting: false }
  const stored = channels.length === 0 ? null : await store.get(notifiedKey)
  const before = stored === null ? nothingNotified() : decodeNotified(stored.bytes, notifiedKey)
  const due = channels.map((channel) => ({ channel, messages: messagesFor(channel, before, settings) }))
  if (due.every(({ messages }) => messages.length === 0)) return summary
  if (before.leaseUntil !== '' && parseInstant(before.leaseUntil) > now()) return { ...summary, waiting: true }

  const record = recordIn(store, stored === null ? 'absent' : { ifMatch: stored.etag })
  const notified: Notified = { ...pruned(before, settings), leaseUntil: isoInstant(now() + LEASE_MS) }
  if (!(await record.put(notified))) return { ...summary, waiting: true }
  const failures: string[] = []
  for (const { channel, messages } of due) {
    for (const message of messages) {
      try {
        await channel.send(message)
      } catch (error) {
        failures.push((error as Error).message)
        break
      }
      const told = notified.told[channel.name]
      notified.told[channel.name] = {
        // Only with the last one, what was opened before can be left behind.
        through: message === messages.at(-1) ? through : (told?.through ?? through),
        tellings: [...(told?.tellings ?? []), ...message.tellings],
      }
      summary.told[channel.name] += message.findings.length
      if (!(await record.put(notified))) throw new Error('notify: the claim ran out while findings were told')
    }
  }
  await record.put({ ...notified, leaseUntil: '' })
  if (failures.length > 0) throw new Error(`notify: ${failures.join('; ')}`)
  return summary
}

function messagesFor({ name }: Channel, { told }: Notified, { title, url, compliance }: NotifySettings): Message[] {
  return messagesOf({ title, url, compliance, told: told[name] ?? null })
}

/** What was opened earlier is not told again whatever the record says, so that it stays small. */
function pruned({ told }: Notified, { compliance }: NotifySettings): Notified {
  const channels = Object.entries(told).map(([name, before]) => {
    const from = toldFrom(compliance, before)
    return [name, { ...before, tellings: before.tellings.filter((id) => id >= from) }]
  })
  return { ...nothingNotified(), told: Object.fromEntries(channels) }
}

function recordIn(store: Store, before: Condition): { put(notified: Notified): Promise<boolean> } {
  let condition = before
  return {
    async put(notified) {
      const result = await store.put(notifiedKey, encodeNotified(notified), condition)
      if (result.outcome === 'refused') return false
      condition = { ifMatch: result.etag }
      return true
    },
  }
}
