/**
 * Prices: what is declared of money. Dated list prices with their sources, where each mesh runs and how it leaves, which
 * price applies to whom. Plain data, recorded as one declaration; nothing here is a constant of the code.
 */
import type { Money } from '#core/costs/money.ts'

/**
 * `internet`, `cross-region`, `cross-zone` and `same-region` are what a transfer is charged as; the others are charged beside
 * it, by the byte (`…-processing`) or by the hour (`…-hours`).
 */
export type PriceKind = TransferKind | 'nat-processing' | 'endpoint-processing' | 'nat-hours' | 'endpoint-hours'
export type TransferKind = 'internet' | 'cross-region' | 'cross-zone' | 'same-region'

export const TRANSFER_KINDS: readonly TransferKind[] = ['internet', 'cross-region', 'cross-zone', 'same-region']
export const PRICE_KINDS: readonly PriceKind[] = [
  ...TRANSFER_KINDS,
  'nat-processing',
  'endpoint-processing',
  'nat-hours',
  'endpoint-hours',
]

/** GB is 10^9 bytes, GiB 2^30. */
export type PriceUnit = 'GB' | 'GiB' | 'hour'
export const UNIT_BYTES: Readonly<Record<'GB' | 'GiB', number>> = { GB: 1_000_000_000, GiB: 1_073_741_824 }

export interface Prices {
  currency: string // ISO 4217; one for everything
  overheadFactor: string // decimal, 1 or more, at most 6 places: what is charged per byte that the proxies saw
  targets: Record<string, TargetPlace> // by target; one that is not here has no price
  rules: PriceRule[] // the most specific that matches a host decides, of equals the first
  entries: PriceEntry[] // of all books
  otherTraffic: OtherTraffic[]
}

/** Where a mesh runs, and how its traffic leaves. */
export interface TargetPlace {
  provider: string // 'aws', 'gcp', 'azure', or any name that a book has
  region: string // the provider's own name for it
  tier: string // of the provider's network, where books have several: 'premium', 'standard'; '' for the only one
  payer: string // who is charged: tiers and allowances are shared by all targets of one payer and provider; '' by default
  nat: { gateways: number } | null // NAT gateways that are charged by the hour; null when nothing leaves through NAT
  endpoints: TargetEndpoint[]
}

/** A service that is reached through an endpoint inside the network, past NAT. */
export interface TargetEndpoint {
  service: string // as `servicePlace` tells it from the host: 's3', 'dynamodb', 'ecr'
  type: EndpointType
  zones: number // that an interface endpoint is charged for by the hour; 0 for a gateway endpoint
}

export type EndpointType = 'gateway' | 'interface'

/** Where a host is, by the configuration of prices. Either a place or a kind is given. */
export interface PriceRule {
  host: string // a host, '*.example.com' (any depth, not example.com itself), an IP or a CIDR, as in the register
  provider: string // '' when the kind says it
  region: string // likewise
  kind: TransferKind | '' // '' when it follows from the place
  area: string // of the world, where a book prices the internet by it ('china'); '' for the book's default
  line: number // in its file, from 1
}

/** A price over a time. Of one place and kind, two never hold on the same day. */
export interface PriceEntry {
  id: string // unique: 'aws internet us-east-1 2024-02-01'
  book: string // the file it stands in, as it was named
  provider: string
  kind: PriceKind
  region: string // from which it leaves, or where the gateway or endpoint is
  tier: string // of the provider's network; '' for the only one
  to: string // cross-region: the region it goes to; internet: the area of the world; '' for every one that has no entry of its own
  service: string // endpoint-…: the service, '' for every one that has no entry of its own
  endpoint: EndpointType | '' // endpoint-…: its type; '' for all other kinds
  bytes: 'egress' | 'ingress' | 'both' // which are charged; 'egress' where the unit is an hour
  unit: PriceUnit
  from: string // YYYY-MM-DD, UTC: the first day it holds for
  until: string // exclusive; '' while no end is known
  free: Allowance | null // charged nothing, before any tier
  tiers: PriceTier[] // of a billing month, in order; at least one, of which the last has no end
  pool: string // what is counted together for the tiers: entries of one pool have the same tiers
  source: string // URL of where it was read
  retrieved: string // YYYY-MM-DD, when
}

/** What a payer has free in each billing month, over all entries that name its pool. */
export interface Allowance {
  quantity: string // decimal, in the entry's unit
  pool: string
}

/** Quantities count from just above the end of the tier before. */
export interface PriceTier {
  upTo: string // decimal, in the entry's unit, inclusive; '' for the last
  price: Money // per unit, at most 12 places
}

/** What a payer sends besides the meshes; it enters each month before the first byte of theirs. */
export interface OtherTraffic {
  payer: string
  provider: string
  pool: string // of tiers or of an allowance
  month: string // YYYY-MM; '' for every month that has no line of its own
  quantity: string // decimal
  unit: 'GB' | 'GiB'
  line: number
}
