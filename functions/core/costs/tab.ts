/** Tabs: all that is metered over a day, gathered by payer and price, then settled hour by hour in the order of time. */
import type { Charged, Metering } from '#core/costs/metering.ts'
import type { Meters } from '#core/costs/meters.ts'
import type { Nano } from '#core/costs/money.ts'
import type { Found, Wanted } from '#core/costs/price-lookup.ts'
import type { PriceEntry } from '#core/costs/prices.ts'
import { startSharing } from '#core/costs/sharing.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'

/** One thing of one flow or target over a day; what is free of it and its money are there once the tab is settled. */
export interface Line {
  wanted: Wanted
  entry: PriceEntry | null // null when no price holds
  missing: string // why; '' when one does
  quantity: number // bytes or hours
  free: number // of them, those that an allowance covered
  hourQuantity: number[] // 24
  hourNano: Nano[] // 24
}

/** All lines of one payer by one entry. */
interface Account {
  payer: string
  entry: PriceEntry
  lines: Line[]
  hourQuantity: number[] // 24
}

const HOURS = 24

export class Tab {
  readonly #accounts = new Map<string, Account>()

  /** Notes what is charged to a payer; what has no price is only counted. */
  add(payer: string, wanted: Wanted, { entry, missing }: Found, hourQuantity: number[]): Line {
    const quantity = hourQuantity.reduce(exactSum, 0)
    const money = { free: 0, hourNano: Array<Nano>(HOURS).fill(0n) }
    const line: Line = { wanted, entry, missing, quantity, hourQuantity, ...money }
    if (entry === null) return line
    const key = `${payer}\0${entry.id}`
    const account = this.#accounts.get(key) ?? { payer, entry, lines: [], hourQuantity: Array<number>(HOURS).fill(0) }
    this.#accounts.set(key, account)
    account.lines.push(line)
    for (let hour = 0; hour < HOURS; hour++) {
      account.hourQuantity[hour] = exactSum(account.hourQuantity[hour], hourQuantity[hour])
    }
    return line
  }

  /** Prices the hours, each shared out over its lines by their quantity; gives how the meters stand after the day. */
  settle(metering: Metering): Meters {
    const accounts = [...this.#accounts].sort(([a], [b]) => compareText(a, b)).map(([, account]) => account)
    for (let hour = 0; hour < HOURS; hour++) {
      const open = accounts.filter(({ hourQuantity }) => hourQuantity[hour] > 0)
      const sales = open.map(({ payer, entry, hourQuantity }) => ({ payer, entry, quantity: hourQuantity[hour] }))
      metering.hour(sales).forEach((charged, at) => {
        shareHour(open[at], hour, charged)
      })
    }
    return metering.meters()
  }
}

/** Shares out an hour of an account, that is more than 0, over its lines: its allowance, then its money by what is left to pay. */
function shareHour({ lines, hourQuantity }: Account, hour: number, { nano, free }: Charged): void {
  const total = hourQuantity[hour]
  const allowance = free === 0 ? null : startSharing(BigInt(free), total)
  const money = nano === 0n ? null : startSharing(nano, total - free)
  for (const line of lines) {
    const quantity = line.hourQuantity[hour]
    if (quantity === 0) continue
    const covered = allowance === null ? 0 : Number(allowance(quantity))
    line.free += covered
    if (money !== null) line.hourNano[hour] = money(quantity - covered)
  }
}
