import { isoHour } from '#core/time.ts'
import type { Config } from '../config.ts'
import { type Verified, verifyLedger } from '../stage/verify.ts'
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
  summary: 'walk the chain of rollups; fails when one is missing, altered or moved',
  usage: '[--target NAME] [--json] [--config FILE]',
  help: [
    'Reads every rollup, checks its SHA-256 against what its successor says, its place in the chain, and that it says it',
    'is of the target and hour under which it lies. An hour that nobody observed has a rollup that says so: a gap is no',
    'problem of the chain and is counted apart.',
  ].join('\n'),
  options: { ...CONFIG_OPTION, ...TARGET_OPTION, ...JSON_OPTION },
  async run(values, words, terminal) {
    noWords(words)
    const config = await configOf(values, terminal)
    const only = values.target as string | undefined
    const results = await verifyLedger(storeOf(config), only, (read, of) => {
      if (read % 100 === 0 || read === of) terminal.progress(`read ${read} of ${of} rollups`)
    })
    if (only !== undefined && results.length === 0) throw new UsageError(`the store has no target "${only}"`)
    if (values.json === true) await terminal.out(`${JSON.stringify(results)}\n`)
    else await terminal.out([...results.map(describe), ...absentTargets(config, results, only)].join(''))
    return results.some(({ problems }) => problems.length > 0) ? 1 : 0
  },
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
  problems,
}: Verified): string {
  const span =
    first === null || last === null ? 'no rollups yet' : `${rollups} rollups from ${isoHour(first)} to ${isoHour(last)}`
  const notes = [
    gapHours > 0 ? `${gapHours} hours nobody observed` : '',
    pendingRollups > 0 ? `${pendingRollups} not written yet` : '',
    head === null ? '' : `head ${head.number} ${head.sha256}`,
    hasCheckpoint ? '' : 'no checkpoint, so newer ones may be missing',
  ].filter((note) => note !== '')
  const verdict = problems.length === 0 ? 'whole' : `${problems.length} problems`
  const lines = problems.map(({ kind, key, message }) => `  ${kind.padEnd(8)} ${key}: ${message}\n`)
  return `${target}: ${verdict}: ${[span, ...notes].join(', ')}\n${lines.join('')}`
}
