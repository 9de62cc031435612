/** Rhythms of the day and the week, as tables: a formula's last bits would differ between machines. */

export type Rhythm = 'steady' | 'office' | 'shoppers' | 'night'

/** Permille of the busiest hour, for each hour of a weekday. */
const HOURS: Record<Rhythm, readonly number[]> = {
  steady: [
    960, 950, 945, 940, 945, 950, 960, 970, 980, 990, 1000, 1000, 1000, 1000, 995, 990, 990, 985, 980, 975, 970, 970,
    965, 960,
  ],
  office: [
    60, 50, 50, 50, 70, 140, 330, 620, 860, 960, 1000, 960, 820, 930, 980, 940, 790, 560, 360, 240, 170, 130, 100, 80,
  ],
  shoppers: [
    220, 140, 90, 70, 80, 130, 240, 390, 520, 600, 650, 720, 760, 700, 660, 670, 730, 840, 950, 1000, 980, 850, 610,
    380,
  ],
  night: [700, 1000, 1000, 900, 400, 60, 20, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 20, 40, 80, 160, 380],
}

/** Permille for each day of the week, Sunday first. */
const DAYS: Record<Rhythm, readonly number[]> = {
  steady: [1000, 1000, 1000, 1000, 1000, 1000, 1000],
  office: [180, 960, 1000, 1000, 980, 900, 220],
  shoppers: [1150, 820, 800, 830, 880, 1000, 1200],
  night: [900, 1000, 1000, 1000, 1000, 1000, 950],
}

// Taken out of Math once: in a context of its own, as tests run in, each look at a global costs more than the sum.
const { floor } = Math
const STEPS_PER_HOUR = 12
const THURSDAY = 4 // 1970-01-01

/** The share of the busiest hour's pace (0..1.2) in a five-minute step, counted from 1970 in local time; a line between two hours. */
export function paceAt(rhythm: Rhythm, step: number): number {
  const hours = floor(step / STEPS_PER_HOUR)
  const hour = hours % 24
  const part = step % STEPS_PER_HOUR
  const table = HOURS[rhythm]
  const permille = (table[hour] * (STEPS_PER_HOUR - part) + table[(hour + 1) % 24] * part) / STEPS_PER_HOUR
  return (permille * DAYS[rhythm][(floor(hours / 24) + THURSDAY) % 7]) / 1_000_000
}
