/** Builds the site when its sources are newer than the last build; pages are rendered from the build, without Astro. */
import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BUILT = join(ROOT, 'site', 'dist', 'server', 'entry.mjs')
/** What a build is made of. */
const SOURCES = ['site', 'functions/core', 'package-lock.json']

/** Runs the build if it is due; throws one sentence with the build's own last words when it fails. */
export async function buildSite(say: (line: string) => void): Promise<void> {
  const built = await modified(BUILT)
  const newest = Math.max(...(await Promise.all(SOURCES.map((source) => newestIn(join(ROOT, source))))))
  if (built > newest) return
  say('building the site')
  const astro = join(dirname(createRequire(import.meta.url).resolve('astro/package.json')), 'bin', 'astro.mjs')
  const child = spawn(process.execPath, [astro, 'build', '--root', 'site'], {
    cwd: ROOT,
    env: buildEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-4000)
    })
  }
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`the site cannot be built (exit code ${code}):\n${output.trim()}`)
}

/**
 * Astro writes values of the environment into the code it builds, of every variable whose name occurs there: the build
 * gets none but what starts a process, so that it neither leaks one nor depends on somebody's shell.
 */
function buildEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, TMPDIR, NODE_ENV: 'production', ASTRO_TELEMETRY_DISABLED: '1' }
}

async function newestIn(path: string): Promise<number> {
  const stats = await stat(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  const skipped = new Set(['dist', 'node_modules', '.astro'])
  const names = (await readdir(path)).filter((name) => !skipped.has(name))
  return Math.max(0, ...(await Promise.all(names.map((name) => newestIn(join(path, name))))))
}

async function modified(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? 0
}

if (import.meta.main) await buildSite((line) => process.stderr.write(`${line}\n`))
