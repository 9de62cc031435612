/**
 * The chain: every rollup names its predecessor and that one's SHA-256, and its own target, hour and number, so that a
 * walk tells missing, altered, moved and out-of-order rollups apart.
 */
import type { ChainLink, Rollup } from '#core/rollup.ts'
import { HOUR_MS, isoHour } from '#core/time.ts'

/** A rollup as it lies in the store: under which key, and what its bytes hash to. */
export interface StoredRollup {
  key: string
  target: string // as the key says
  hour: number // as the key says, ms since epoch
  sha256: string // of the bytes there are
  rollup: Omit<Rollup, 'rows'> | null // null when they cannot be read
  unreadable: string // why not; '' when they can
}

/**
 * `missing`: an hour has no rollup; `altered`: its bytes are not those its successor or a seal names, or cannot be read;
 * `moved`: it says it is of another hour or target; `order`: its place in the chain does not follow its predecessor's;
 * `inserted`: its day was sealed when its target had no rollups, or it is no rollup at all. Of seals the same, with days for
 * hours.
 */
export interface ChainProblem {
  kind: 'missing' | 'altered' | 'moved' | 'order' | 'inserted'
  key: string
  message: string
}

export interface ChainState {
  first: number | null // ms since epoch, hour of the first rollup
  last: number | null
  rollups: number
  head: ChainLink | null
  gapHours: number // hours nobody observed, which is no problem of the chain
  problems: ChainProblem[]
}

/**
 * Walks one target's rollups, oldest first. head is what the checkpoint says was closed last: with it the newest rollups
 * are checked too; null when there is no checkpoint. after is the rollup the walk begins behind; null at the first one.
 */
export function verifyChain(
  rollups: readonly StoredRollup[],
  head: ChainLink | null,
  keyOf: (hour: number) => string,
  after: StoredRollup | null = null,
): ChainState {
  const problems: ChainProblem[] = []
  const problem = (kind: ChainProblem['kind'], key: string, message: string) => problems.push({ kind, key, message })
  let gapHours = 0
  let previous = after
  for (const stored of rollups) {
    const { key, rollup } = stored
    if (previous !== null) {
      for (let hour = previous.hour + HOUR_MS; hour < stored.hour; hour += HOUR_MS) {
        problem('missing', keyOf(hour), `no rollup of ${isoHour(hour)}, between ${previous.key} and ${key}`)
      }
    }
    if (rollup === null) problem('altered', key, stored.unreadable)
    else {
      if (rollup.coverage.observedMs === 0) gapHours++
      if (rollup.target !== stored.target || rollup.hour !== stored.hour) {
        problem('moved', key, `says it is of ${rollup.target} at ${isoHour(rollup.hour)}`)
      } else checkLink(stored, rollup, previous)
    }
    previous = stored
  }
  if (head !== null) checkHead(head, previous)
  return {
    first: rollups[0]?.hour ?? null,
    last: previous?.hour ?? null,
    rollups: rollups.length,
    head:
      previous === null ? null : { number: previous.rollup?.number ?? 0, key: previous.key, sha256: previous.sha256 },
    gapHours,
    problems,
  }

  function checkLink(stored: StoredRollup, rollup: Omit<Rollup, 'rows'>, before: StoredRollup | null): void {
    if (before === null) {
      if (rollup.previous !== null) problem('missing', rollup.previous.key, `${stored.key} names it as its predecessor`)
      else if (rollup.number !== 1) problem('order', stored.key, `begins the chain as number ${rollup.number}`)
      return
    }
    if (rollup.previous === null) {
      problem('order', stored.key, `begins a chain although ${before.key} stands before it`)
      return
    }
    if (rollup.previous.key !== before.key) {
      if (!problems.some(({ key }) => key === rollup.previous?.key)) {
        problem(
          'order',
          stored.key,
          `names ${rollup.previous.key} as its predecessor, but ${before.key} stands before it`,
        )
      }
      return
    }
    if (rollup.previous.sha256 !== before.sha256) {
      problem('altered', before.key, `its SHA-256 is ${before.sha256}, its successor says ${rollup.previous.sha256}`)
    }
    if (before.rollup !== null && rollup.number !== before.rollup.number + 1) {
      problem('order', stored.key, `is number ${rollup.number} after number ${before.rollup.number}`)
    }
  }

  function checkHead(closed: ChainLink, newest: StoredRollup | null): void {
    const there = [...rollups, ...(after === null ? [] : [after])].find(({ key }) => key === closed.key)
    if (there === undefined) {
      const told = problems.some(({ kind, key }) => kind === 'missing' && key === closed.key)
      const message = `the checkpoint has closed it as number ${closed.number}, the newest here is ${newest?.key ?? 'none'}`
      if (!told) problem('missing', closed.key, message)
    } else if (there.sha256 !== closed.sha256) {
      problem('altered', there.key, `its SHA-256 is ${there.sha256}, the checkpoint says ${closed.sha256}`)
    }
    if (there !== undefined && newest !== null && newest.key !== closed.key) {
      problem(
        'order',
        newest.key,
        `the checkpoint has closed nothing after ${closed.key}, so one of the two is not its own`,
      )
    }
  }
}
