/** What a search finds: destinations and workloads by their names, days and months by their dates in digits or words. */
import type { SearchIndex } from '#core/reports/search.ts'
import { longDate, longMonth, weekday } from './format.ts'

export interface Match {
  kind: 'destination' | 'workload' | 'day' | 'month'
  text: string // a label as it is, or a date in words
  detail: string
  address: string // below the root
}

const MATCHES_AT_MOST = 12
const PERIODS_AT_MOST = 5 // where names match, too
const DAY_MS = 86_400_000

/** The best matches of all words of a query; none of an empty one. */
export function matchesOf(index: SearchIndex, query: string): Match[] {
  const words = query
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  if (words.length === 0) return []
  const names = namesOf(index, words)
  const periods = periodsOf(index, words)
  const shown = periods.slice(0, names.length === 0 ? MATCHES_AT_MOST : PERIODS_AT_MOST)
  return [...shown, ...names].slice(0, MATCHES_AT_MOST)
}

/** Those that begin with the first word, then those with a part that does, then the others; the last seen first in each. */
function namesOf({ entries }: SearchIndex, words: readonly string[]): Match[] {
  const ranks: Match[][] = [[], [], []]
  for (const [kind, label, among, last, address] of entries) {
    const name = label === '' ? `unknown ${kind === 'destination' ? 'hosts' : 'workload'}` : label
    const text = name.toLowerCase()
    const whole = `${text} ${among.toLowerCase()}`
    if (!words.every((word) => whole.includes(word))) continue
    const at = text.indexOf(words[0])
    const rank = at === 0 ? 0 : at > 0 && /[^a-z0-9]/.test(text[at - 1]) ? 1 : 2
    ranks[rank].push({ kind, text: name, detail: `${among}, last seen ${last}`, address })
  }
  return ranks.flat()
}

/** Months, then days, the newest first. */
function periodsOf({ firstDay, lastDay }: SearchIndex, words: readonly string[]): Match[] {
  const months = new Map<string, Match>()
  const days: Match[] = []
  if (firstDay === '') return days
  for (let time = Date.parse(lastDay); time >= Date.parse(firstDay); time -= DAY_MS) {
    const date = new Date(time).toISOString().slice(0, 10)
    const month = date.slice(0, 7)
    const [day, name, year] = longDate(date).toLowerCase().split(' ')
    const ofMonth = (word: string) => isDate(month, word) || isPart(name, word) || word === year
    if (words.every(ofMonth) && !months.has(month)) {
      months.set(month, { kind: 'month', text: longMonth(month), detail: month, address: `months/${month}/` })
    }
    const ofDay = (word: string) => {
      return (
        isDate(date, word) ||
        isPart(name, word) ||
        isPart(weekday(date).toLowerCase(), word) ||
        word === day ||
        word === year
      )
    }
    if (days.length < MATCHES_AT_MOST && words.every(ofDay)) {
      days.push({ kind: 'day', text: `${weekday(date)}, ${longDate(date)}`, detail: date, address: `days/${date}/` })
    }
  }
  return [...[...months.values()].slice(0, 3), ...days]
}

/** The beginning of a date, of its year or more; fewer digits are a day of the month. */
function isDate(date: string, word: string): boolean {
  return word.length >= 4 && date.startsWith(word)
}

/** The beginning of a name, of three letters or more: 'nov'. */
function isPart(name: string, word: string): boolean {
  return word.length >= 3 && name.startsWith(word)
}
