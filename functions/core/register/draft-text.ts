/** The text of a draft: YAML as a person would write it, what was observed as comments above each entry. */
import { grouped, short } from '#core/figures.ts'
import { UNKNOWN_DESTINATION } from '#core/register/destination.ts'
import type { Draft, DraftEntry, DraftEvidence } from '#core/register/draft.ts'

const ALL_UNKNOWN = 'to approve it is to approve whatever these sources call whose name no proxy can know'

export interface DraftSpan {
  from: string // YYYY-MM-DD
  through: string // the last day
}

/** Comments hold numbers, dates and words of our own, and nothing that a client or a label could have chosen. */
export function formatDraft({ entries, left, unnamed }: Draft, { from, through }: DraftSpan): string {
  const lines = [
    `# What left from ${from} through ${through} and no entry of the register is for, most bytes first.`,
    '# Nobody has approved any of it: give each its owner and need, narrow what is too wide, take out what is not to be,',
    '# let the rest be approved, and move it into the register.',
    ...(unnamed === 0
      ? []
      : [`# No entry can be for ${counted(unnamed, 'destination')} whose claimed name no host can have.`]),
    ...(left === 0
      ? []
      : [`# Left out for want of room: ${counted(left, 'destination')} with fewer bytes than these.`]),
    entries.length === 0 ? 'entries: []' : 'entries:',
    ...entries.flatMap((entry, at) => [...(at === 0 ? [] : ['']), ...entryLines(entry)]),
  ]
  return `${lines.join('\n')}\n`
}

function entryLines({ name, destination, ports, protocols, from, provider, region, seen }: DraftEntry): string[] {
  return [
    ...evidenceLines(seen).map((line) => `  # ${line}`),
    ...(destination === UNKNOWN_DESTINATION ? [`  # ${ALL_UNKNOWN}`] : []),
    `  - name: ${scalar(name)}`,
    `    destination: ${scalar(destination)}`,
    ...(ports.length === 0 ? [] : [`    ports: [${ports.join(', ')}]`]),
    `    protocols: [${protocols.join(', ')}]`,
    '    from:',
    ...from.map((source) => `      - ${scalar(source)}`),
    "    owner: ''",
    "    need: ''",
    "    approvedBy: ''",
    "    approvedOn: ''",
    ...(provider === '' ? [] : [`    provider: ${scalar(provider)}`]),
    ...(region === '' ? [] : [`    region: ${scalar(region)}`]),
  ]
}

function evidenceLines({ first, last, days, totals, classes, grade }: DraftEvidence): string[] {
  const { requests, connections, egressBytes, ingressBytes } = totals
  const times = [
    ...(requests === 0 ? [] : [counted(requests, 'request')]),
    ...(connections === 0 ? [] : [counted(connections, 'connection')]),
    `${plain(egressBytes)} out`,
    `${plain(ingressBytes)} in`,
  ]
  return [
    `${first === last ? `seen on ${first}` : `seen on ${counted(days, 'day')}, ${first} to ${last}`}; at least ${times.join(', ')}`,
    `${classes.join(' and ')}; evidence of its name: grade ${grade}`,
  ]
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}

function plain(bytes: number): string {
  return short(bytes, 'bytes').replace('\u00a0', ' ')
}

/** Plain where YAML cannot take it for anything else. */
function scalar(text: string): string {
  return /^[a-z][a-z0-9._/-]*$/i.test(text) && !/^(?:true|false|null)$/i.test(text) ? text : JSON.stringify(text)
}
