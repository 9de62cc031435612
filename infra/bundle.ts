/** Bundles: each function of the stack and all that it imports, as one file, with the licences of what is in it. */
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

export const FUNCTIONS = ['dispatch', 'scrape', 'publish', 'seal'] as const

export type FunctionName = (typeof FUNCTIONS)[number]

export interface Bundle {
  code: Uint8Array // of index.cjs, which exports `handler`
  licences: string // of every package with code in it, each text once
  inputs: Record<string, number> // bytes in the bundle by source file, relative to the checkout
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Bundles `functions/<name>.ts`; throws with the bundler's own words when it cannot. The same sources give the same bytes. */
export async function bundle(name: FunctionName): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join('functions', `${name}.ts`)],
    absWorkingDir: ROOT,
    outfile: 'index.cjs',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // Modules first: what is not imported from them is left out.
    mainFields: ['module', 'main'],
    minify: true,
    // Licences stand beside the code, whole; without source maps names are all that a stack trace has.
    legalComments: 'none',
    keepNames: true,
    charset: 'utf8',
    alias: { '@aws-sdk/credential-provider-node': join(ROOT, 'infra', 'lambda-credentials.ts') },
    // What reads import.meta does so when it is called, and is not called in a function.
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'silent',
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output.inputs).map(([path, { bytesInOutput }]): [string, number] => [
    path,
    bytesInOutput,
  ])
  return {
    code: outputFiles[0].contents,
    licences: await licencesOf(packagesOf(metafile)),
    inputs: Object.fromEntries(inputs.filter(([, bytes]) => bytes > 0)),
  }
}

/** What renders the pages, of many modules one: only what is used of each, and without its comments and spaces. */
export async function bundleServer(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    legalComments: 'none', // they stand in LICENSES.txt beside it
    keepNames: true,
    charset: 'utf8',
    logLevel: 'silent',
  })
  return outputFiles[0].contents
}

/** The folders of the packages that gave code to a bundle, relative to the checkout, sorted. */
function packagesOf({ outputs }: Metafile): string[] {
  const folders = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
      return folder === undefined || bytesInOutput === 0 ? [] : [folder]
    }),
  )
  return [...new Set(folders)].sort()
}

/** Names and versions of packages under the text of their licence; many share one. */
async function licencesOf(folders: readonly string[]): Promise<string> {
  const packagesByText = new Map<string, string[]>()
  for (const folder of folders) {
    const dir = join(ROOT, folder.replaceAll('/', sep))
    const { name, version, license } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'))
    const file = (await readdir(dir)).sort().find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
    const text = file === undefined ? `${license}` : (await readFile(join(dir, file), 'utf8')).trim()
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version}`])
  }
  const parts = [...packagesByText].map(([text, packages]) => `${packages.join('\n')}\n\n${text}\n`)
  return parts.join(`\n${'-'.repeat(80)}\n\n`)
}
