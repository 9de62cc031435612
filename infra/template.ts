/** The template: made by the framework from serverless.yml, offline and without credentials, and the same each time. */
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const FRAMEWORK = join(dirname(createRequire(import.meta.url).resolve('serverless/package.json')), 'bin/serverless.js')

/** Where the framework leaves what it makes, below the folder of serverless.yml. */
export const TEMPLATE_FILE = '.serverless/cloudformation-template-update-stack.json'
const STATE_FILE = '.serverless/serverless-state.json'

/**
 * Packages the stack whose serverless.yml lies in `dir`, under the name of a release. Throws with the framework's own
 * last words when it fails.
 */
export async function makeTemplate(dir: string, release: string): Promise<void> {
  // Of the environment only what starts a process: neither a profile nor a setting of somebody's shell changes a template.
  const { PATH, HOME } = process.env
  await framework(['package'], {
    cwd: dir,
    env: { PATH, HOME, SLS_INTERACTIVE_SETUP_ENABLE: '0', CI: '1' },
    quiet: true,
  })
  await nameByContent(dir, release)
}

/** Deploys what `makeTemplate` has packaged in `dir`, with the credentials of the environment. */
export async function deployStack(dir: string): Promise<void> {
  await framework(['deploy', '--package', '.serverless'], { cwd: dir, env: process.env, quiet: false })
}

/**
 * The framework names the folder of a deployment by the clock. Named by its content the template says what it deploys,
 * and deploying the same again changes nothing.
 */
async function nameByContent(dir: string, release: string): Promise<void> {
  const state = await readFile(join(dir, STATE_FILE), 'utf8')
  const folder: string = JSON.parse(state).package.artifactDirectoryName
  const named = folder.replace(/[^/]+$/, release)
  for (const file of [STATE_FILE, TEMPLATE_FILE]) {
    const text = await readFile(join(dir, file), 'utf8')
    await writeFile(join(dir, file), text.replaceAll(folder, named))
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
