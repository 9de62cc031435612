import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { grouped, short } from '#core/figures.ts'
import { instructionsOf } from '#core/readiness/instructions.ts'
import { manifestFiles } from '#core/readiness/manifest.ts'
import {
  type NamespaceReadiness,
  READINESS_DAYS,
  type ReadinessDestination,
  type ReadinessReport,
  WINDOW_DAYS,
} from '#core/reports/readiness.ts'
import { shownLabel, spelledOut } from '#core/shown-label.ts'
import { clusterDomainsOf } from '#core/target.ts'
import { DAY_MS, parseDate } from '#core/time.ts'
import { loadDeclared } from '../declared.ts'
import { readReadiness } from '../stage/readiness.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  JSON_OPTION,
  noWords,
  numberOf,
  storeOf,
  TARGET_OPTION,
  targetsOf,
  UsageError,
} from './command.ts'

const MAX_DAYS = 92
const SHOWN_DESTINATIONS = 12 // of each namespace

export const readiness: Command = {
  name: 'readiness',
  summary: 'what REGISTRY_ONLY would break, and manifests to apply before',
  usage: '[--target NAME] [--namespace NAME] [--days N] [--window N] [--out DIR] [--json] [--config FILE]',
  help: [
    'Looks at the newest closed days of the ledger, and at Istio’s manifests where the configuration names them or some were',
    'recorded. For each namespace: what no ServiceEntry declares and would be cut off, what nobody can declare before',
    'somebody finds out what it is, and for how many observed days no new destination was met.',
    '',
    'With --out the drafted manifests are written as files into a folder that is not there yet or is empty: ServiceEntries',
    'to allow what is called, a Sidecar to lock each namespace, and, optional, what encrypts plaintext. Nothing is applied.',
    '',
    'Examples:',
    '  wharfage readiness',
    '  wharfage readiness --target prod-eu --namespace shop --out drafts',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    ...TARGET_OPTION,
    namespace: { type: 'string', value: 'NAME', help: 'only this namespace' },
    days: { type: 'string', value: 'N', help: `the newest closed days to look at (default: ${READINESS_DAYS})` },
    window: {
      type: 'string',
      value: 'N',
      help: `observed days without a new destination that make a namespace ready (default: ${WINDOW_DAYS})`,
    },
    out: { type: 'string', value: 'DIR', help: 'a folder to write the manifests into' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    noWords(words)
    const days = numberOf(values, 'days', { min: 1, max: MAX_DAYS }) ?? READINESS_DAYS
    const windowDays = numberOf(values, 'window', { min: 1, max: MAX_DAYS }) ?? WINDOW_DAYS
    const folder = values.out === undefined ? null : await newFolder(resolve(terminal.cwd, String(values.out)))
    const config = await configOf(values, terminal)
    const targets = targetsOf(config, values)
    const { istio } = await loadDeclared(config)
    const whole = await readReadiness(storeOf(config), {
      title: config.site.title,
      target: values.target as string | undefined,
      days,
      windowDays,
      istio,
      clusterDomains: clusterDomainsOf(targets),
      progress: (date) => terminal.progress(`reading ${date}`),
    })
    const report = onlyNamespace(whole, values.namespace as string | undefined)
    await terminal.out(values.json === true ? `${JSON.stringify(report)}\n` : describe(report))
    if (folder !== null) {
      const count = await writeManifests(folder, report)
      terminal.say(
        count === 0 ? 'nothing is to be drafted, so nothing was written' : `wrote ${count} manifests to ${folder}`,
      )
    }
    return 0
  },
}

function onlyNamespace(report: ReadinessReport, namespace: string | undefined): ReadinessReport {
  if (namespace === undefined) return report
  const namespaces = report.namespaces.filter((one) => one.namespace === namespace)
  if (namespaces.length > 0) return { ...report, namespaces }
  const known = [...new Set(report.namespaces.map((one) => shown(one.namespace)))].sort().join(', ')
  throw new UsageError(
    `--namespace ${JSON.stringify(namespace)}: nothing left it in these days; there are ${known || 'none'}`,
  )
}

function describe({ from, through, observedDays, windowDays, namespaces }: ReadinessReport): string {
  const days = (parseDate(through) - parseDate(from)) / DAY_MS + 1
  const rows = namespaces.map((one) => [
    shown(one.target),
    shown(one.namespace),
    one.readiness,
    one.outboundMode ?? 'not known',
    grouped(one.stableDays),
    grouped(one.breaking.length),
    grouped(one.declared),
  ])
  const head = ['target', 'namespace', 'readiness', 'mode', 'stable days', 'would break', 'declared']
  return [
    `${from} through ${through}: ${grouped(observedDays)} of ${grouped(days)} days observed whole; ${grouped(windowDays)} such days without `,
    `a new destination make a namespace ready\n\n`,
    ...(namespaces.length === 0 ? ['Nothing left in these days.\n'] : aligned([head, ...rows])),
    ...namespaces.flatMap((one) => describeNamespace(one, one.observedDays === days)),
  ].join('')
}

function describeNamespace(of: NamespaceReadiness, isWhole: boolean): string[] {
  const { target, namespace, sentence, breaking, notes } = of
  const more = breaking.length - SHOWN_DESTINATIONS
  return [
    `\n${shown(target)} ${shown(namespace)}: ${sentence}\n`,
    ...breaking.slice(0, SHOWN_DESTINATIONS).map((one) => describeDestination(one, isWhole)),
    ...(more > 0 ? [`  and ${grouped(more)} more; --json has them all\n`] : []),
    ...notes.map((note) => `  ${spelledOut(note)}\n`),
  ]
}

/** Of days that were not observed whole figures are lower bounds. */
function describeDestination({ host, ports, protocols, totals, why }: ReadinessDestination, isWhole: boolean): string {
  const { requests, connections, egressBytes } = totals
  const bound = isWhole ? '' : '≥ '
  const how = [...protocols, ...ports.map((port) => `:${port}`)].join(' ')
  const times = [
    ...(requests > 0 ? [`${bound}${grouped(requests)} requests`] : []),
    ...(connections > 0 ? [`${bound}${grouped(connections)} connections`] : []),
    `${bound}${short(egressBytes, 'bytes').replace('\u00a0', ' ')} out`,
  ]
  return `  ${shown(host)} (${how}; ${times.join(', ')}): ${spelledOut(why)}\n`
}

/** Columns of one width each, two spaces apart. */
function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)))
  return rows.map(
    (row) =>
      `${row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd()}\n`,
  )
}

function shown(label: string): string {
  return label === '' ? '(unknown)' : shownLabel(label).text
}

/** A folder to write into: one that is not there yet, or is empty. */
async function newFolder(folder: string): Promise<string> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new UsageError(`--out ${folder} is no folder that can be read (${error.code}); name a new one`)
  })
  if (there.length > 0) throw new UsageError(`--out ${folder} is not empty; name a new folder`)
  return folder
}

/** Writes a folder, whole or not at all; gives how many manifests there are. */
async function writeManifests(folder: string, report: ReadinessReport): Promise<number> {
  const files = manifestFiles(report.namespaces)
  if (files.length === 0) return 0
  const beside = `${folder}.${process.pid}.part`
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(join(beside, path)), { recursive: true })
      await writeFile(join(beside, path), text, { flag: 'wx' })
    }
    await writeFile(join(beside, 'README.md'), instructionsOf(report), { flag: 'wx' })
    await rename(beside, folder) // refused when something has come into the folder meanwhile
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`manifests cannot be written to ${folder} (${code ?? message}); nothing was`)
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
  return files.length
}
