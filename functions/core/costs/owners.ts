/** Owners: which team, and which cost centre, answers for a workload. Plain data, recorded as a declaration. */

export interface Owners {
  teams: Team[]
}

export interface Team {
  name: string // unique
  costCentre: string // '' when left out
  from: string[] // source patterns: [target:]namespace[/workload], '*' for any part; the most specific of all teams decides
  line: number // in its file, from 1
}

/** The team of what nobody owns, and the cost centre of a team that has none. */
export const UNOWNED = ''
