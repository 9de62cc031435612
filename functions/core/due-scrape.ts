/**
 * Due scrapes: which targets are to be scraped in a minute, and the message that says so.
 *
 *     {"target":"prod-eu","time":"2026-11-21T14:57:00Z"}
 */
import { TARGET_NAME } from '#core/keys.ts'
import type { Target } from '#core/target.ts'
import { isoInstant, MINUTE_MS, parseInstant } from '#core/time.ts'

export interface DueScrape {
  target: string // name
  time: number // ms since epoch, of the minute it fell due in
}

const MESSAGE_CHARACTERS = 200

/**
 * The scrapes that fall due in the UTC minute of `time` (ms since epoch): a target's minutes are those that its interval
 * divides, counted from the epoch. Throws when an interval is no whole number of minutes, since no minute would fit it.
 */
export function dueScrapes(targets: readonly Target[], time: number): DueScrape[] {
  const minute = Math.floor(time / MINUTE_MS)
  for (const { name, intervalSeconds } of targets) {
    if (intervalSeconds >= 60 && intervalSeconds % 60 === 0) continue
    throw new Error(
      `dispatch: target ${name} has an interval of ${intervalSeconds} s, and only whole minutes can be kept here; ` +
        'set it to 60s or a multiple',
    )
  }
  return targets
    .filter(({ intervalSeconds }) => minute % (intervalSeconds / 60) === 0)
    .map(({ name }) => ({ target: name, time: minute * MINUTE_MS }))
}

/** The message that asks for a scrape. */
export function formatDueScrape({ target, time }: DueScrape): string {
  return JSON.stringify({ target, time: isoInstant(time) })
}

/** The inverse of formatDueScrape; throws one sentence on any other text. */
export function parseDueScrape(text: string): DueScrape {
  const refuse = (what: string) => {
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
    return new Error(`message ${shown} ${what}; only dispatch is to send messages here`)
  }
  if (text.length > MESSAGE_CHARACTERS) throw refuse(`has ${text.length} characters, over ${MESSAGE_CHARACTERS}`)
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    throw refuse('is no JSON')
  }
  if (typeof message !== 'object' || message === null) throw refuse('is no JSON object')
  const { target, time, ...rest } = message as Record<string, unknown>
  if (typeof target !== 'string' || !TARGET_NAME.test(target)) throw refuse('names no target')
  if (typeof time !== 'string' || Object.keys(rest).length > 0) throw refuse('has other keys than target and time')
  try {
    const due: DueScrape = { target, time: parseInstant(time) }
    if (formatDueScrape(due) === text) return due
  } catch {
    throw refuse('has no time')
  }
  throw refuse('is spelt in another way')
}
