/**
 * Packaging: from wharfage.yaml to what is deployed. Checks the configuration, builds the pages' code, bundles and zips
 * each function with what it needs to know, and makes the template. Works offline and without credentials; the same
 * sources and configuration give the same bytes in every checkout.
 */
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { check } from '../functions/command/check.ts'
import { type Config, ConfigError, loadConfig } from '../functions/config.ts'
import { DEPLOYMENT_FILE } from '../functions/deployment.ts'
import { buildSite } from '../functions/site-build.ts'
import { alarms } from './alarms.ts'
import { athena, savedQueries } from './athena.ts'
import { bundle, bundleServer, FUNCTIONS, type FunctionName } from './bundle.ts'
import { type AwsConfig, unmetRequirements } from './requirements.ts'
import { roles } from './roles.ts'
import { deploymentOf, type Stack, stackOf, unreadable } from './stack.ts'
import { deployStack, discardTemplate, makeTemplate } from './template.ts'
import { zip } from './zip.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BUILT_SITE = join(ROOT, 'site', 'dist')

export interface PackageOptions {
  config: string // path of the configuration
  out?: string // folder that gets build/ and .serverless/; the checkout unless given
  say?: (line: string) => void
}

export interface PackagedFunction {
  name: FunctionName
  path: string // of the zip
  size: number // of the zip, bytes
  sha256: string // of the zip, hex
}

/** The configuration cannot be packaged: everything that stands against it and the files it names, line by line. */
export class RequirementsError extends Error {}

/**
 * Packages the stack of a configuration into `out`: `build/<name>.zip` with its content beside it in `build/<name>/`,
 * and the template in `.serverless/`, which is there when all has been done and not before. Throws ConfigError or
 * RequirementsError with all that is wrong.
 */
export async function packageStack({
  config: path,
  out = ROOT,
  say = () => {},
}: PackageOptions): Promise<PackagedFunction[]> {
  // What an earlier run made is never deployed in place of what fails now: without these the framework refuses.
  await discardTemplate(out)
  await rm(join(out, 'build', 'stack.json'), { force: true })
  const config = await requireAws(await loadConfig(path))
  const stack = await stackOf(config)
  const build = join(out, 'build')
  await buildSite(say)
  const packaged: PackagedFunction[] = []
  for (const name of FUNCTIONS) {
    say(`bundling ${name}`)
    packaged.push(await packageFunction(name, config, build))
  }
  if (stack.data === 'data-existing')
    say(`bucket ${stack.bucket} is not touched; infra/data-existing.yml says what it needs`)
  await writeResources(config, stack, build)
  if (resolve(out) !== resolve(ROOT)) {
    for (const source of ['serverless.yml', 'infra'])
      await cp(join(ROOT, source), join(out, source), { recursive: true })
  }
  say('making the template')
  await makeTemplate(out, sha256(packaged.map(({ name, sha256 }) => `${name} ${sha256}\n`).join('')).slice(0, 32))
  return packaged
}

async function requireAws(config: Config): Promise<AwsConfig> {
  const mistakes = await mistakesIn(config)
  const problems = [...unmetRequirements(config), ...(await unreadable(config))]
  if (mistakes.length === 0 && problems.length === 0) return config as AwsConfig
  const count = problems.length === 1 ? 'a requirement' : `${problems.length} requirements`
  const missed = problems.length === 0 ? [] : [`configuration ${config.path} misses ${count} of AWS:`]
  throw new RequirementsError([...mistakes, ...missed, ...problems.map((problem) => `  ${problem}`)].join('\n'))
}

/** What the command `check` has against the files that a configuration names, which are packaged as they are now. */
async function mistakesIn({ path }: Config): Promise<string[]> {
  const said: string[] = []
  const { signal: stop } = new AbortController()
  const terminal = { out: async () => {}, say: (line: string) => said.push(line), progress: () => {}, stop, cwd: ROOT }
  return (await check.run({ config: path }, [], terminal)) === 0 ? [] : said
}

async function packageFunction(name: FunctionName, config: AwsConfig, build: string): Promise<PackagedFunction> {
  const { code, licences } = await bundle(name)
  const { deployment, certificates } = await deploymentOf(config, name)
  const files = new Map<string, Uint8Array>([
    ['index.cjs', code],
    ['LICENSES', Buffer.from(licences)],
    [DEPLOYMENT_FILE, Buffer.from(`${JSON.stringify(deployment, null, 1)}\n`)],
    ...certificates,
    ...(name === 'publish' ? await pagesOf(BUILT_SITE) : []),
  ])
  const folder = join(build, name)
  await rm(folder, { recursive: true, force: true })
  for (const [file, bytes] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), bytes)
  }
  const zipped = zip(files)
  const path = `${folder}.zip`
  await writeFile(path, zipped)
  return { name, path, size: zipped.length, sha256: sha256(zipped) }
}

/** What serverless.yml includes and a person does not write. */
async function writeResources(config: AwsConfig, stack: Stack, build: string): Promise<void> {
  const targets = config.targets.map(({ name }) => name)
  const files = {
    'roles.json': { Resources: roles(stack) },
    'alarms.json': { Resources: alarms(config.aws, config.targets) },
    'athena.json': { Resources: athena({ stack: stack.name, ...config.store, targets }, savedQueries()) },
    'stack.json': stack, // last, since without it the framework reads none of the others
  }
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(build, file), `${JSON.stringify(content, null, 1)}\n`)
  }
}

/** The built site as it is packed: what renders the pages in one module, what is published as it is. */
async function pagesOf(dir: string): Promise<[path: string, bytes: Uint8Array][]> {
  const files = (await readFolder(dir, 'site')).filter(([path]) => !/^site\/server\/.*\.mjs$/.test(path))
  return [...files, ['site/server/entry.mjs', await bundleServer(join(dir, 'server', 'entry.mjs'))]]
}

/** Every file below a folder, by its path below `name`. */
async function readFolder(dir: string, name: string): Promise<[path: string, bytes: Uint8Array][]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name: file }): Promise<[string, Uint8Array]> => {
        const path = join(parentPath, file)
        return [name + path.slice(dir.length), await readFile(path)]
      }),
  )
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

const USAGE = `Usage: npm run package [-- --config FILE] [--out DIR]
       npm run deploy [-- --config FILE]

Packages the stack of a configuration (default: wharfage.yaml) into build/ and .serverless/, offline and without
credentials; deploy then brings it to AWS with the credentials of the environment.
`

/** Runs the command line; returns its exit code: 0 done, 1 failed, 2 wrong usage or configuration. */
async function main(args: string[]): Promise<number> {
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const cwd = process.env.INIT_CWD ?? process.cwd()
  try {
    const { values } = parseArgs({
      args,
      options: {
        config: { type: 'string', default: 'wharfage.yaml' },
        out: { type: 'string' },
        deploy: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(USAGE)
      return 0
    }
    const out = values.out === undefined ? ROOT : resolve(cwd, values.out)
    for (const { name, size, sha256 } of await packageStack({ config: resolve(cwd, values.config), out, say })) {
      process.stdout.write(`${name.padEnd(8)} ${String(size).padStart(8)} bytes  sha256 ${sha256}\n`)
    }
    if (values.deploy) await deployStack(out)
    return 0
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    say(message)
    const usage = code?.startsWith('ERR_PARSE_ARGS') === true
    if (usage) say(`\n${USAGE}`)
    return usage || error instanceof ConfigError || error instanceof RequirementsError ? 2 : 1
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
