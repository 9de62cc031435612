/** Settling: moves a column's blocks apart until none touches another, each as near as can be to where it wanted to be. */

export interface Block {
  wanted: number // top, in the unit of the drawing
  height: number
  gap: number // at least, to the block before
}

/**
 * The tops of a column's blocks, in their order: of all that keep their distances the one with the least sum of squared
 * moves. Neighbours that would overlap are pooled and move as one.
 */
export function settle(blocks: readonly Block[]): number[] {
  const offsets: number[] = [] // of each block's top, were all packed together
  let end = 0
  for (const [at, { height, gap }] of blocks.entries()) {
    offsets.push(at === 0 ? 0 : end + gap)
    end = offsets[at] + height
  }
  const pools: { sum: number; size: number }[] = []
  for (const [at, { wanted }] of blocks.entries()) {
    let pool = { sum: wanted - offsets[at], size: 1 }
    for (
      let last = pools.at(-1);
      last !== undefined && last.sum / last.size > pool.sum / pool.size;
      last = pools.at(-1)
    ) {
      pool = { sum: last.sum + pool.sum, size: last.size + pool.size }
      pools.pop()
    }
    pools.push(pool)
  }
  const moved = pools.flatMap(({ sum, size }) => Array<number>(size).fill(sum / size))
  return moved.map((move, at) => move + offsets[at])
}
