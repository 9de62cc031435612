/** Rendering: one page, with what can be downloaded from it, written into a site's store. */
import { formatCsv } from '#core/csv.ts'
import { sha256 } from '#core/hash.ts'
import type { Download, PageReport } from '#core/report.ts'
import { tablesOf } from '#core/tables.ts'
import { textFilesOf } from '#core/text-files.ts'
import type { Site } from '../pages.ts'

export interface Rendering {
  site: Site
  write(key: string, bytes: Uint8Array): Promise<string> // into the site, whatever is there; gives the etag it got
}

/**
 * Writes the page at an address below the site's root, its downloads before it, and gives the etag of each file and what
 * the page leads to. Downloads that its report names already are there.
 */
export async function renderPage(
  { site, write }: Rendering,
  address: string,
  report: PageReport,
): Promise<{ files: Record<string, string>; downloads: Download[] }> {
  const files: Record<string, string> = {}
  const writeFile = async (file: string, bytes: Uint8Array) => {
    files[address + file] = await write(address + file, bytes)
  }
  const { downloads, beside } = downloadsOf(report)
  const page = await site.render(`/${address}`, { ...report, downloads })
  await Promise.all(beside.map(({ file, bytes }) => writeFile(file, bytes)))
  await writeFile('index.html', page)
  return { files, downloads }
}

/** What can be downloaded from a page: what its report names already, its tables and texts, and the report itself with all but itself. */
export function downloadsOf(report: PageReport): {
  downloads: Download[]
  beside: { file: string; bytes: Uint8Array }[] // those that are written with the page
} {
  const tables = tablesOf(report).map(({ file, title, columns, rows }) => {
    const bytes = Buffer.from(formatCsv(columns, rows))
    return { file, bytes, about: describe(file, title, bytes, rows.length) }
  })
  const texts = textFilesOf(report).map(({ file, title, text, rows }) => {
    const bytes = Buffer.from(text)
    return { file, bytes, about: describe(file, title, bytes, rows) }
  })
  const written = [...tables, ...texts]
  const data = { ...report, downloads: [...report.downloads, ...written.map(({ about }) => about)] }
  const json = Buffer.from(`${JSON.stringify(data, null, 1)}\n`)
  return {
    downloads: [...data.downloads, describe('report.json', 'This page as data', json, 1)],
    beside: [...written.map(({ file, bytes }) => ({ file, bytes })), { file: 'report.json', bytes: json }],
  }
}

/** What a page says of a file beside it. */
export function describe(file: string, title: string, bytes: Uint8Array, rows: number): Download {
  return { file, title, rows, size: bytes.length, sha256: sha256(bytes) }
}
