import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AstroConfig, AstroIntegration } from 'astro'

/** The Astro adapter whose server is our own publish stage: it renders a page from a report and writes the bytes to a store. */
export function publishAdapter(): AstroIntegration {
  let config: AstroConfig
  return {
    name: 'wharfage-publish',
    hooks: {
      'astro:config:done': ({ setAdapter, config: resolved }) => {
        config = resolved
        setAdapter({
          name: 'wharfage-publish',
          entrypointResolution: 'auto',
          serverEntrypoint: new URL('./entry.ts', import.meta.url),
          supportedAstroFeatures: { serverOutput: 'stable', staticOutput: 'stable' },
        })
      },
      'astro:build:done': () => forgetFolders(config),
    },
  }
}

/**
 * Astro writes the folders of a build into the server's code, where nothing reads them. Without them the same sources
 * give the same bytes in every checkout, and publishing from another one renders nothing again.
 */
async function forgetFolders({ root, outDir, build }: AstroConfig): Promise<void> {
  const known: [folder: URL, name: string][] = [
    [outDir, '/site/dist/'],
    [new URL('..', root), '/'],
  ]
  const server = fileURLToPath(build.server)
  for (const entry of await readdir(server, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    let code = await readFile(path, 'utf8')
    for (const [folder, name] of known) {
      // As a URL, where some characters are escaped, and as a path; each where a text begins, and never inside an expression.
      for (const spelling of [folder.href, fileURLToPath(folder)])
        code = code.replaceAll(`"${spelling}`, `"${spelling.startsWith('file:') ? 'file://' : ''}${name}`)
    }
    await writeFile(path, code)
  }
}
