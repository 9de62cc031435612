/** Plans: that whoever a day's page links to has a page. */
import { dayAddress, destinationAddress } from '#core/addresses.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory } from '#core/history.ts'
import type { BilledMonths } from '../functions/stage/billing.ts'
import { type CostSettings, PricedLedger } from '../functions/stage/costing.ts'
import { Declarations } from '../functions/stage/declarations.ts'
import type { Digests } from '../functions/stage/digests.ts'
import { Judge } from '../functions/stage/judging.ts'
import { dayPlans, entityPlans } from '../functions/stage/plans.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { dayDigest } from './day-digest.ts'
import { flowRow } from './flow-rows.ts'
import { NOTHING_JUDGED } from './judged.ts'

test('a day of more destinations than a history holds has a page for each of them', async () => {
  const hosts = Array.from({ length: 5_003 }, (_, n) => `host-${n}.example`)
  const digest = dayDigest(
    '2026-11-20',
    hosts.map((destinationHost) => flowRow({ destinationHost, requests: 1 })),
  )
  const folding = startFolding(emptyHistory())
  folding.add(digest)
  const history = folding.history()
  expect(history.forgotten).toBe(3)
  const digests = { of: async () => digest } as unknown as Digests
  const declarations = await Declarations.read(memoryStore())
  const judge = new Judge(declarations)
  const judgements = { judge, compliance: NOTHING_JUDGED, current: NOTHING_JUDGED, remaining: 0 }
  const costs = new PricedLedger({ declarations, judgements } as CostSettings)
  const figures = {
    ...{ title: 'Egress', targets: [], digests, history, current: history, seals: [] },
    ...{ dates: [digest.date], unread: [], clusterDomains: {} },
    ...{ declarations, judgements, costs, billed: {} as BilledMonths },
  }
  const addresses = new Set(entityPlans(figures).map(({ address }) => address))
  const has = (address: string) => addresses.has(address)
  const plans = dayPlans(figures, digest.date, {
    has,
    downloadsOf: () => null,
    linksTo: () => ({ previous: null, next: null }),
  })
  const day = plans.find(({ address }) => address === dayAddress(digest.date))
  const needs = (await day?.needs?.())?.map(({ address }) => address) ?? []
  expect(hosts.map(destinationAddress).filter((address) => !has(address) && !needs.includes(address))).toEqual([])
})
