/** What the terms of money say, in plain words, and how each is marked. */
import type { BilledKind } from '#core/bills/bill.ts'
import type { Cause } from '#core/bills/reconciled-bill.ts'
import type { BudgetState } from '#core/costs/budget-standing.ts'
import type { PriceBasis } from '#core/costs/priced-day.ts'
import type { PriceKind } from '#core/costs/prices.ts'
import type { Certainty, SavingRule } from '#core/costs/saving.ts'
import type { Wording } from './verdict-words.ts'

export const KIND: Record<PriceKind, { name: string; meaning: string }> = {
  internet: { name: 'internet', meaning: 'transfer out to the internet' },
  'cross-region': { name: 'between regions', meaning: 'transfer to another region of the same provider' },
  'cross-zone': { name: 'between zones', meaning: 'transfer to another zone of the same region' },
  'same-region': { name: 'same region', meaning: 'transfer to a service of the provider in the same region' },
  'nat-processing': { name: 'NAT processing', meaning: 'each byte through a NAT gateway, out and in' },
  'endpoint-processing': { name: 'endpoint processing', meaning: 'each byte through an endpoint, out and in' },
  'nat-hours': { name: 'NAT gateway hours', meaning: 'each NAT gateway by the hour, whatever it carries' },
  'endpoint-hours': { name: 'endpoint hours', meaning: 'each endpoint by the hour and zone, whatever it carries' },
}

export const BASIS: Record<PriceBasis, Wording> = {
  declared: { name: 'register', mark: 'good', meaning: 'the register declares the provider and the region' },
  rule: { name: 'rule', mark: 'good', meaning: 'a rule by host in the configuration of prices says it' },
  hostname: { name: 'name', mark: 'good', meaning: 'the host’s own name proves provider, service and region' },
  assumed: { name: 'assumed', mark: 'open', meaning: 'nothing tells where it is, so the internet is assumed' },
}

export const CERTAINTY: Record<Certainty, Wording> = {
  sure: { name: 'sure', mark: 'good', meaning: 'bytes and prices alone say it' },
  strong: { name: 'strong', mark: 'good', meaning: 'the mesh itself calls what would be cheaper' },
  weak: { name: 'weak', mark: 'watch', meaning: 'that it exists follows from the provider’s naming alone' },
  assumed: { name: 'assumed', mark: 'open', meaning: 'it rests on an assumption, told beside it' },
}

export const SAVING: Record<SavingRule, string> = {
  'gateway-endpoint': 'gateway endpoint',
  'interface-endpoint': 'interface endpoint',
  'regional-twin': 'regional twin',
  'nat-downloads': 'NAT downloads',
  chatter: 'chatter',
}

export const BUDGET: Record<BudgetState, Wording> = {
  exceeded: { name: 'exceeded', mark: 'bad', meaning: 'more was used already' },
  over: { name: 'will exceed', mark: 'bad', meaning: 'the forecast is above it' },
  'at-risk': { name: 'at risk', mark: 'watch', meaning: 'the forecast is within it, and its high end is not' },
  unknown: { name: 'unknown', mark: 'open', meaning: 'it is not exceeded, and there is no forecast' },
  'on-track': { name: 'on track', mark: 'good', meaning: 'even the high end of the forecast is within it' },
}

export const BILLED_KIND: Record<BilledKind, { name: string; meaning: string }> = {
  ...KIND,
  ingress: { name: 'transfer in', meaning: 'what came in, which most providers do not charge' },
  other: { name: 'other transfer', meaning: 'transfer that no kind of price is for' },
}

export const CAUSE: Record<Cause, string> = {
  unobserved: 'not observed',
  unplaced: 'place undeclared',
  elsewhere: 'billed elsewhere',
  'outside-mesh': 'outside the mesh',
  timing: 'timing',
  unbilled: 'not billed',
  currency: 'another currency',
  overhead: 'TLS and TCP overhead',
  estimates: 'HTTP estimates',
  assumed: 'internet assumed',
  unit: 'GiB or GB',
  allowance: 'free allowance',
  credits: 'credits apart',
  accounts: 'several accounts',
  sharing: 'shared by the hour',
  rounding: 'rounding',
}
