/** Seal, as the schedule calls it: what it tells of days that were sealed, wait, or cannot be. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rollupKey, sealKey } from '#core/keys.ts'
import { publicKeyOf } from '#core/public-key.ts'
import { DAY_MS, HOUR_MS, isoDate } from '#core/time.ts'
import { makeHandler } from '../functions/seal.ts'
import type { Signer } from '../functions/signing/signer.ts'
import { verifyStoredSignatures } from '../functions/stage/verify-signatures.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { s3Client, s3Store } from '../functions/store/s3.ts'
import type { Store } from '../functions/store/store.ts'
import { startAws } from './aws.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'
import { invocationContext, observedSurroundings, scheduledAt, taskRoot } from './invocation.ts'
import { simulatedTarget } from './simulated-target.ts'

const FIRST = Date.UTC(2026, 10, 20)
const EVENT = scheduledAt('2026-11-22T02:20:00Z')

async function writeHours(store: Store, hours: number): Promise<void> {
  const records = Array.from({ length: hours }, (_, n) =>
    hourRecord('mesh', FIRST + n * HOUR_MS, [flowRow({ requests: n })]),
  )
  await writeChain(store, encodeChain(records))
}

function sealing(store: Store, time: number, signer: Signer | null = null) {
  const around = observedSurroundings(time)
  const handler = makeHandler({ ...around, open: () => store, signer: async () => signer })
  return { around, seal: (remainingMs?: () => number) => handler(EVENT, invocationContext(remainingMs)) }
}

test('days that are over are sealed, and the line says which and counts no failure', async () => {
  const store = memoryStore()
  await writeHours(store, 50)
  const { around, seal } = sealing(store, FIRST + 2 * DAY_MS + 3 * HOUR_MS)
  await seal()
  expect(around.lines).toHaveLength(1)
  expect(around.lines[0]).toMatchObject({
    level: 'info',
    message: 'sealed',
    function: 'seal',
    sealed: [isoDate(FIRST), isoDate(FIRST + DAY_MS)],
    remaining: 0,
    newest: { key: sealKey(isoDate(FIRST + DAY_MS)) },
    SealFailures: 0,
    Stack: 'wharfage-test',
  })
  await seal()
  expect(around.lines[1]).toMatchObject({ level: 'info', message: 'nothing to seal', sealed: [], SealFailures: 0 })
})

test('a long history that there is no time to seal at once is sealed in several runs, none of them cut off', async () => {
  const store = memoryStore()
  await writeHours(store, 5 * 24 + 1)
  const { around, seal } = sealing(store, FIRST + 5 * DAY_MS + 3 * HOUR_MS)
  for (let run = 0; run < 3; run++) {
    let left = 300_000
    await seal(() => {
      left -= 90_000 // of which the run itself asks once, and each day
      return left
    })
  }
  expect(around.lines.map(({ sealed, remaining }) => [(sealed as string[]).length, remaining])).toEqual([
    [2, 3],
    [2, 1],
    [1, 0],
  ])
})

test('with a key the seals are signed, and the line says which', async () => {
  const store = memoryStore()
  await writeHours(store, 50)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const signer = {
    publicKey: publicKeyOf(publicKey, 'x'),
    sign: async (bytes: Uint8Array) => sign(null, bytes, privateKey),
  }
  const { around, seal } = sealing(store, FIRST + 2 * DAY_MS + 3 * HOUR_MS, signer)
  await seal()
  const dates = ['2026-11-20', '2026-11-21']
  expect(around.lines).toMatchObject([{ sealed: dates, signed: dates, SealFailures: 0 }])
  expect((await verifyStoredSignatures(store, [signer.publicKey])).problems).toEqual([])
})

test('a chain that does not hold fails the function, with what was sealed all the same in its line', async () => {
  const store = memoryStore()
  await writeHours(store, 50)
  await store.put(rollupKey('mesh', FIRST + 5 * HOUR_MS), Buffer.from('altered'), 'always')
  const { around, seal } = sealing(store, FIRST + 2 * DAY_MS + 3 * HOUR_MS)
  await expect(seal()).rejects.toThrow('run "verify"')
  expect(around.lines).toMatchObject([
    { level: 'error', message: 'seal failed', error: expect.stringContaining('mesh'), SealFailures: 1 },
  ])
  expect(around.lines[0]).toHaveProperty('sealed')
  expect(around.raw[0]).not.toMatch(/[\r\n]/)
})

test('a store that cannot be reached fails the function with its metric', async () => {
  const broken: Store = {
    ...memoryStore(),
    list: async () => {
      throw new Error('cannot list s3://ledger/seals/: AccessDenied; allow this role s3:ListBucket')
    },
  }
  const { around, seal } = sealing(broken, FIRST)
  await expect(seal()).rejects.toThrow('AccessDenied')
  expect(around.lines).toMatchObject([{ level: 'error', message: 'seal failed', SealFailures: 1 }])
})

test('the ledger lies in the deployment’s bucket, and a seal is kept there for as long as its retention says', async () => {
  const aws = await startAws()
  const root = taskRoot([simulatedTarget()], { retention: { days: 365, mode: 'governance' } })
  try {
    Object.assign(process.env, aws.env)
    aws.createBucket('ledger', { objectLock: true })
    await writeHours(s3Store({ client: s3Client(), bucket: 'ledger', prefix: 'mesh-egress' }), 24)
    const around = observedSurroundings(FIRST + DAY_MS + 3 * HOUR_MS, { LAMBDA_TASK_ROOT: root })
    await makeHandler({ env: around.env, write: around.write, now: around.now })(EVENT, invocationContext())
    const put = aws.requests.find(({ key }) => key.startsWith('mesh-egress/seals/') && key.endsWith('seal.json'))
    expect(put).toMatchObject({ operation: 'PutObject', key: `mesh-egress/${sealKey(isoDate(FIRST))}`, status: 200 })
    expect(put?.headers['x-amz-object-lock-mode']).toBe('GOVERNANCE')
    expect(put?.headers['if-none-match']).toBe('*')
  } finally {
    rmSync(root, { recursive: true })
    await aws.close()
  }
})

test('a package without its deployment is told in a sentence', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'wharfage-task-'))
  const around = observedSurroundings(FIRST, { LAMBDA_TASK_ROOT: empty })
  const handler = makeHandler({ env: around.env, write: around.write, now: around.now })
  await expect(handler(EVENT, invocationContext())).rejects.toThrow('deployment.json cannot be read')
  expect(around.lines).toMatchObject([{ level: 'error', SealFailures: 1 }])
  rmSync(empty, { recursive: true })
})
