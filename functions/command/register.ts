import { existsSync } from 'node:fs'
import { link, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Edge } from '#core/edge.ts'
import { configOfTarget, type IstioConfigs } from '#core/istio/config.ts'
import { trafficLookup } from '#core/istio/traffic.ts'
import { formatDraft } from '#core/register/draft-text.ts'
import type { Register } from '#core/register/register.ts'
import { DAY_MS } from '#core/time.ts'
import type { Config } from '../config.ts'
import { readManifests } from '../manifests.ts'
import { loadRegister, parseRegister } from '../register-file.ts'
import { draftRegister } from '../stage/drafting.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  hourOption,
  numberOf,
  SPAN_OPTIONS,
  storeOf,
  TARGET_OPTION,
  targetsOf,
  UsageError,
  type Values,
} from './command.ts'

const DAYS = 30
const MAX_DAYS = 3660

export const register: Command = {
  name: 'register',
  summary: 'draft entries of the egress register for what was observed',
  usage: 'draft [--days N | --from DAY --to DAY] [--target NAME] [--out FILE] [--config FILE]',
  help: [
    'Writes an entry for each destination that something left for and that no entry of the present register is for: its',
    'ports and protocols as they were seen, the workloads that called it, and above it as a comment what is known of it.',
    'Owner, need and approval stay empty: a draft approves nothing. It goes to standard output, or to a file that is not',
    'there yet; `wharfage check` reads it once it is the register, or a part of it.',
    '',
    'Examples:',
    '  wharfage register draft --out register.yaml',
    '  wharfage register draft --days 7 --target prod-eu',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    ...TARGET_OPTION,
    days: { type: 'string', value: 'N', help: `the last days of the ledger (default: ${DAYS})` },
    from: { ...SPAN_OPTIONS.from, value: 'DAY', help: 'first day, as 2026-11-20' },
    to: { ...SPAN_OPTIONS.to, value: 'DAY' },
    out: { type: 'string', value: 'FILE', help: 'the file to write, which must not be there' },
  },
  async run(values, words, terminal) {
    if (words.length !== 1 || words[0] !== 'draft') {
      throw new UsageError(
        words.length === 0 ? 'say what to do: draft' : `${JSON.stringify(words.join(' '))} is not draft`,
      )
    }
    const span = spanOf(values)
    const config = await configOf(values, terminal)
    if (values.target !== undefined) targetsOf(config, values)
    const {
      entries,
      left,
      unnamed,
      span: drafted,
    } = await draftRegister(storeOf(config), {
      ...span,
      target: values.target as string | undefined,
      register: await presentRegister(config),
      isEgress: await egressBy(config),
      progress: (day) => terminal.progress(`reading ${day}`),
    })
    const text = formatDraft({ entries, left, unnamed }, drafted)
    // What could not be read back would be found by whoever has just filled it in.
    parseRegister(text, 'draft')
    if (values.out === undefined) await terminal.out(text)
    else await writeNew(resolve(terminal.cwd, String(values.out)), text)
    const count = entries.length === 1 ? 'an entry' : `${entries.length} entries`
    const more = left + unnamed === 0 ? '' : `; ${left + unnamed} destinations more are told of at its head`
    terminal.say(`drafted ${count} for what left from ${drafted.from} through ${drafted.through}${more}`)
    return 0
  },
}

/** Null, too, while the file that shall be the register is still to be written. */
async function presentRegister({ register }: Config): Promise<Register | null> {
  return register === null || !existsSync(register) ? null : loadRegister(register)
}

function spanOf(values: Values): { from: number | null; to: number | null; days: number } {
  const days = numberOf(values, 'days', { min: 1, max: MAX_DAYS })
  const [from, to] = [dayOption(values, 'from'), dayOption(values, 'to')]
  if (days !== null && from !== null) throw new UsageError('--days and --from say the same; keep one')
  if (from !== null && to !== null && to <= from) {
    throw new UsageError(`--to ${values.to} is not after --from ${values.from}`)
  }
  return { from, to, days: days ?? DAYS }
}

function dayOption(values: Values, name: 'from' | 'to'): number | null {
  const time = hourOption(values, name)
  if (time === null || time % DAY_MS === 0) return time
  throw new UsageError(`--${name} ${values[name]} is not the start of a day in UTC; an entry is drafted of whole days`)
}

async function egressBy({ istio }: Config): Promise<(edge: Edge) => boolean> {
  const configs: IstioConfigs = istio.length === 0 ? {} : (await readManifests(istio)).configs
  const lookups = new Map<string, ReturnType<typeof trafficLookup>>()
  return (edge) => {
    const lookup = lookups.get(edge.target) ?? trafficLookup(configOfTarget(configs, edge.target))
    lookups.set(edge.target, lookup)
    return lookup(edge).isEgress
  }
}

/** Writes a file that is not there: whole, or not at all. */
async function writeNew(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.part`
  try {
    await writeFile(beside, text, { flag: 'wx' })
    await link(beside, path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw new UsageError(`--out ${path} is there already; name a new file`)
    throw new Error(`draft ${path} cannot be written (${code ?? message})`)
  } finally {
    await rm(beside, { force: true })
  }
}
