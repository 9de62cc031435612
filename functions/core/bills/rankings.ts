/** Rankings: whom a bill's money was split to, by team, workload and destination, beside what the same cost at list prices. */
import type { Attributed, BilledDestination, BilledTeam, BilledWorkload } from '#core/bills/reconciled-bill.ts'
import type { BilledFlow } from '#core/bills/split.ts'
import { moneyOf, type Nano } from '#core/costs/money.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'

interface Sum {
  flow: BilledFlow
  egressBytes: number
  nano: Nano
  estimate: Nano | null
}

const BY = {
  teams: ({ team }: BilledFlow) => team,
  workloads: ({ target, namespace, workload, team }: BilledFlow) => [target, namespace, workload, team].join('\0'),
  destinations: ({ host }: BilledFlow) => host,
}

export class Rankings {
  readonly #sums = {
    teams: new Map<string, Sum>(),
    workloads: new Map<string, Sum>(),
    destinations: new Map<string, Sum>(),
  }

  /** Counts what a flow sent, and what a charge of it costs at list prices; null where it has none. */
  see(flow: BilledFlow, egressBytes: number, estimate: Nano | null): void {
    for (const sum of this.#of(flow)) {
      sum.egressBytes = exactSum(sum.egressBytes, egressBytes)
      if (estimate !== null) sum.estimate = (sum.estimate ?? 0n) + estimate
    }
  }

  attribute(flow: BilledFlow, nano: Nano): void {
    for (const sum of this.#of(flow)) sum.nano += nano
  }

  ranked(): { teams: BilledTeam[]; workloads: BilledWorkload[]; destinations: BilledDestination[] } {
    const { teams, workloads, destinations } = this.#sums
    return {
      teams: ranked(teams, ({ team, costCentre }) => ({ team, costCentre })),
      workloads: ranked(workloads, ({ target, namespace, workload, team }) => ({ target, namespace, workload, team })),
      destinations: ranked(destinations, ({ host }) => ({ host })),
    }
  }

  #of(flow: BilledFlow): Sum[] {
    return (Object.keys(BY) as (keyof typeof BY)[]).map((name) => {
      const key = BY[name](flow)
      const sum = this.#sums[name].get(key) ?? { flow, egressBytes: 0, nano: 0n, estimate: null }
      this.#sums[name].set(key, sum)
      return sum
    })
  }
}

/** Most money first, then most bytes, then by key. */
function ranked<Ends>(sums: ReadonlyMap<string, Sum>, endsOf: (flow: BilledFlow) => Ends): (Ends & Attributed)[] {
  return [...sums]
    .sort(([keyA, a], [keyB, b]) => {
      if (a.nano !== b.nano) return a.nano < b.nano ? 1 : -1
      return b.egressBytes - a.egressBytes || compareText(keyA, keyB)
    })
    .map(([, { flow, egressBytes, nano, estimate }]) => ({
      ...endsOf(flow),
      egressBytes,
      money: moneyOf(nano),
      estimate: estimate === null ? null : moneyOf(estimate),
    }))
}
