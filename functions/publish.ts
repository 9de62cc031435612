/** Publish: once an hour, renders what changed in the ledger into the site's bucket. */
import { join } from 'node:path'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { loadDeployment } from './deployment.ts'
import { runStage, type Surroundings, surroundings, variable } from './invocation.ts'
import { mediaHeaders } from './media-type.ts'
import { loadSite, type Site } from './pages.ts'
import { publish } from './stage/publish.ts'
import { s3Client, s3Store } from './store/s3.ts'
import type { Store } from './store/store.ts'

/** What is left of the function's time when no further page is begun: for those in hand, the overview and the record. */
const RESERVE_MS = 60_000

export interface Publishing {
  title: string // of the site
  store: Store // of the ledger
  out: Store // of the site
  site: Site
}

export interface PublishSurroundings extends Surroundings {
  open: (env: NodeJS.ProcessEnv) => Promise<Publishing>
}

async function openPublishing(env: NodeJS.ProcessEnv): Promise<Publishing> {
  const { bucket, prefix, title } = loadDeployment(env)
  const client = s3Client()
  return {
    title,
    store: s3Store({ client, bucket, prefix, retention: null }),
    out: s3Store({ client, bucket: variable(env, 'SITE_BUCKET'), retention: null, headers: mediaHeaders }),
    site: await loadSite(join(variable(env, 'LAMBDA_TASK_ROOT'), 'site')),
  }
}

/** A function that publishes; when its time is nearly over it stops with what it has, and the next one goes on. */
export function makeHandler(given: Partial<PublishSurroundings> = {}) {
  const around: PublishSurroundings = { ...surroundings, open: openPublishing, ...given }
  let publishing: Publishing | undefined
  return (_event: ScheduledEvent, context: Context): Promise<void> => {
    const reserveMs = Math.min(RESERVE_MS, context.getRemainingTimeInMillis() / 2)
    const stage = async () => {
      publishing ??= await around.open(around.env)
      const { store, out, site, title } = publishing
      const outOfTime = () => context.getRemainingTimeInMillis() < reserveMs
      const { rendered, ...summary } = await publish(store, out, site, { title, outOfTime })
      return {
        message: summary.remaining === 0 ? 'published' : 'published in part; the next publish goes on',
        fields: { ...summary, rendered: rendered.length },
        metrics: { PublishFailures: 0 },
      }
    }
    return runStage({ name: 'publish', failureMetrics: { PublishFailures: 1 }, stage }, context, around)
  }
}

export const handler = makeHandler()
