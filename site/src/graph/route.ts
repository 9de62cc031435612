/** Routes: the curves of edges, from the right of one node to the left of another, around what stands between. */
export interface Point {
  x: number
  y: number
}

export interface Rectangle extends Point {
  width: number
  height: number
}

/** A cubic Bézier curve: where it begins, its two handles, where it ends. */
export type Curve = readonly [Point, Point, Point, Point]

const CLEARANCE = 8 // to what is passed by
const ROUND = 5 // further out for each line that goes the same way

/**
 * One curve; or, where that would cross an obstacle, two and a straight line over or under it. Each line that goes round an
 * obstacle leaves room for the next, which `rounds` counts.
 */
export function routeEdge(
  from: Point,
  to: Point,
  obstacles: readonly Rectangle[],
  rounds: Map<string, number>,
): Curve[] {
  const direct = curveBetween(from, to)
  const hit = obstacles.find((obstacle) => meets(direct, obstacle))
  if (hit === undefined) return [direct]
  const above = (from.y + to.y) / 2 < hit.y + hit.height / 2
  const key = `${hit.y} ${above}`
  const distance = CLEARANCE + ROUND * (rounds.get(key) ?? 0)
  rounds.set(key, (rounds.get(key) ?? 0) + 1)
  const y = above ? hit.y - distance : hit.y + hit.height + distance
  const [left, right] = [
    { x: hit.x, y },
    { x: hit.x + hit.width, y },
  ]
  return [curveBetween(from, left), [left, left, right, right], curveBetween(right, to)]
}

export function curveBetween(from: Point, to: Point): Curve {
  const middle = (from.x + to.x) / 2
  return [from, { x: middle, y: from.y }, { x: middle, y: to.y }, to]
}

export function meets(curve: Curve, { x, y, width, height }: Rectangle): boolean {
  for (let step = 0; step <= 40; step++) {
    const point = pointOn(curve, step / 40)
    if (point.x < x - CLEARANCE || point.x > x + width + CLEARANCE) continue
    if (point.y > y - CLEARANCE && point.y < y + height + CLEARANCE) return true
  }
  return false
}

function pointOn([a, b, c, d]: Curve, t: number): Point {
  const [p, q, r, s] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3]
  return { x: p * a.x + q * b.x + r * c.x + s * d.x, y: p * a.y + q * b.y + r * c.y + s * d.y }
}

/** The point at a part, 0..1, of the way. */
export function pointAlong(curves: readonly Curve[], part: number): Point {
  const at = Math.min(curves.length - 1, Math.floor(part * curves.length))
  return pointOn(curves[at], part * curves.length - at)
}

/** The value of a path's `d`. */
export function pathOf(curves: readonly Curve[]): string {
  const [{ x, y }] = curves[0]
  const parts = curves.map(
    ([, b, c, d]) => `C${rounded(b.x)} ${rounded(b.y)} ${rounded(c.x)} ${rounded(c.y)} ${rounded(d.x)} ${rounded(d.y)}`,
  )
  return `M${rounded(x)} ${rounded(y)}${parts.join('')}`
}

/** To a tenth: finer is not seen, and costs bytes. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
