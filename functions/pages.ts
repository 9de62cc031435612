/** Pages: loads the built site and renders a page from a report. Needs no Astro and no Vite at run time. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { PageReport } from '#core/report.ts'

export interface SiteAsset {
  path: string // relative to the site's root, '/' between folders
  filePath: string // where its bytes are
  immutable: boolean // its name holds a hash of its content, so it may be cached for ever
}

export interface Site {
  version: string // hex, 16 digits; of the build and the folder it was built in; pages of another version may look different
  /** The bytes of a page; throws unless the site has that page and renders it. */
  render(path: string, report: PageReport): Promise<Uint8Array>
  /** Scripts, styles, the icon and the page for what is not found; to be published before any page. */
  assets(): SiteAsset[]
}

type RenderEntry = (url: string, report: unknown) => Promise<Response>

/**
 * Loads the site built into `dir`, by default this checkout's; an error tells how to build it when it is missing or cut
 * short.
 */
export async function loadSite(dir = builtSite()): Promise<Site> {
  const client = join(dir, 'client')
  const files = await listFiles(dir)
  const entryPath = join(dir, 'server', 'entry.mjs')
  if (!files.includes(entryPath) || !files.some((file) => file.startsWith(client + sep)))
    throw new Error(`pages: no built site in ${dir}; run "npm run build"`)
  const entry: { render: RenderEntry } = await import(pathToFileURL(entryPath).href)
  const assets = files
    .filter((file) => file.startsWith(client + sep))
    .map((filePath) => {
      const path = relativePath(client, filePath)
      return { path, filePath, immutable: path.startsWith('_assets/') }
    })
  return {
    version: await versionOf(dir, files),
    assets: () => assets,
    async render(path, report) {
      const response = await entry.render(`http://site.invalid${path}`, report)
      if (response.status !== 200)
        throw new Error(`pages: ${path} rendered with status ${response.status}, not 200; see the error logged before`)
      return new Uint8Array(await response.arrayBuffer())
    },
  }
}

/** Asked only when needed: a bundled function has no url of its own, and is given its site's folder. */
function builtSite(): string {
  return fileURLToPath(new URL('../site/dist', import.meta.url))
}

/** Every file below dir, none when there is no such folder; sorted, so that the order is the same on every machine. */
async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

async function versionOf(dir: string, files: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) {
    const bytes = await readFile(file)
    hash.update(`${relativePath(dir, file)}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex').slice(0, 16)
}

function relativePath(dir: string, file: string): string {
  return file.slice(dir.length + 1).replaceAll(sep, '/')
}
