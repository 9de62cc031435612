import fc from 'fast-check'
import { mapConcurrently } from '../functions/concurrency.ts'

/** A run whose items end when told; `running` are those that have begun and not ended. */
function controlled() {
  const running = new Map<number, { succeed: () => void; fail: () => void }>()
  let most = 0
  return {
    running,
    most: () => most,
    run: (item: number) =>
      new Promise<string>((resolve, reject) => {
        const end = (settle: () => void) => () => {
          running.delete(item)
          settle()
        }
        running.set(item, {
          succeed: end(() => resolve(`result ${item}`)),
          fail: end(() => reject(new Error(`failure ${item}`))),
        })
        most = Math.max(most, running.size)
      }),
  }
}

async function collect(results: AsyncIterable<string>): Promise<string[]> {
  const collected: string[] = []
  for await (const result of results) collected.push(result)
  return collected
}

test('results come in the order of their items, whatever the order in which they end, and never more run than may', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(30),
      fc.integer({ min: 1, max: 8 }),
      fc.infiniteStream(fc.nat()),
      async (count, limit, choices) => {
        const world = controlled()
        const items = Array.from({ length: count }, (_, item) => item)
        let done = false
        const collected = collect(mapConcurrently(items, limit, world.run)).finally(() => {
          done = true
        })
        while (!done) {
          const waiting = [...world.running.values()]
          if (waiting.length > 0) waiting[(choices.next().value ?? 0) % waiting.length].succeed()
          await new Promise(setImmediate)
        }
        expect(await collected).toEqual(items.map((item) => `result ${item}`))
        expect(world.most()).toBe(Math.min(limit, count))
      },
    ),
    { numRuns: 50 },
  )
})

test('the first failure in the order of the items is thrown, when nothing runs any more', async () => {
  const world = controlled()
  let thrown = ''
  const collected = collect(mapConcurrently([0, 1, 2, 3, 4, 5], 3, world.run)).catch((error: Error) => {
    thrown = error.message
  })
  await new Promise(setImmediate)
  world.running.get(2)?.fail()
  world.running.get(1)?.fail()
  world.running.get(0)?.succeed()
  await new Promise(setImmediate)
  // The first one has made room for another, which is waited for.
  expect([thrown, [...world.running.keys()]]).toEqual(['', [3]])
  world.running.get(3)?.succeed()
  await collected
  expect([thrown, world.running.size]).toEqual(['failure 1', 0])
})

test('who takes no more results leaves nothing running and begins nothing more', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const results = mapConcurrently([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item)
    await new Promise(setImmediate)
    ended.push(item)
    return item
  })
  for await (const _ of results) break
  expect([begun, ended]).toEqual([
    [0, 1],
    [0, 1],
  ])
})
