/** Seal: once a day, seals the days that are over, and signs the seals. */
import type { Context, ScheduledEvent } from 'aws-lambda'
import { loadDeployment } from './deployment.ts'
import { runStage, type Surroundings, surroundings } from './invocation.ts'
import { kmsSigner } from './signing/kms.ts'
import type { Signer } from './signing/signer.ts'
import { SealRefusal, sealDays } from './stage/seal.ts'
import { s3Client, s3Store } from './store/s3.ts'
import type { Store } from './store/store.ts'

/** What is left of the function's time when no further day is begun: for the one in hand. */
const RESERVE_MS = 30_000

export interface SealSurroundings extends Surroundings {
  open: (env: NodeJS.ProcessEnv) => Store // of the ledger
  signer: (env: NodeJS.ProcessEnv) => Promise<Signer | null> // null: seals are not signed
}

function openStore(env: NodeJS.ProcessEnv): Store {
  const { bucket, prefix, retention } = loadDeployment(env)
  return s3Store({ client: s3Client(), bucket, prefix, retention })
}

async function deployedSigner(env: NodeJS.ProcessEnv): Promise<Signer | null> {
  const { signingKey = null } = loadDeployment(env)
  return signingKey === null ? null : kmsSigner(signingKey)
}

/** A function that seals until its time is nearly over, and the next one goes on; a chain that does not hold fails it, after the days were sealed all the same. */
export function makeHandler(given: Partial<SealSurroundings> = {}) {
  const around: SealSurroundings = { ...surroundings, open: openStore, signer: deployedSigner, ...given }
  let store: Store | undefined
  return (_event: ScheduledEvent, context: Context): Promise<void> => {
    const reserveMs = Math.min(RESERVE_MS, context.getRemainingTimeInMillis() / 2)
    const stage = async () => {
      store ??= around.open(around.env)
      const signer = () => around.signer(around.env)
      const outOfTime = () => context.getRemainingTimeInMillis() < reserveMs
      const summary = await sealDays(store, { now: around.now, outOfTime, signer })
      return {
        level: summary.notes.length === 0 ? ('info' as const) : ('warn' as const),
        message: summary.sealed.length === 0 ? 'nothing to seal' : 'sealed',
        fields: { ...summary },
        metrics: { SealFailures: 0 },
      }
    }
    const failureFields = (error: unknown) => (error instanceof SealRefusal ? { ...error.summary } : {})
    return runStage({ name: 'seal', failureMetrics: { SealFailures: 1 }, failureFields, stage }, context, around)
  }
}

export const handler = makeHandler()
