/** Changes in a sentence each, with their figures; labels in them are made safe to show and cut. */

import { grouped, percent, short, type Unit } from '#core/figures.ts'
import type { DestinationClass } from '#core/flow.ts'
import type { Caller } from '#core/pair.ts'
import type { Totals } from '#core/report.ts'
import type { Found } from '#core/reports/change.ts'
import { errorShare } from '#core/reports/change-rules.ts'
import { shownLabel } from '#core/shown-label.ts'
import { attempts } from '#core/totals.ts'

/** Which of the compared days were observed whole; figures of one that was not are lower bounds. */
export interface Completeness {
  nowComplete: boolean
  beforeComplete: boolean
  weekBeforeComplete: boolean
}

const LABEL_LENGTH = 48 // characters; a sentence must stay one

export function changeSentence(change: Found, complete: Completeness): string {
  const { now, before, blocked } = change
  const [isCalled, wasCalled] = [change.classes, change.classesBefore].map(hasLeft)
  const host = hostOf(change.host)
  const who = callersOf(change)
  const figureIf =
    (isWhole: boolean) =>
    (value: number, unit: Unit = 'count') =>
      (isWhole ? '' : '≥\u00a0') + figureOf(value, unit)
  const [figure, figureBefore] = [figureIf(complete.nowComplete), figureIf(complete.beforeComplete)]
  const [subject, was] = change.host === '' ? ['Hosts without a name', 'were'] : [host, 'was']
  const traffic = [isCalled && trafficOf(now, figure), blocked > 0 && `${figure(blocked)} blocked attempts`].filter(
    Boolean,
  )
  const declared = change.classes.includes('passthrough') ? '; no ServiceEntry declares it' : ''
  const firstTime = isCalled ? `called for the first time by ${who}` : `tried for the first time by ${who}`
  const outcome = isCalled ? traffic.join(', ') + declared : `all ${figure(blocked)} attempts were blocked`
  switch (change.kind) {
    case 'new-destination':
      return `${subject} ${was} never seen before, and ${was} ${firstTime}: ${outcome}.`
    case 'new-pair':
      return `${subject} ${was} ${firstTime}: ${outcome}.`
    case 'returned-destination':
      if (!isCalled) return `${subject} ${was} tried again after a day without, by ${who}: ${outcome}.`
      return `${subject} ${was} called again after a day without, by ${who}: ${outcome}.`
    case 'vanished-destination': {
      const blockedBefore = `${figureBefore(change.blockedBefore)} blocked attempts`
      const trafficBefore = wasCalled ? trafficOf(before, figureBefore) : blockedBefore
      return `${subject} ${was} not called any more; the day before, by ${who}: ${trafficBefore}.`
    }
    case 'class-change': {
      if (change.namedSince !== undefined) {
        return `Calls by ${who} went to hosts without a name until ${change.namedSince} UTC, and since then to ${host}, which is registered.`
      }
      const [then, today] = [change.classesBefore, change.classes].map((classes) => classes.join(' and '))
      return `Calls to ${host} by ${who} were ${then}, and are ${today} now.`
    }
    case 'volume-jump': {
      const [from, to] = [figureBefore(before.egressBytes, 'bytes'), figure(now.egressBytes, 'bytes')]
      const rose = now.egressBytes > before.egressBytes ? 'rose' : 'fell'
      const weekBefore = change.weekBeforeBytes
      const wereThen = figureIf(complete.weekBeforeComplete)(weekBefore ?? 0, 'bytes')
      const usual = weekBefore === null ? '' : `; a week before they were ${wereThen}`
      return `Bytes out to ${host} ${rose} from ${from} to ${to}${timesOf(change)}, by ${who}${usual}.`
    }
    case 'error-jump': {
      const shares = `from ${percent(errorShare(before))} to ${percent(errorShare(now))} of what was tried`
      return `Errors of ${host} rose ${shares}: ${figure(now.errors)} of ${figure(attempts(now))}, by ${who}.`
    }
    case 'blocked-burst':
      return burstSentence(change, who, figure)
  }
}

function burstSentence({ burst }: Found, who: string, figure: (value: number) => string): string {
  if (burst === undefined) throw new Error('change: a burst of blocked attempts without its hour')
  const { start, usual, hosts } = burst
  const others = hosts.length > 1 ? ` and ${grouped(hosts.length - 1)} more` : ''
  const against = usual === 0 ? 'with none in the hours before' : `where ${grouped(usual)} an hour were usual`
  const when = `in the hour from ${start.slice(11, 16)} UTC`
  return `${who} was refused ${figure(burst.attempts)} times ${when}, ${against}; it tried ${hostOf(hosts[0])}${others}.`
}

function trafficOf(totals: Totals, figure: (value: number, unit?: Unit) => string): string {
  const { requests, connections, egressBytes, errors } = totals
  const parts = [
    requests > 0 && `${figure(requests)} ${requests === 1 ? 'request' : 'requests'}`,
    connections > 0 && `${figure(connections)} ${connections === 1 ? 'connection' : 'connections'}`,
    `${figure(egressBytes, 'bytes')} out`,
    errors > 0 && `${figure(errors)} ${errors === 1 ? 'error' : 'errors'}`,
  ]
  return parts.filter(Boolean).join(', ')
}

/** True for more than attempts that were all refused. */
function hasLeft(classes: readonly DestinationClass[]): boolean {
  return classes.some((name) => name !== 'blocked')
}

/** How many times more or less, where both are there: ', 12 times'. */
function timesOf({ now, before }: Found): string {
  const [less, more] = [now.egressBytes, before.egressBytes].sort((a, b) => a - b)
  if (less === 0) return ''
  const times = more / less
  return `, ${times < 10 ? times.toFixed(1) : grouped(Math.round(times))} times ${now.egressBytes > before.egressBytes ? 'as much' : 'less'}`
}

function figureOf(value: number, unit: Unit): string {
  return unit === 'bytes' ? short(value, unit) : grouped(value)
}

function hostOf(host: string): string {
  return host === '' ? 'hosts without a name' : safe(host)
}

function callersOf({ workloads, workloadCount }: Found): string {
  const [first] = workloads
  return workloadCount === 1 ? callerOf(first) : `${grouped(workloadCount)} workloads, ${callerOf(first)} first`
}

function callerOf({ target, namespace, workload }: Caller): string {
  return `${safe(namespace)}/${workload === '' ? 'unknown' : safe(workload)} in ${target}`
}

function safe(label: string): string {
  const { text } = shownLabel(label)
  return text.length > LABEL_LENGTH ? `${text.slice(0, LABEL_LENGTH)}…` : text
}
