/** Due scrapes: which target in which minute, and messages that say so and nothing else. */
import fc from 'fast-check'
import { dueScrapes, formatDueScrape, parseDueScrape } from '#core/due-scrape.ts'
import { MINUTE_MS, parseInstant } from '#core/time.ts'
import { simulatedTarget } from './simulated-target.ts'

const every = (name: string, intervalSeconds: number) => simulatedTarget({ name, intervalSeconds })
const at = (time: string) => parseInstant(`2026-11-21T${time}Z`)
const names = (targets: ReturnType<typeof every>[], time: string) =>
  dueScrapes(targets, at(time)).map(({ target }) => target)

test('a target is due in each minute that its interval divides, whatever the second', () => {
  const targets = [every('one', 60), every('five', 300), every('hour', 3600)]
  expect(names(targets, '14:00:00')).toEqual(['one', 'five', 'hour'])
  expect(names(targets, '14:00:59.999')).toEqual(['one', 'five', 'hour'])
  expect(names(targets, '14:01:00')).toEqual(['one'])
  expect(names(targets, '14:55:30')).toEqual(['one', 'five'])
  expect(names([], '14:00:00')).toEqual([])
})

test('over any day a target is due as often as its interval goes into it', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 5, 10, 15, 30, 60), fc.integer({ min: 0, max: 59_999 }), (minutes, offset) => {
      const target = [every('mesh', minutes * 60)]
      let due = 0
      for (let minute = 0; minute < 1440; minute++) {
        due += dueScrapes(target, at('00:00:00') + minute * MINUTE_MS + offset).length
      }
      expect(due).toBe(1440 / minutes)
    }),
    { numRuns: 20 },
  )
})

test('an interval that is no whole number of minutes is refused with its target', () => {
  for (const seconds of [15, 59, 90, 0]) {
    expect(() => dueScrapes([every('one', 60), every('odd', seconds)], at('14:00:00'))).toThrow(
      `dispatch: target odd has an interval of ${seconds} s`,
    )
  }
})

test('a message is read back as what it was, and names the minute', () => {
  const [due] = dueScrapes([every('prod-eu', 60)], at('14:57:31.5'))
  expect(formatDueScrape(due)).toBe('{"target":"prod-eu","time":"2026-11-21T14:57:00Z"}')
  expect(parseDueScrape(formatDueScrape(due))).toEqual(due)
})

test('any other text is refused in one bounded line', () => {
  const time = '"time":"2026-11-21T14:57:00Z"'
  const refused: [string, string][] = [
    ['', 'is no JSON'],
    ['{', 'is no JSON'],
    ['null', 'is no JSON object'],
    ['"prod-eu"', 'is no JSON object'],
    ['[]', 'names no target'],
    [`{${time}}`, 'names no target'],
    [`{"target":7,${time}}`, 'names no target'],
    [`{"target":["prod-eu"],${time}}`, 'names no target'],
    [`{"target":"../prod",${time}}`, 'names no target'],
    [`{"target":"${'a'.repeat(41)}",${time}}`, 'names no target'],
    ['{"target":"prod-eu"}', 'has other keys than target and time'],
    [`{"target":"prod-eu",${time},"url":"http://169.254.169.254/"}`, 'has other keys than target and time'],
    ['{"target":"prod-eu","time":"now"}', 'has no time'],
    ['{"target":"prod-eu","time":"2026-11-31T00:00:00Z"}', 'has no time'],
    ['{"target":"prod-eu","time":"2026-11-21"}', 'is spelt in another way'],
    [`{${time},"target":"prod-eu"}`, 'is spelt in another way'],
    [`{"target":"prod-us","target":"prod-eu",${time}}`, 'is spelt in another way'],
    [`{"target":"prod-eu",${time}}${' '.repeat(200)}`, 'has 250 characters, over 200'],
    ['\n\u001b[2J'.repeat(20), 'is no JSON'],
  ]
  for (const [text, reason] of refused) {
    let message = ''
    try {
      parseDueScrape(text)
    } catch (error) {
      message = (error as Error).message
    }
    expect([text, message]).toEqual([text, expect.stringContaining(reason)])
    expect(message).not.toMatch(/[\p{Cc}]/u)
    expect(message.length).toBeLessThan(400)
  }
})
