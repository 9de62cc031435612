/** The template: made by the framework from serverless.yml, offline and without credentials, and the same each time. */
import { spawn } from 'node:child_process'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const FRAMEWORK = join(dirname(createRequire(import.meta.url).resolve('serverless/package.json')), 'bin/serverless.js')

/** What is deployed lies below the folder of serverless.yml: the template and the framework's state. */
const BUILT = '.serverless'
const BUILDING = '.serverless-building'

/** Takes away what was packaged in `dir`, so that a packaging that fails leaves nothing that could be deployed. */
export async function discardTemplate(dir: string): Promise<void> {
  for (const folder of [BUILT, BUILDING]) await rm(join(dir, folder), { recursive: true, force: true })
}

/**
 * Packages the stack whose serverless.yml lies in `dir`, under the name of a release: whole or not at all. Throws with
 * the framework's own last words when it fails.
 */
export async function makeTemplate(dir: string, release: string): Promise<void> {
  // Of the environment only what starts a process: neither a profile nor a setting of somebody's shell changes a template.
  const { PATH, HOME } = process.env
  await framework(['package', '--package', BUILDING], {
    cwd: dir,
    env: { PATH, HOME, SLS_INTERACTIVE_SETUP_ENABLE: '0', CI: '1' },
    quiet: true,
  })
  await nameByContent(join(dir, BUILDING), release)
  await rename(join(dir, BUILDING), join(dir, BUILT))
}

/** Deploys what `makeTemplate` has packaged in `dir`, with the credentials of the environment. */
export async function deployStack(dir: string): Promise<void> {
  await framework(['deploy', '--package', BUILT], { cwd: dir, env: process.env, quiet: false })
}

/**
 * The framework names the folder of a deployment by the clock. Named by its content the template says what it deploys,
 * and deploying the same again changes nothing.
 */
async function nameByContent(dir: string, release: string): Promise<void> {
  const files = ['serverless-state.json', 'cloudformation-template-update-stack.json'].map((file) => join(dir, file))
  const state = await readFile(files[0], 'utf8')
  const folder: string = JSON.parse(state).package.artifactDirectoryName
  const named = folder.replace(/[^/]+$/, release)
  for (const file of files) {
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replaceAll(folder, named))
  }
}

interface FrameworkRun {
  cwd: string
  env: NodeJS.ProcessEnv
  quiet: boolean // its talk is shown only when it fails
}

async function framework(args: string[], { cwd, env, quiet }: FrameworkRun): Promise<void> {
  const child = spawn(process.execPath, [FRAMEWORK, ...args], {
    cwd,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output = (output + chunk).slice(-4000)
    })
  }
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
  if (code !== 0) throw new Error(`serverless ${args[0]} failed (exit code ${code}):\n${output.trim()}`)
}
