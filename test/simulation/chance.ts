/** Chance: everything a simulated run leaves to luck, drawn from its seed and from nothing else. */
import { hashText, mix, unit } from '../../functions/demo/random.ts'

export class Chance {
  readonly #key: number
  #draws = 0

  /** Streams of one seed do not disturb each other: a draw more in one changes nothing in another. */
  constructor(seed: number, stream: string) {
    this.#key = hashText(stream, seed)
  }

  /** A uint32. */
  next(): number {
    return mix(this.#key, this.#draws++)
  }

  /** True with this probability. */
  of(probability: number): boolean {
    return unit(this.next()) < probability
  }

  /** A whole number in [low, high]. */
  between(low: number, high: number): number {
    return low + Math.floor(unit(this.next()) * (high - low + 1))
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length - 1)]
  }
}
