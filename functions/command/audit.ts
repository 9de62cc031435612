import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { FrameworkName } from '#core/audit/audit.ts'
import { FRAMEWORKS } from '#core/audit/frameworks.ts'
import { drawDays } from '#core/audit/sample.ts'
import { DAY_MS, eachDay, isoDate, parseDate } from '#core/time.ts'
import { openSigner } from '../signing/open-signer.ts'
import { packAudit } from '../stage/audit.ts'
import { auditDays } from '../stage/audit-days.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  JSON_OPTION,
  noWords,
  numberOf,
  storeOf,
  type Terminal,
  UsageError,
  type Values,
} from './command.ts'

const NAMES = Object.keys(FRAMEWORKS) as FrameworkName[]
const YEARS_10 = 3653

export const audit: Command = {
  name: 'audit',
  summary: 'pack a span of days for an auditor, with all that proves it; or draw days by lot',
  usage: `--from DATE --to DATE --framework ${NAMES.join('|')} [--out FILE] | sample --seed TEXT [--days N] [--from DATE --to DATE]`,
  help: [
    'Writes one zip: a report mapped to the framework, made to be printed; every flow and what was judged of it; findings,',
    'exceptions, the register as it stood on each change, the coverage of every hour; and the records, seals, signatures and',
    'keys that prove them. Its README.md says how to verify it with this program, and with nothing but a shell and openssl.',
    'The span is half-open, whole UTC days: --to is not part of it. Every day must be sealed. The same ledger gives the same',
    'bytes. With "signing:" in the configuration the list of its files is signed, too.',
    '',
    'sample draws days, by default 25 of all that the ledger has: those whose SHA-256 of "SEED:YYYY-MM-DD" is smallest. Let the',
    'auditor name the seed; both sides then draw the same days, and neither can choose them. By hand, one day is',
    '  printf %s "SEED:2026-11-20" | sha256sum',
    '',
    'Examples:',
    '  wharfage audit --from 2026-07-01 --to 2026-10-01 --framework pci',
    '  wharfage audit sample --seed "Q3 2026, Jones & Co" --days 25 --from 2026-07-01 --to 2026-10-01',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    from: { type: 'string', value: 'DATE', help: 'first day, as 2026-07-01' },
    to: { type: 'string', value: 'DATE', help: 'end, exclusive' },
    framework: {
      type: 'string',
      value: 'NAME',
      help: NAMES.map((name) => `${name}: ${FRAMEWORKS[name].title}`).join('; '),
    },
    out: { type: 'string', value: 'FILE', help: 'the zip (default: wharfage-audit-FRAMEWORK-FROM-LASTDAY.zip, here)' },
    seed: { type: 'string', value: 'TEXT', help: 'of a sample: any text, named before the days are known' },
    days: { type: 'string', value: 'N', help: 'of a sample: how many (default: 25)' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    const [word, ...more] = words
    if (word === 'sample') {
      noWords(more)
      return sample(values, terminal)
    }
    noWords(words)
    return pack(values, terminal)
  },
}

async function pack(values: Values, terminal: Terminal): Promise<number> {
  for (const name of ['seed', 'days']) {
    if (values[name] !== undefined) throw new UsageError(`--${name} goes with "wharfage audit sample"`)
  }
  const framework = NAMES.find((name) => name === values.framework)
  if (framework === undefined) {
    const given = values.framework === undefined ? 'is missing' : `${JSON.stringify(values.framework)} is none`
    throw new UsageError(`--framework ${given}; say one of ${NAMES.join(', ')}`)
  }
  const span = spanOf(values)
  if (span === null) throw new UsageError('--from and --to are missing; say --from 2026-07-01 --to 2026-10-01')
  const config = await configOf(values, terminal)
  const signer = await openSigner(config.signing)
  const last = isoDate(parseDate(span.to) - DAY_MS)
  const path = resolve(terminal.cwd, String(values.out ?? `wharfage-audit-${framework}-${span.from}-${last}.zip`))
  const summary = await writeWhole(path, (write) =>
    packAudit(
      storeOf(config),
      {
        ...{ title: config.site.title, span, framework, signer },
        progress: (what, done, of) => {
          if (done % 20 === 0 || done === of) terminal.progress(`${what} ${done} of ${of} ${UNITS[what]}`)
        },
      },
      write,
    ),
  )
  if (values.json === true) {
    await terminal.out(`${JSON.stringify({ path, ...summary })}\n`)
    return 0
  }
  const { from, through, files, sha256, unsignedSeals, openFindings } = summary
  if (from > span.from) terminal.say(`the ledger begins on ${from}: of the days before it there is nothing`)
  if (unsignedSeals > 0)
    terminal.say(`${unsignedSeals} seals in it have no signature; "signing:" and "wharfage seal" add them`)
  if (openFindings > 0) terminal.say(`${openFindings} findings are open`)
  await terminal.out(`packed ${from} through ${through}: ${files} files\n${sha256}  ${path}\n`)
  return 0
}

const UNITS = { verified: 'rollups', judged: 'days', packed: 'files' }

/** Writes a file that appears when it is whole, and not before. */
async function writeWhole<T>(
  path: string,
  make: (write: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> {
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.part`)
  const file = await open(temporary, 'wx').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path} cannot be written (${error.code}); check the folder, and who may write there`)
  })
  try {
    let made: T
    try {
      made = await make(async (bytes) => void (await file.writeFile(bytes)))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    return made
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function sample(values: Values, terminal: Terminal): Promise<number> {
  for (const name of ['framework', 'out']) {
    if (values[name] !== undefined) throw new UsageError(`--${name} does not go with a sample`)
  }
  const { seed } = values
  if (seed === undefined || seed === '') throw new UsageError('--seed is missing; let the auditor name any text')
  const wanted = numberOf(values, 'days', { min: 1, max: YEARS_10 }) ?? 25
  const span = spanOf(values)
  const store = storeOf(await configOf(values, terminal))
  const known = await auditDays(store)
  const from = span?.from ?? known.from
  const to = span?.to ?? known.to
  if (from >= to) throw new Error('no day is sealed yet, so there is none to draw; run "wharfage seal"')
  const all = [...eachDay(parseDate(from), parseDate(to))].map(isoDate)
  const drawn = drawDays(all, String(seed), wanted)
  if (values.json === true) {
    await terminal.out(`${JSON.stringify({ seed, from, to, of: all.length, days: drawn })}\n`)
    return 0
  }
  terminal.say(
    `${drawn.length} of ${all.length} days from ${from} through ${all.at(-1)}, by the smallest SHA-256 of "${seed}:YYYY-MM-DD"`,
  )
  const unsealed = drawn.filter(({ date }) => date < known.from || date >= known.to)
  if (unsealed.length > 0) {
    terminal.say(`of ${unsealed.length} of them the ledger has no seal: ${unsealed.map(({ date }) => date).join(', ')}`)
  }
  terminal.say(
    'a day’s evidence: its rows of flows.csv, summary.csv and coverage.csv, its 24 rollups of each mesh, and its seal',
  )
  await terminal.out(drawn.map(({ date, lot, rank }) => `${date}  ${String(rank).padStart(4)}  ${lot}\n`).join(''))
  return 0
}

/** The span asked for; null when none is. */
function spanOf(values: Values): { from: string; to: string } | null {
  const ends = (['from', 'to'] as const).map((name) => {
    const text = values[name]
    if (text === undefined) return null
    try {
      return isoDate(parseDate(String(text)))
    } catch (error) {
      throw new UsageError(`--${name}: ${(error as Error).message}`)
    }
  })
  const [from, to] = ends
  if (from === null && to === null) return null
  if (from === null || to === null)
    throw new UsageError(`--${from === null ? 'from' : 'to'} is missing beside the other end`)
  if (to <= from) throw new UsageError(`--to ${to} is not after --from ${from}`)
  if (parseDate(to) - parseDate(from) > YEARS_10 * DAY_MS)
    throw new UsageError('more than ten years are no span to audit')
  return { from, to }
}
