import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ChainProblem } from '#core/chain.ts'
import { sha256 } from '#core/hash.ts'
import { decodeSeal } from '#core/seal.ts'
import type { HeldSeal, SealsState } from '#core/seal-chain.ts'
import { isoHour } from '#core/time.ts'
import type { Config } from '../config.ts'
import { type Verified, verifyLedger, verifySeals } from '../stage/verify.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  JSON_OPTION,
  noWords,
  storeOf,
  TARGET_OPTION,
  UsageError,
} from './command.ts'

export const verify: Command = {
  name: 'verify',
  summary: 'walk the chain of rollups and the seals; fails when anything is missing, altered or moved',
  usage: '[--target NAME] [--seal SHA256|FILE] [--json] [--config FILE]',
  help: [
    'Reads every rollup, checks its SHA-256 against what its successor says, its place in the chain, and that it says it',
    'is of the target and hour under which it lies. An hour that nobody observed has a rollup that says so: a gap is no',
    'problem of the chain and is counted apart.',
    '',
    'Seals are walked as well, and every rollup they name is held against them. Who can write the whole store can write a',
    'new history with new seals: only a seal that was kept elsewhere tells. Give its SHA-256, or the file, with --seal.',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    ...TARGET_OPTION,
    seal: { type: 'string', value: 'SHA256|FILE', help: 'a seal that was kept elsewhere and must be among those here' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    noWords(words)
    const config = await configOf(values, terminal)
    const only = values.target as string | undefined
    const held = values.seal === undefined ? null : await heldSeal(String(values.seal), terminal.cwd)
    const { sound, ...seals } = await verifySeals(storeOf(config), held)
    const progress = (read: number, of: number) => {
      if (read % 100 === 0 || read === of) terminal.progress(`read ${read} of ${of} rollups`)
    }
    const targets = await verifyLedger(storeOf(config), only, progress, sound)
    if (only !== undefined && targets.length === 0) throw new UsageError(`the store has no target "${only}"`)
    if (values.json === true) await terminal.out(`${JSON.stringify({ targets, seals })}\n`)
    else {
      const lines = [...targets.map(describe), ...absentTargets(config, targets, only), describeSeals(seals)]
      await terminal.out(lines.join(''))
    }
    return [...targets, seals].some(({ problems }) => problems.length > 0) ? 1 : 0
  },
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

/** Configured targets the store knows nothing of: new ones, or all of them when it is another store than was meant. */
function absentTargets({ targets, path }: Config, results: readonly Verified[], only: string | undefined): string[] {
  return targets
    .filter(({ name }) => (only ?? name) === name && !results.some(({ target }) => target === name))
    .map(({ name }) => `${name}: nothing yet: neither a checkpoint nor a rollup in the store of ${path}\n`)
}

function describe({
  target,
  first,
  last,
  rollups,
  gapHours,
  pendingRollups,
  head,
  hasCheckpoint,
  sealedThrough,
  problems,
}: Verified): string {
  const span =
    first === null || last === null ? 'no rollups yet' : `${rollups} rollups from ${isoHour(first)} to ${isoHour(last)}`
  return lines(target, problems, [
    span,
    gapHours > 0 ? `${gapHours} hours nobody observed` : '',
    pendingRollups > 0 ? `${pendingRollups} not written yet` : '',
    sealedThrough === null ? 'not sealed yet' : `sealed through ${sealedThrough}`,
    head === null ? '' : `head ${head.number} ${head.sha256}`,
    hasCheckpoint ? '' : 'no checkpoint, so newer ones may be missing',
  ])
}

function describeSeals({ first, last, seals, head, held, problems }: SealsState): string {
  return lines('seals', problems, [
    first === null || last === null ? 'none yet' : `${seals} days from ${first} through ${last}`,
    held === null ? '' : `the one you hold is that of ${held}`,
    head === null ? '' : `newest ${head.sha256}`,
  ])
}

function lines(name: string, problems: readonly ChainProblem[], facts: readonly string[]): string {
  const verdict = problems.length === 0 ? 'whole' : `${problems.length} problems`
  const told = problems.map(({ kind, key, message }) => `  ${kind.padEnd(8)} ${key}: ${message}\n`)
  return `${name}: ${verdict}: ${facts.filter((fact) => fact !== '').join(', ')}\n${told.join('')}`
}
