import fc from 'fast-check'
import { FAILURE_NAMES, type Failures, zeroFailures } from '#core/edge.ts'
import { healthOf, worstHealth } from '#core/health.ts'

const of = (failures: Partial<Failures>) => healthOf({ ...zeroFailures(), ...failures }, 1000)

test.each([
  // server errors
  [{ serverErrors: 0 }, 'healthy'],
  [{ serverErrors: 1 }, 'degraded'],
  [{ serverErrors: 99 }, 'degraded'],
  [{ serverErrors: 100 }, 'failing'],
  // client errors
  [{ clientErrors: 99 }, 'healthy'],
  [{ clientErrors: 100 }, 'degraded'],
  [{ clientErrors: 199 }, 'degraded'],
  [{ clientErrors: 200 }, 'failing'],
  // no response, gRPC
  [{ noResponse: 1 }, 'degraded'],
  [{ noResponse: 100 }, 'failing'],
  [{ grpcErrors: 1 }, 'degraded'],
  [{ grpcErrors: 100 }, 'failing'],
  // TCP
  [{ connectionFailures: 1 }, 'degraded'],
  [{ connectionFailures: 99 }, 'degraded'],
  [{ connectionFailures: 100 }, 'failing'],
  // the worst counts, and different kinds are not added
  [{ clientErrors: 150, serverErrors: 100 }, 'failing'],
  [{ clientErrors: 150, serverErrors: 60, noResponse: 60 }, 'degraded'],
] as const)('of a thousand, %p is %s', (failures, health) => {
  expect(of(failures)).toBe(health)
})

test('nothing tried and nothing failed is healthy', () => {
  expect(healthOf(zeroFailures(), 0)).toBe('healthy')
})

test('more failures never make it healthier', () => {
  const order = ['healthy', 'degraded', 'failing']
  fc.assert(
    fc.property(fc.constantFrom(...FAILURE_NAMES), fc.nat(1000), fc.nat(1000), (kind, some, more) => {
      const [less, worse] = [of({ [kind]: Math.min(some, more) }), of({ [kind]: Math.max(some, more) })]
      expect(order.indexOf(worse)).toBeGreaterThanOrEqual(order.indexOf(less))
    }),
  )
})

test('the worst of several is what an edge is said to be, and of none it is idle', () => {
  expect(worstHealth(['healthy', 'failing', 'degraded'])).toBe('failing')
  expect(worstHealth(['idle', 'refused'])).toBe('refused')
  expect(worstHealth([])).toBe('idle')
})
