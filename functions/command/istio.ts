import { resolve } from 'node:path'
import { type IstioChanges, istioChanges } from '#core/istio/changes.ts'
import type { IstioConfigs } from '#core/istio/config.ts'
import { compareText } from '#core/order.ts'
import { isoDate, parseDate } from '#core/time.ts'
import type { Config } from '../config.ts'
import { STANDARD_INPUT } from '../manifest-files.ts'
import { MANIFEST_KINDS, type ManifestSource, type Manifests, readManifests } from '../manifests.ts'
import { Declarations, recordDeclaration } from '../stage/declarations.ts'
import type { Store } from '../store/store.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  JSON_OPTION,
  storeOf,
  TARGET_OPTION,
  targetsOf,
  UsageError,
  type Values,
} from './command.ts'

const MAX_NAMED = 20 // resources of each target

interface Imported {
  from: string // YYYY-MM-DD: the first day on which it holds
  isNew: boolean // false: the same held on that day already
  key: string
  read: Manifests['read']
  skipped: number
  changes: IstioChanges[] // against what held on that day
}

export const istio: Command = {
  name: 'istio',
  summary: 'keep a snapshot of Istio’s configuration, by which the days from its date on are judged',
  usage: 'import [--from DATE] [--target NAME] [--json] [--config FILE] [PATH… | -]',
  help: [
    'Reads manifests from files, from folders with all below them, or with - from standard input, and keeps in the',
    'store what they say of egress: ServiceEntry, DestinationRule, VirtualService, Sidecar, Gateway and MeshConfig.',
    'Other kinds are passed over and counted. Without a path it reads what "istio:" in the configuration names, as',
    'publish does.',
    '',
    'A snapshot is the whole configuration of a target, or without --target that of all which have none of their own:',
    'what it does not hold is no longer declared. It holds from its date on, today unless given, until the next one.',
    'Nothing that was kept is ever changed. Mistakes are told all at once, and then nothing is kept.',
    '',
    'Examples:',
    '  kubectl get se,dr,vs,sidecars,gateways.networking.istio.io -A -o yaml > mesh.yaml',
    '  kubectl get configmap istio -n istio-system -o yaml > meshconfig.yaml',
    '  wharfage istio import --target prod-eu mesh.yaml meshconfig.yaml',
    '  wharfage istio import --from 2026-11-01 --target prod-eu manifests/prod-eu/',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    target: {
      ...TARGET_OPTION.target,
      help: 'whose configuration it is (default: of all that have none of their own)',
    },
    from: { type: 'string', value: 'DATE', help: 'the first day on which it holds (default: today, UTC)' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    const [verb, ...paths] = words
    if (verb !== 'import')
      throw new UsageError(verb === undefined ? 'say what to do: import' : `${show(verb)} is not import`)
    const from = dateOption(values)
    const config = await configOf(values, terminal)
    if (values.target !== undefined) targetsOf(config, values)
    const manifests = await readManifests(sourcesOf(config, values, paths, terminal.cwd))
    const { read, skipped, configs } = manifests
    if (Object.keys(configs).length === 0) {
      throw new UsageError(`nothing of Istio’s configuration is there to keep, but ${skipped} of other kinds`)
    }
    const imported = { ...(await keep(storeOf(config), configs, paths.length === 0, from)), read, skipped }
    await terminal.out(values.json === true ? `${JSON.stringify(imported)}\n` : describe(imported))
    if (config.istio.length > 0 && paths.length > 0) {
      terminal.say(
        `"istio:" in ${config.path} names files too: the next publish records those, and they hold from then on`,
      )
    }
    return 0
  },
}

/** Keeps a snapshot. What is not whole stands beside what held for other targets. */
async function keep(store: Store, configs: IstioConfigs, isWhole: boolean, from: string) {
  const held = await heldOn(store, from)
  const content = inOrder(isWhole ? configs : { ...held, ...configs })
  const { isNew, key } = await recordDeclaration(store, { kind: 'istio', content, from })
  return { from, isNew, key, changes: istioChanges(held, content) }
}

async function heldOn(store: Store, date: string): Promise<IstioConfigs | null> {
  const declarations = await Declarations.read(store)
  const { istio: link } = declarations.on(date)
  return link === null || link.isLater ? null : (await declarations.inForce(date)).istio
}

function inOrder(configs: IstioConfigs): IstioConfigs {
  return Object.fromEntries(Object.entries(configs).sort(([a], [b]) => compareText(a, b)))
}

function sourcesOf({ istio: named, path }: Config, values: Values, paths: string[], cwd: string): ManifestSource[] {
  const target = (values.target as string | undefined) ?? null
  if (paths.length === 0) {
    if (target !== null)
      throw new UsageError('--target is for paths; name the file or folder that holds its configuration')
    if (named.length === 0) throw new UsageError(`name files or folders of manifests, or "istio:" in ${path}`)
    return named
  }
  if (paths.filter((one) => one === STANDARD_INPUT).length > 1) throw new UsageError('- can be read once')
  return paths.map((one) => ({ path: one === STANDARD_INPUT ? one : resolve(cwd, one), target }))
}

function dateOption({ from }: Values): string {
  if (from === undefined) return isoDate(Date.now())
  try {
    parseDate(String(from))
  } catch (error) {
    throw new UsageError(`--from: ${(error as Error).message}`)
  }
  return String(from)
}

function describe({ from, isNew, key, read, skipped, changes }: Imported): string {
  const counts = MANIFEST_KINDS.filter((kind) => read[kind] > 0).map((kind) => `${read[kind]} ${kind}`)
  const lines = [`read ${counts.join(', ') || 'nothing'}; passed over ${skipped} of other kinds`]
  for (const { target, added, changed, removed } of changes) {
    const named = [
      ...added.map((name) => `  + ${name}`),
      ...changed.map((name) => `  ~ ${name}`),
      ...removed.map((name) => `  - ${name}`),
    ]
    const whose = target === '*' ? 'all targets without their own' : target
    lines.push(`${whose}: ${added.length} added, ${changed.length} changed, ${removed.length} removed`)
    lines.push(...named.slice(0, MAX_NAMED))
    if (named.length > MAX_NAMED) lines.push(`  and ${named.length - MAX_NAMED} more`)
  }
  lines.push(isNew ? `holds from ${from}: ${key}` : `the same holds on ${from} already: ${key}`)
  return `${lines.join('\n')}\n`
}

function show(word: string): string {
  return JSON.stringify(word.slice(0, 60))
}
