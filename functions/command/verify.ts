import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { sha256 } from '#core/hash.ts'
import { type PublicKey, readPublicKey } from '#core/public-key.ts'
import { decodeSeal } from '#core/seal.ts'
import type { HeldSeal } from '#core/seal-chain.ts'
import { parseBucketUrl } from '../config-values.ts'
import { type Extent, verifyLedger, verifySeals } from '../stage/verify.ts'
import { verifyStoredSignatures } from '../stage/verify-signatures.ts'
import { verifyStoredVersions } from '../stage/verify-versions.ts'
import type { S3Store } from '../store/s3.ts'
import type { Store } from '../store/store.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  JSON_OPTION,
  noWords,
  storeOf,
  TARGET_OPTION,
  type Terminal,
  UsageError,
  type Values,
} from './command.ts'
import { absentTargets, describeSeals, describeSignatures, describeTarget, describeVersions } from './verdict.ts'

export const verify: Command = {
  name: 'verify',
  summary:
    'walk the chain of rollups, the seals and their signatures; fails when anything is missing, altered or moved',
  usage: '[--key FILE] [--seal SHA256|FILE] [--target NAME] [--store DIR [--part]] [--json] [--config FILE]',
  help: [
    'Reads every rollup, checks its SHA-256 against what its successor says, its place in the chain, and that it says it',
    'is of the target and hour under which it lies. An hour that nobody observed has a rollup that says so: a gap is no',
    'problem of the chain and is counted apart.',
    '',
    'Seals are walked as well, and every rollup they name is held against them. Who can write the whole store can write a',
    'new history with new seals: only what was kept elsewhere tells. That is the SHA-256 of a seal, or the file (--seal), or',
    'the public key that seals are signed with (--key): then each must have a signature by it. A file may hold several keys,',
    'one after another, such as the one before and the one since. Do not take them from the store that is to be verified.',
    '',
    'Of a bucket that keeps versions, all versions are looked at, too: what is written once has one, and none was deleted.',
    'That needs s3:ListBucketVersions beside s3:GetObject and s3:ListBucket.',
    '',
    'With --store a copy is verified without a configuration or a network: a folder with rollups/ and seals/ as they lie in',
    'the store. With --part it is a stretch of a ledger, such as an unpacked audit pack: what came before its oldest seal is',
    'taken at the word of that seal.',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    ...TARGET_OPTION,
    key: { type: 'string', value: 'FILE', help: 'public keys in PEM; every seal must be signed by one of them' },
    seal: { type: 'string', value: 'SHA256|FILE', help: 'a seal that was kept elsewhere and must be among those here' },
    store: {
      type: 'string',
      value: 'DIR',
      help: 'the folder, or s3://bucket/prefix, to verify, without a configuration',
    },
    part: { type: 'boolean', help: 'the folder begins with its oldest seal, and need not hold what came before' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    noWords(words)
    const only = values.target as string | undefined
    const extent: Extent = values.part === true ? 'part' : 'whole'
    if (extent === 'part' && values.store === undefined) throw new UsageError('--part goes with --store')
    const { location, retention, configured, path } = await placeOf(values, terminal)
    const keys = values.key === undefined ? null : await publicKeys(String(values.key), terminal.cwd)
    const held = values.seal === undefined ? null : await heldSeal(String(values.seal), terminal.cwd)

    const store = storeOf({ store: location, retention })
    const { sound, ...seals } = await verifySeals(store, held, extent)
    const signatures = await verifyStoredSignatures(store, keys)
    const versions = keepsVersions(store) ? await verifyStoredVersions(store) : null
    const progress = (read: number, of: number) => {
      if (read % 100 === 0 || read === of) terminal.progress(`read ${read} of ${of} rollups`)
    }
    const targets = await verifyLedger(store, only, progress, sound, extent)
    if (only !== undefined && targets.length === 0) throw new UsageError(`the store has no target "${only}"`)
    if (values.store !== undefined && targets.length === 0 && seals.seals === 0) {
      throw new UsageError(`--store ${values.store} holds no ledger: there are neither rollups/ nor seals/ in it`)
    }
    if (values.json === true) {
      const { byDate: _, ...told } = signatures
      await terminal.out(`${JSON.stringify({ targets, seals, signatures: told, versions })}\n`)
    } else {
      const lines = [
        ...targets.map(describeTarget),
        ...absentTargets(configured, targets, only).map(
          (name) => `${name}: nothing yet: neither a checkpoint nor a rollup in the store of ${path}\n`,
        ),
        describeSeals(seals, extent),
        describeSignatures(signatures),
        versions === null ? '' : describeVersions(versions),
      ]
      await terminal.out(lines.join(''))
    }
    const versionProblems = versions !== null && 'problems' in versions ? versions.problems : []
    const problems = [...targets, seals, signatures].flatMap((one): unknown[] => one.problems).concat(versionProblems)
    return problems.length > 0 ? 1 : 0
  },
}

function keepsVersions(store: Store): store is S3Store {
  return 'versions' in store
}

/** The store to verify, and what its configuration says it should hold; of --store nothing. */
async function placeOf(values: Values, terminal: Terminal) {
  if (values.store === undefined) {
    const { store: location, retention, targets, path } = await configOf(values, terminal)
    return { location, retention, configured: targets.map(({ name }) => name), path }
  }
  if (values.config !== undefined) throw new UsageError('--store and --config both name a store; give one of them')
  const given = String(values.store)
  const bucket = parseBucketUrl(given)
  const location =
    bucket === null
      ? ({ kind: 'folder', path: resolve(terminal.cwd, given) } as const)
      : ({ kind: 's3', ...bucket } as const)
  return { location, retention: null, configured: [], path: given }
}

const PEM = /-----BEGIN [^-]+-----[^-]*-----END [^-]+-----/g

/** The public keys in a file. */
async function publicKeys(given: string, cwd: string): Promise<PublicKey[]> {
  let text: string
  try {
    text = await readFile(resolve(cwd, given), 'utf8')
  } catch (error) {
    throw new UsageError(`--key ${given} cannot be read: ${(error as Error).message}`)
  }
  try {
    return (text.match(PEM) ?? [text]).map((pem) => readPublicKey(pem, `--key ${given}`))
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** What a person kept of a seal: its SHA-256 in hex, or the file itself. */
async function heldSeal(given: string, cwd: string): Promise<HeldSeal> {
  if (/^[0-9a-f]{64}$/i.test(given)) return { sha256: given.toLowerCase(), seal: null }
  const path = resolve(cwd, given)
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new UsageError(
      `--seal ${given} is no SHA-256 in hex, and no file that can be read: ${(error as Error).message}`,
    )
  }
  return { sha256: sha256(bytes), seal: decodeSeal(bytes, path) }
}
