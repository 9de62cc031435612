/** A site that renders a report as it is: what publish decides and writes, without the pages' looks. */
import type { Site } from '../../functions/pages.ts'
import { memoryStore } from '../../functions/store/memory.ts'
import type { Store } from '../../functions/store/store.ts'

/** An empty store for the pages of a site. */
export function openSite(): Store {
  return memoryStore()
}

export const plainSite: Site = {
  version: '0123456789abcdef',
  assets: () => [],
  render: async (_path, report) => Buffer.from(JSON.stringify(report)),
}
