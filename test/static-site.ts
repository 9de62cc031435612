/**
 * A plain static build of the site: `node static-site.ts REPORTS.json OUT_DIR`. Has no adapter and nothing of ours but
 * the sources; the reports come in by a middleware, and the dates to build from the reports.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'astro'
import config from '../site/astro.config.ts'

const [reportsFile, outDir] = process.argv.slice(2)
const { days } = JSON.parse(await readFile(reportsFile, 'utf8')) as { days: { date: string }[] }

const middleware = join(dirname(reportsFile), 'give-report.mjs')
await writeFile(
  middleware,
  `import { readFileSync } from 'node:fs'
  const { index, days } = JSON.parse(readFileSync(${JSON.stringify(reportsFile)}, 'utf8'))
  export const onRequest = (context, next) => {
    context.locals.report = days.find((day) => day.date === context.params.date) ?? index
    return next()
  }`,
)

const paths = days.map(({ date }) => ({ params: { date } }))
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
        transform: (code, id) =>
          id.endsWith('[date].astro')
            ? `${code}\nexport const getStaticPaths = () => (${JSON.stringify(paths)})`
            : undefined,
      },
    ],
  },
})
