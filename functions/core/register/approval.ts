/**
 * Approvals: what the register says of an edge on a day.
 *
 * Of several entries that match, one that is approved decides before one that has expired, and that before one that nobody
 * has approved; among equals the one with the most specific destination, then source, then the first by name. Ports hold
 * only against ports that were labelled: of these each must be approved, and the worst tells for all.
 */
import type { Edge } from '#core/edge.ts'
import { compareText } from '#core/order.ts'
import { destinationIndex } from '#core/register/destination.ts'
import { type Place, placeLookup } from '#core/register/place.ts'
import type { Register, RegisterEntry } from '#core/register/register.ts'
import { bestMatch, parseSource, type SourcePattern } from '#core/register/source.ts'
import { entryState } from '#core/register/standing.ts'

export type { Place, PlaceVerdict } from '#core/register/place.ts'

/** `blocked`: it did not leave. `unapproved`: no entry, or one that nobody has approved by that day. */
export type ApprovalState = 'approved' | 'unapproved' | 'expired' | 'blocked'
export const APPROVAL_STATES: readonly ApprovalState[] = ['approved', 'unapproved', 'expired', 'blocked']

export interface Approval {
  state: ApprovalState
  entry: string // name of the entry that decided; '' when none matches, or when the mesh refused it
  reason: string // one sentence
}

export interface Registered {
  approval: Approval
  place: Place
}

/** An entry with what matching needs of it. */
interface Candidate {
  entry: RegisterEntry
  sources: readonly SourcePattern[]
}

/** One entry that matches an edge, and how well. */
interface Match {
  entry: RegisterEntry
  destination: number // 0 for the most specific of those that match
  source: number // specificity
}

/** Looks edges up in a register; made once for many edges. With null there is no register, and nothing is approved. */
export function registerLookup(register: Register | null): (edge: Edge, date: string) => Registered {
  const candidates = (register?.entries ?? []).map((entry): Candidate => {
    return { entry, sources: entry.from.map(parseSource).filter((pattern) => pattern !== null) }
  })
  const index = destinationIndex(candidates, ({ entry }) => entry.destination)
  const placeOf = placeLookup(register)
  return (edge, date) => {
    const found = index.matching(edge.host)
    const named = found.flatMap(({ values }, destination) =>
      values.map(({ entry, sources }) => ({ entry, destination, source: bestMatch(sources, edge) })),
    )
    const { approval, decided } = decide(edge, named, date, register !== null)
    return { approval, place: placeOf(edge, found, decided) }
  }
}

function decide(edge: Edge, named: readonly Match[], date: string, hasRegister: boolean) {
  const matches = named
    .filter(({ entry, source }) => source >= 0 && allowsProtocol(entry, edge))
    .sort((a, b) => compareMatches(a, b, date))
  const parts = edge.ports.length === 0 ? [null] : edge.ports
  const perPort = parts.map((port) => ({ port, match: matches.find(({ entry }) => allowsPort(entry, port)) ?? null }))
  const worst = perPort.reduce((worst, next) => (rankOf(next.match, date) < rankOf(worst.match, date) ? next : worst))
  const decided = worst.match?.entry ?? null
  const state = decided === null ? 'unapproved' : stateOf(decided, date)
  if (edge.destinationClass === 'blocked') {
    const approval: Approval = { state: 'blocked', entry: '', reason: blockedReason(decided, state) }
    return { approval, decided }
  }
  const reason =
    decided === null
      ? unmatchedReason(edge, named, worst.port, hasRegister)
      : `${decisionOf(decided, state)}${caveatOf(edge, decided, state)}.`
  return { approval: { state, entry: decided?.name ?? '', reason } satisfies Approval, decided }
}

function allowsProtocol({ protocols }: RegisterEntry, { protocol }: Edge): boolean {
  return protocols.length === 0 || protocols.includes(protocol)
}

function allowsPort({ ports }: RegisterEntry, port: number | null): boolean {
  return ports.length === 0 || port === null || ports.includes(port)
}

