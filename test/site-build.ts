/** Builds the site for tests: as it is shipped, and as a plain static site of given pages for comparison. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PageReport } from '#core/report.ts'
import type { Site } from '../functions/pages.ts'

const run = promisify(execFile)
const projectDir = fileURLToPath(new URL('..', import.meta.url))
const builds: string[] = []
const quiet = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }

async function newFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'wharfage-site-'))
  builds.push(dir)
  return dir
}

/** Removes every folder that was made here. */
export async function removeBuilds(): Promise<void> {
  await Promise.all(builds.splice(0).map((dir) => rm(dir, { recursive: true, force: true })))
}

/** Builds the site from its present sources into a new folder and returns that. */
export async function buildSite(): Promise<string> {
  const outDir = await newFolder()
  const astro = join(projectDir, 'node_modules/astro/bin/astro.mjs')
  await run(process.execPath, [astro, 'build', '--root', 'site', '--outDir', outDir], { cwd: projectDir, env: quiet })
  return outDir
}

/** Reports of pages by their addresses, as in #core/addresses.ts. */
export type Reports = Record<string, PageReport>

/** Lets Astro alone build the same pages as static files, without our adapter; returns their folder. */
export async function buildStaticSite(reports: Reports): Promise<string> {
  const outDir = await newFolder()
  const reportsFile = join(outDir, 'reports.json')
  await writeFile(reportsFile, JSON.stringify(reports))
  const script = fileURLToPath(new URL('static-site.ts', import.meta.url))
  await run(process.execPath, [script, reportsFile, join(outDir, 'site')], { cwd: projectDir, env: quiet })
  return join(outDir, 'site')
}

/** Writes a whole site into a new folder, as publishing does, and returns that. */
export async function writeSite(site: Site, reports: Reports): Promise<string> {
  const outDir = await newFolder()
  for (const { path, filePath } of site.assets()) {
    await mkdir(dirname(join(outDir, path)), { recursive: true })
    await copyFile(filePath, join(outDir, path))
  }
  for (const [address, report] of Object.entries(reports)) {
    await mkdir(join(outDir, address), { recursive: true })
    await writeFile(join(outDir, address, 'index.html'), await site.render(`/${address}`, report))
  }
  return outDir
}
