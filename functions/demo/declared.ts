/**
 * What the company of the demo declares: the configuration of both meshes as their calendars have it, the egress register,
 * and which findings it accepts. The files lie in declared/. Those that hold at the end are given to the demo's folder, so
 * that a person can change them and see what that does.
 */
import { cp, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadDeclaredFiles } from '../declared.ts'
import { recordDeclared } from '../stage/declarations.ts'
import type { Store } from '../store/store.ts'
import { FROM, instant, MESHES, type MeshName } from './world.ts'

const FOLDER = fileURLToPath(new URL('declared', import.meta.url))
const REGISTER = 'register.yaml'
const RULES = 'findings.yaml'
const FIRST = FROM.slice(0, 10)

/** A file of Istio's configuration, and the days on which it is applied. */
interface Applied {
  mesh: MeshName
  file: string
  from: string // YYYY-MM-DD
  until: string // exclusive; '' for ever
}

const applied = (mesh: MeshName, name: string, from = FIRST, until = ''): Applied => ({
  mesh,
  file: join('istio', mesh, `${name}.yaml`),
  from,
  until,
})

const MANIFESTS: readonly Applied[] = [
  applied('prod-eu', 'mesh-allow-any', FIRST, '2026-11-04'),
  applied('prod-eu', 'mesh-registry-only', '2026-11-04'),
  applied('prod-eu', 'legacy-sidecar'),
  applied('prod-eu', 'entries'),
  applied('prod-eu', 'googleapis', '2026-10-24'),
  applied('prod-eu', 'googleapis-books', '2026-10-31'),
  applied('prod-eu', 'pricecompare', '2026-11-04'),
  applied('prod-eu', 'httpbin', '2026-11-06'),
  applied('prod-us', 'mesh-allow-any', FIRST, '2026-10-23'),
  applied('prod-us', 'mesh-dynamic-dns', '2026-10-23'),
  applied('prod-us', 'entries'),
  applied('prod-us', 'datadog-none', FIRST, '2026-11-02'),
  applied('prod-us', 'datadog-dynamic', '2026-11-02'),
  applied('prod-us', 'payments-sidecar', '2026-11-11'),
]

/** What the demo's configuration says of these files, as lines of YAML. */
export const DECLARED_LINES: readonly string[] = [
  'istio:',
  '  - { path: ./istio/prod-eu, target: prod-eu }',
  '  - { path: ./istio/prod-us, target: prod-us }',
  `register: ./${REGISTER}`,
  `findings: ./${RULES}`,
]

/**
 * Declares in a folder what held on each day until one (ms since epoch, exclusive), a day after the other, and records it as
 * if it had been published on that day's morning.
 */
export async function declareCalendar(folder: string, store: Store, until: number): Promise<void> {
  for (const file of [REGISTER, RULES]) await cp(join(FOLDER, file), join(folder, file))
  const istio = MESHES.map((mesh) => ({ path: join(folder, 'istio', mesh), target: mesh }))
  const config = { istio, register: join(folder, REGISTER), findings: join(folder, RULES) }
  const days = [...new Set(MANIFESTS.map(({ from }) => from))].sort().filter((day) => instant(`${day} 00:00`) < until)
  for (const day of days) {
    await rm(join(folder, 'istio'), { recursive: true, force: true })
    for (const { file } of MANIFESTS.filter((one) => one.from <= day && (one.until === '' || day < one.until))) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await cp(join(FOLDER, file), join(folder, file))
    }
    await recordDeclared(store, await loadDeclaredFiles(config), () => instant(`${day} 06:00`))
  }
}
