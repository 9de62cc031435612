/** The egress register: who may call what outside, for which need, approved by whom and until when. Plain data. */
import type { Protocol } from '#core/flow.ts'

export interface Register {
  entries: RegisterEntry[]
  residency: ResidencyRule[]
}

export interface RegisterEntry {
  name: string // unique
  line: number // in its file, from 1
  destination: string // a host, '*.example.com' (any depth, not example.com itself), an IP, a CIDR, or '(unknown)' for hosts no proxy could know
  ports: number[] // [] for any; holds only against ports that were labelled
  protocols: Protocol[] // [] for any
  from: string[] // source patterns: [target:]namespace[/workload], '*' for any part
  owner: string
  need: string // the business need
  approvedBy: string // '' while nobody has
  approvedOn: string // YYYY-MM-DD; '' likewise
  ticket: string
  reviews: Review[] // oldest first
  reviewBy: string // YYYY-MM-DD; '' when left out: six months after the approval or the last review
  expires: string // YYYY-MM-DD, the first day on which it no longer holds; '' for never
  dataClass: string
  provider: string // declared, as all that follow; '' when left out
  country: string // ISO 3166-1 alpha-2, upper case
  region: string // the provider's own name for it
  tags: string[]
}

export interface Review {
  on: string // YYYY-MM-DD
  by: string
  note: string
}

/** Where namespaces may send to. */
export interface ResidencyRule {
  name: string // unique
  line: number
  from: string[] // source patterns
  countries: string[] // allowed; [] when regions say it
  regions: string[] // likewise
}

export function emptyRegister(): Register {
  return { entries: [], residency: [] }
}
