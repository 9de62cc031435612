/** Publish: once an hour, renders what changed in the ledger into the site's bucket. */
import { join } from 'node:path'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { type Declared, NOTHING_DECLARED } from '#core/declarations.ts'
import { clusterDomainsOf } from '#core/target.ts'
import { loadDeployment } from './deployment.ts'
import { runStage, type Surroundings, surroundings, variable } from './invocation.ts'
import { mediaHeaders } from './media-type.ts'
import type { Channel } from './notify/channel.ts'
import { channelsOf, type NotifyTargets } from './notify/channels.ts'
import { loadSite, type Site } from './pages.ts'
import { recordDeclared } from './stage/declarations.ts'
import { notify } from './stage/notify.ts'
import { publish } from './stage/publish.ts'
import { s3Client, s3Store } from './store/s3.ts'
import type { Store } from './store/store.ts'

/** What is left of the function's time when no further page is begun: for those in hand, the overview and the record. */
const RESERVE_MS = 60_000

const NOBODY: NotifyTargets = { webhook: null, sns: null }

export interface Publishing {
  title: string // of the site
  url: string | null // at which the site is read
  declared: Declared
  channels: Channel[] // where new findings are sent
  clusterDomains: Record<string, string> // by target
  store: Store // of the ledger
  out: Store // of the site
  site: Site
}

export interface PublishSurroundings extends Surroundings {
  open: (env: NodeJS.ProcessEnv) => Promise<Publishing>
}

async function openPublishing(env: NodeJS.ProcessEnv): Promise<Publishing> {
  const { bucket, prefix, retention, title, targets, ...given } = loadDeployment(env)
  const { siteUrl = null, declared = NOTHING_DECLARED, notify = NOBODY } = given
  const client = s3Client()
  return {
    title,
    url: siteUrl,
    declared,
    channels: channelsOf(notify),
    clusterDomains: clusterDomainsOf(targets),
    store: s3Store({ client, bucket, prefix, retention }),
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
      const { store, out, site, title, url, declared, channels, clusterDomains } = publishing
      const outOfTime = () => context.getRemainingTimeInMillis() < reserveMs
      await recordDeclared(store, declared, around.now)
      const options = { title, url, clusterDomains, outOfTime }
      const { rendered, compliance, ...summary } = await publish(store, out, site, options)
      if (compliance !== null) await notify({ store, channels, title, url, compliance, now: around.now })
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
