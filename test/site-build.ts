/** Builds the site for tests: as it is shipped, and as a plain static site of given pages for comparison. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { DayReport, IndexReport } from '#core/report.ts'
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

/** Lets Astro alone build the same pages as static files, without our adapter; returns their folder. */
export async function buildStaticSite(reports: { index: IndexReport; days: DayReport[] }): Promise<string> {
  const outDir = await newFolder()
  const reportsFile = join(outDir, 'reports.json')
  await writeFile(reportsFile, JSON.stringify(reports))
  const script = fileURLToPath(new URL('static-site.ts', import.meta.url))
  await run(process.execPath, [script, reportsFile, join(outDir, 'site')], { cwd: projectDir, env: quiet })
  return join(outDir, 'site')
}

/** Writes a whole site into a new folder, as publishing does, and returns that. */
export async function writeSite(site: Site, reports: { index: IndexReport; days: DayReport[] }): Promise<string> {
  const outDir = await newFolder()
  const write = async (path: string, bytes: Uint8Array) => {
    await mkdir(join(outDir, path), { recursive: true })
    await writeFile(join(outDir, path, 'index.html'), bytes)
  }
  for (const { path, filePath } of site.assets()) {
    await mkdir(dirname(join(outDir, path)), { recursive: true })
    await copyFile(filePath, join(outDir, path))
  }
  await write('.', await site.render('/', reports.index))
  for (const day of reports.days) await write(`days/${day.date}`, await site.render(`/days/${day.date}/`, day))
  return outDir
}
