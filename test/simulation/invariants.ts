/** Invariants: what must hold in every run, by name, and how often each was looked at. */

export const INVARIANTS = {
  dense: 'rollups of a target are dense by hour, and their chain verifies',
  immutable: 'no immutable key ever has two contents',
  conserved: 'rollups, finished and open hours hold what the committed bodies show, and what they do not is declared',
  telescopes: 'a series without resets is booked as its last value less its first',
  'lower-bound': 'no flow is above the truth, and what is missing lies in a window that coverage declares',
  'no-data': 'observed time is what was observed; an hour nobody observed says so',
  order: 'duplicates and old bodies change no byte of the rollups',
  rebuild: 'pages made again from the ledger are the same bytes',
  recovers: 'after the faults stop scrapes commit, and every due hour is closed and written; nothing ever halts',
  halts: 'a release that does not know a checkpoint changes nothing',
  sealed: 'ended days get sealed, and the rollups bear their seals out',
  'no-delete': 'nothing is ever deleted, and nothing but put changes the store',
} as const

export type Invariant = keyof typeof INVARIANTS

export class Violation extends Error {
  readonly invariant: Invariant

  constructor(invariant: Invariant, expected: string, found: string) {
    super(`${invariant}: expected ${expected}; found ${found}`)
    this.invariant = invariant
  }
}

/** Counts what was looked at and keeps the first violation. */
export class Invariants {
  readonly checked = new Map<Invariant, number>()
  violation: Violation | null = null

  /** Throws and keeps a violation unless it holds; both sides are only put in words when they are needed. */
  hold(invariant: Invariant, holds: boolean, words: () => { expected: string; found: string }): void {
    this.checked.set(invariant, (this.checked.get(invariant) ?? 0) + 1)
    if (holds) return
    const { expected, found } = words()
    this.violation ??= new Violation(invariant, expected, found)
    throw this.violation
  }
}
