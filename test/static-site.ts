/**
 * A plain static build of the site: `node static-site.ts REPORTS.json OUT_DIR`. Has no adapter and nothing of ours but
 * the sources; the reports, by their pages' addresses, come in by a middleware, and the paths to build from the addresses.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'astro'
import config from '../site/astro.config.ts'

const [reportsFile, outDir] = process.argv.slice(2)
const addresses = Object.keys(JSON.parse(await readFile(reportsFile, 'utf8')))

const middleware = join(dirname(reportsFile), 'give-report.mjs')
await writeFile(
  middleware,
  `import { readFileSync } from 'node:fs'
  const reports = JSON.parse(readFileSync(${JSON.stringify(reportsFile)}, 'utf8'))
  export const onRequest = (context, next) => {
    context.locals.report = reports[context.url.pathname.slice(1)]
    return context.locals.report || context.routePattern === '/404' ? next() : new Response(null)
  }`,
)

/** Those of the addresses that a page of src/pages is for, each as the parameters in its file's name; null if it has none. */
function pathsOf(file: string): { params: Record<string, string> }[] | null {
  const page = /src\/pages\/(.*\[.*)\.astro$/.exec(file)?.[1].replace(/\/index$/, '')
  if (page === undefined) return null
  const pattern = new RegExp(`^${page.replace(/\[(\w+)\]/g, '(?<$1>[^/]+)')}/$`)
  return addresses.flatMap((address) => {
    const groups = pattern.exec(address)?.groups
    return groups ? [{ params: groups }] : []
  })
}

await build({
  ...config,
  configFile: false,
  root: new URL('../site', import.meta.url).pathname,
  outDir,
  output: 'static',
  adapter: undefined,
  logLevel: 'error',
  integrations: [
    {
      name: 'give-report',
      hooks: {
        'astro:config:setup': ({ addMiddleware }) =>
          addMiddleware({ order: 'pre', entrypoint: pathToFileURL(middleware) }),
      },
    },
  ],
  vite: {
    ...config.vite,
    plugins: [
      {
        name: 'static-paths',
        transform: (code, id) => {
          const paths = pathsOf(id)
          return paths === null ? undefined : `${code}\nexport const getStaticPaths = () => (${JSON.stringify(paths)})`
        },
      },
    ],
  },
})
