/**
 * Golden cases: test/readiness/<case>/ holds what was called on which days (case.yaml), Istio's manifests in force where
 * there are any (manifests.yaml), what must be said of it (expected.txt), and the manifests that must be drafted (drafts/).
 *
 * UPDATE_GOLDEN=1 writes what is expected anew; read every line of the difference before you keep it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type ManifestFile, manifestFiles } from '#core/readiness/manifest.ts'
import type { Totals } from '#core/report.ts'
import { type NamespaceReadiness, type ReadinessReport, readinessReport } from '#core/reports/readiness.ts'
import { inputOf, readCase } from './readiness-case.ts'

const folder = join(import.meta.dirname, 'readiness')

for (const name of readdirSync(folder).sort()) {
  const path = join(folder, name)
  const of = readCase(path)
  test(`golden ${name}: ${of.title}`, async () => {
    const report = readinessReport(await inputOf(of, path))
    const files = manifestFiles(report.namespaces)
    if (process.env.UPDATE_GOLDEN === '1') update(path, describeReport(report), files)
    expect(describeReport(report)).toBe(readFileSync(join(path, 'expected.txt'), 'utf8'))
    expect(files).toEqual(draftsIn(join(path, 'drafts')))
  })
}

function describeReport({ from, through, observedDays, namespaces }: ReadinessReport): string {
  return [`${from} through ${through}, ${observedDays} observed\n`, ...namespaces.map(describeNamespace)].join('')
}

function describeNamespace(of: NamespaceReadiness): string {
  const { allowed, blocked, unresolved } = of.simulated
  return [
    `\n${of.target} ${of.namespace}: ${of.readiness}, mode ${of.outboundMode}, ${of.declared} declared, ${of.breaking.length} breaking`,
    `  ${of.sentence}`,
    `  stable since ${of.stableSince}, ${of.stableDays} days; ${of.observedDays} observed`,
    ...of.breaking.map(
      ({ host, protocols, ports, workloads, first, last, totals, isDraftable, why }) =>
        `  ${isDraftable ? '+' : '!'} ${host || '(unknown)'} ${[...protocols, ...ports].join(' ')}, ${workloads} workloads, ${first} to ${last}, ${figures(totals)}\n    ${why}`,
    ),
    ...of.manifests.map(({ purpose, kind, namespace, name }) => `  ${purpose}: ${kind} ${namespace}/${name}`),
    ...of.notes.map((note) => `  note: ${note}`),
    `  simulated: allowed ${figures(allowed)}; blocked ${figures(blocked)}; unresolved ${figures(unresolved)}\n`,
  ].join('\n')
}

function figures({ requests, connections, egressBytes }: Totals): string {
  return `${requests} requests, ${connections} connections, ${egressBytes} B`
}

function draftsIn(path: string): ManifestFile[] {
  if (!existsSync(path)) return []
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(path, file), text: readFileSync(file, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function update(path: string, text: string, files: readonly ManifestFile[]): void {
  writeFileSync(join(path, 'expected.txt'), text)
  rmSync(join(path, 'drafts'), { recursive: true, force: true })
  for (const file of files) {
    mkdirSync(dirname(join(path, 'drafts', file.path)), { recursive: true })
    writeFileSync(join(path, 'drafts', file.path), file.text)
  }
}