function stateOf(entry: RegisterEntry, date: string): 'approved' | 'expired' | 'unapproved' {
  const state = entryState(entry, date)
  return state === 'pending' ? 'unapproved' : state === 'expired' ? 'expired' : 'approved'
}

/** From 0, when nothing matches, to 3, when an approval holds. */
function rankOf(match: Match | null, date: string): number {
  return match === null ? 0 : { unapproved: 1, expired: 2, approved: 3 }[stateOf(match.entry, date)]
}

/** For sort(): the one that decides first. */
function compareMatches(a: Match, b: Match, date: string): number {
  return (
    rankOf(b, date) - rankOf(a, date) ||
    a.destination - b.destination ||
    b.source - a.source ||
    compareText(a.entry.name, b.entry.name)
  )
}

function decisionOf({ name, approvedBy, approvedOn, expires }: RegisterEntry, state: ApprovalState): string {
  if (state === 'expired')
    return `The approval of ${name}, given by ${approvedBy} on ${approvedOn}, ended on ${expires}`
  if (state === 'approved') {
    const until = expires === '' ? '' : `, until ${expires}`
    return `${name} approves it, by ${approvedBy} on ${approvedOn}${until}`
  }
  return approvedOn === ''
    ? `${name} is for it, and nobody has approved that yet`
    : `${name} is for it, and is approved from ${approvedOn} on, not before`
}

/** What an approval that matched could not be held against. */
function caveatOf(
  { ports, destinationClass, host, protocol }: Edge,
  entry: RegisterEntry,
  state: ApprovalState,
): string {
  const caveats = [
    ...(entry.ports.length > 0 && ports.length === 0
      ? [`its port was not labelled, so that ${listOf(entry.ports, 'or')} could not be checked`]
      : []),
    ...(state === 'approved' && destinationClass === 'passthrough' && host !== '' && protocol !== 'tcp'
      ? ['the name is what the client wrote into its Host header, which nothing checked']
      : []),
  ]
  return caveats.length === 0 ? '' : `; but ${caveats.join(', and ')}`
}

function blockedReason(decided: RegisterEntry | null, state: ApprovalState): string {
  return decided !== null && state === 'approved'
    ? `The mesh refused it, so that nothing left, although ${decided.name} approves it.`
    : 'The mesh refused it, so that nothing left.'
}

/** Why no entry matches: by the entries that are for the destination, and for something else of it. */
function unmatchedReason(edge: Edge, named: readonly Match[], port: number | null, hasRegister: boolean): string {
  if (!hasRegister) return 'There is no register, so nothing is approved.'
  if (named.length === 0) {
    const which = edge.host.startsWith('*.') ? ', of whose names the mesh does not tell which was called' : ''
    return `No entry of the register is for this destination${which}.`
  }
  const fromHere = named.filter(({ source }) => source >= 0)
  const inProtocol = fromHere.filter(({ entry }) => allowsProtocol(entry, edge))
  const nearest = inProtocol.length > 0 ? inProtocol : fromHere.length > 0 ? fromHere : named
  const names = listOf(nearest.map(({ entry }) => entry.name).sort(compareText), 'and')
  const verb = nearest.length === 1 ? 'is' : 'are'
  if (inProtocol.length > 0) return `${names} ${verb} for this destination, but not for port ${port}.`
  if (fromHere.length > 0) return `${names} ${verb} for this destination, but not for ${edge.protocol}.`
  const source = `${edge.namespace || '(unknown)'}/${edge.workload || '(unknown)'}`
  const gateway = edge.via === source ? ', a gateway, whose clients the proxy does not tell' : ''
  return `${names} ${verb} for this destination, but not from ${source}${gateway}.`
}

/** So many are named; of more, how many. */
const NAMED = 3

function listOf(values: readonly (string | number)[], word: 'and' | 'or'): string {
  const shown = values.length > NAMED + 1 ? [...values.slice(0, NAMED), `${values.length - NAMED} more`] : values
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${word} ${shown.at(-1)}`
}
