/** Concurrency: many slow reads side by side, few at a time, in the order they were asked for. */

/** How many objects of a store are read at a time: more gains little over a network, and each is held in memory. */
export const READS_AT_A_TIME = 16

/**
 * Runs `run` on each item, at most `limit` at a time, and yields the results in the items' order. No more than `limit`
 * results are ever held: the next item begins when the oldest result has been taken. Throws what the first failing run,
 * in that order, threw; when it ends, for that or any other reason, nothing runs any more.
 */
export async function* mapConcurrently<T, R>(
  items: Iterable<T>,
  limit: number,
  run: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = []
  try {
    for (const item of items) {
      const result = run(item)
      // Heard when its turn comes; until then a failure must not end the process.
      result.catch(() => {})
      running.push(result)
      if (running.length === limit) yield await (running.shift() as Promise<R>)
    }
    while (running.length > 0) yield await (running.shift() as Promise<R>)
  } finally {
    await Promise.allSettled(running)
  }
}
