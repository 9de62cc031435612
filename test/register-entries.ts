/** Entries of a register for tests of what is made from them. */
import type { RegisterEntry, ResidencyRule } from '#core/register/register.ts'

/** An approved entry for api.stripe.com from anywhere, but for what is given. */
export function entry(changes: Partial<RegisterEntry> = {}): RegisterEntry {
  return {
    ...{ name: 'stripe', line: 3, destination: 'api.stripe.com', ports: [], protocols: [], from: ['*'] },
    ...{ owner: 'payments', need: 'cards', approvedBy: 'Dana', approvedOn: '2026-07-01', ticket: '', reviews: [] },
    ...{ reviewBy: '', expires: '', dataClass: '', provider: '', country: '', region: '', tags: [] },
    ...changes,
  }
}

export function rule(name: string, from: string[], countries: string[], regions: string[] = []): ResidencyRule {
  return { name, line: 1, from, countries, regions }
}
