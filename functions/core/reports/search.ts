/** The index that the search reads: every destination, workload and day, small. */

import { destinationAddress, workloadAddress } from '#core/addresses.ts'
import type { History } from '#core/history.ts'
import { compareText } from '#core/order.ts'

export interface SearchIndex {
  schema: 1
  firstDay: string // YYYY-MM-DD; every day between has a page
  lastDay: string
  /** Kind, text, what tells it from its namesakes, the last day it was seen, and the address below the root. */
  entries: ['destination' | 'workload', string, string, string, string][] // most recently seen first
  left: number // out, for want of room: the longest silent
}

const ENTRIES_AT_MOST = 20_000

/** Builds the index from a history, which may hold open days, too. */
export function searchIndex(history: History, atMost = ENTRIES_AT_MOST): SearchIndex {
  const entries: SearchIndex['entries'] = [
    ...history.destinations.map(({ host, targets, last }): SearchIndex['entries'][number] => {
      return ['destination', host, targets.join(', '), last, destinationAddress(host)]
    }),
    ...history.workloads.map(({ target, namespace, workload, last }): SearchIndex['entries'][number] => {
      return ['workload', workload, `${target}, ${namespace}`, last, workloadAddress(target, namespace, workload)]
    }),
  ]
  entries.sort((a, b) => compareText(b[3], a[3]) || compareText(a[1], b[1]) || compareText(a[4], b[4]))
  return {
    schema: 1,
    firstDay: history.days[0]?.date ?? '',
    lastDay: history.through,
    entries: entries.slice(0, atMost),
    left: Math.max(0, entries.length - atMost),
  }
}
