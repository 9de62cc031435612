/** Text files: what beside its tables can be downloaded from a page. */
import { manifestsFile } from '#core/addresses.ts'
import { manifestFile, type Purpose } from '#core/readiness/manifest.ts'
import type { PageReport } from '#core/report.ts'
import type { AnyReport } from '#core/tables.ts'

export interface TextFile {
  file: string // beside the page
  title: string
  text: string
  rows: number // documents in it
}

/** Namespaces whose manifests are told on the page of readiness and lie beside it; its JSON holds all. */
export const NAMESPACES_AT_MOST = 40

const PURPOSES: Record<Purpose, string> = {
  allow: 'Manifests that allow what is used',
  encrypt: 'Manifests that originate TLS',
  scope: 'Manifests that lock the namespace',
}

/** The text files of a report: of the page of readiness the manifests of each namespace, a file for each purpose. */
export function textFilesOf(page: PageReport): TextFile[] {
  const report = page as AnyReport
  if (report.page !== 'readiness') return []
  const drafted = report.namespaces.filter(({ manifests }) => manifests.length > 0).slice(0, NAMESPACES_AT_MOST)
  return drafted.flatMap(({ target, namespace, manifests }) =>
    Object.entries(PURPOSES).flatMap(([purpose, title]): TextFile[] => {
      const of = manifests.filter((manifest) => manifest.purpose === purpose)
      if (of.length === 0) return []
      const text = of.map((manifest) => manifestFile(target, manifest).text).join('---\n')
      return [{ file: manifestsFile(target, namespace, purpose), title, text, rows: of.length }]
    }),
  )
}
