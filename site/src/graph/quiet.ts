/** Quiet places: where a node between the columns is passed by as few edges as can be, and is still near its own. */
import { curveBetween, meets, type Point, type Rectangle } from './route.ts'

/** An edge from one column to the other. */
export interface Line {
  from: Point
  to: Point
}

const STEP = 8
const DETOUR = 40 // further away is as bad as one more edge to go round

/** The best top for a node of that width and height at that x, given where it would stand without those lines. */
export function quietTop(wanted: number, { x, width, height }: Omit<Rectangle, 'y'>, lines: readonly Line[]): number {
  const curves = lines.map(({ from, to }) => curveBetween(from, to))
  const ends = lines.flatMap(({ from, to }) => [from.y, to.y])
  const furthest = Math.max(0, ...ends.map((y) => Math.abs(y - wanted)))
  let best = { top: wanted, cost: Number.POSITIVE_INFINITY }
  for (let distance = 0; distance <= furthest; distance += STEP) {
    for (const top of [wanted - distance, wanted + distance]) {
      const passing = curves.filter((curve) => meets(curve, { x, y: top, width, height })).length
      const cost = passing + distance / DETOUR
      if (cost < best.cost) best = { top, cost }
    }
    if (distance / DETOUR > best.cost) break
  }
  return best.top
}
