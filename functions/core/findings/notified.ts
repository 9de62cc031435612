/** Who has been told of what: one small object of the ledger's store, replaced on condition that nobody else has. */
import type { ToldBefore } from '#core/findings/telling.ts'
import { readArray, readObject, readText } from '#core/packing.ts'
import { parseDate, parseInstant } from '#core/time.ts'

/** What each channel was told, and whether somebody is telling. */
export interface Notified {
  schema: 1
  leaseUntil: string // ISO 8601, UTC: until then whoever wrote it is telling, and nobody else may; '' for nobody
  told: Record<string, ToldBefore> // by channel
}

export function nothingNotified(): Notified {
  return { schema: 1, leaseUntil: '', told: {} }
}

/** Same record, same bytes: JSON that a person can read. */
export function encodeNotified({ schema, leaseUntil, told }: Notified): Uint8Array {
  const channels = Object.keys(told).sort()
  const sorted = Object.fromEntries(
    channels.map((channel) => {
      const { through, tellings } = told[channel]
      return [channel, { through, tellings: tellings.toSorted() }]
    }),
  )
  return new TextEncoder().encode(`${JSON.stringify({ schema, leaseUntil, told: sorted }, null, 1)}\n`)
}

/** The inverse of encodeNotified; throws one sentence naming the key for anything else. */
export function decodeNotified(bytes: Uint8Array, key: string): Notified {
  try {
    const { schema, leaseUntil, told } = readObject(JSON.parse(new TextDecoder().decode(bytes)), 'it')
    if (schema !== 1) throw new Error(`its schema is ${JSON.stringify(schema)}, not 1`)
    const until = readText(leaseUntil, 'its lease')
    if (until !== '') parseInstant(until)
    const channels = Object.entries(readObject(told, 'what was told')).map(([channel, before]) => {
      const { through, tellings } = readObject(before, 'what was told')
      const last = readText(through, 'the day it was told on')
      parseDate(last)
      return [
        channel,
        { through: last, tellings: readArray(tellings, 'tellings').map((id) => readText(id, 'a telling')) },
      ]
    })
    return { schema: 1, leaseUntil: until, told: Object.fromEntries(channels) }
  } catch (error) {
    throw new Error(
      `${key} cannot be read: ${(error as Error).message}; once it is deleted, the newest findings are told again`,
    )
  }
}
