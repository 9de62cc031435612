/** A site that renders a report as it is, and what can be said of a published one. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ATTESTATION,
  changesAddress,
  dayAddress,
  destinationAddress,
  FINDINGS,
  graphAddress,
  monthAddress,
  monthDownloadsAddress,
  READINESS,
  REGISTER,
  RESIDENCY,
  workloadAddress,
} from '#core/addresses.ts'
import { sha256 } from '#core/hash.ts'
import type { PageReport } from '#core/report.ts'
import type { AnyReport } from '#core/tables.ts'
import { DAY_MS, isoDate } from '#core/time.ts'
import type { Site } from '../functions/pages.ts'
import type { Store } from '../functions/store/store.ts'

/** Renders a report as it is. */
export class JsonSite implements Site {
  readonly rendered: string[] = []
  version = '1'
  private readonly style: string

  constructor(folder: string) {
    this.style = join(folder, 'style.css')
    writeFileSync(this.style, 'body {}')
  }

  async render(path: string, report: PageReport): Promise<Uint8Array> {
    this.rendered.push(path)
    return Buffer.from(JSON.stringify({ version: this.version, report }))
  }

  assets() {
    return [
      { path: '_assets/style.1.css', filePath: this.style, immutable: true },
      { path: '404.html', filePath: this.style, immutable: false },
    ]
  }
}

/** The report that the page at an address was rendered from; throws when there is none. */
export async function pageOf<Report extends PageReport>(out: Store, address: string): Promise<Report> {
  const page = await out.get(`${address}index.html`)
  if (page === null) throw new Error(`no page at ${address}`)
  return (JSON.parse(Buffer.from(page.bytes).toString()) as { report: Report }).report
}

/** The SHA-256 of every object, by key. */
export async function contents(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { key } of await store.list('')) found[key] = sha256((await store.get(key))?.bytes ?? '')
  return found
}

export function datesFrom(first: number, days: number): string[] {
  return Array.from({ length: days }, (_, n) => isoDate(first + n * DAY_MS))
}

/** What pages, or only one of them, link to that is not there: nothing, ever. */
export async function deadLinks(out: Store, only?: string): Promise<string[]> {
  const keys = new Set((await out.list('')).map(({ key }) => key))
  const dead: string[] = []
  for (const key of only === undefined ? keys : [only]) {
    if (!key.endsWith('index.html')) continue
    const address = key.slice(0, -'index.html'.length)
    const report = await pageOf<AnyReport>(out, address)
    const files = report.downloads.map(({ file }) => address + file)
    if (report.page === 'downloads') {
      files.push(...report.days.flatMap(({ date, files: of }) => of.map(({ file }) => dayAddress(date) + file)))
      const beside = [
        ...report.seals.flatMap(({ file, signature }) => [file, signature]),
        ...report.keys.map(({ file }) => file),
      ]
      files.push(...beside.filter((file) => file !== '').map((file) => monthDownloadsAddress(report.month) + file))
    }
    for (const linked of [...files, ...linksOf(report).map((page) => `${page}index.html`)]) {
      if (!keys.has(linked)) dead.push(`${key} links to ${linked}`)
    }
  }
  return dead
}

type Place = { target: string; namespace: string; workload: string }
const placeOf = ({ target, namespace, workload }: Place) => workloadAddress(target, namespace, workload)

/** The pages that a page leads to; not those that every page leads to, nor those above it. */
function linksOf(report: AnyReport): string[] {
  const neighbours = (address: (period: string) => string) =>
    'previous' in report ? [report.previous, report.next].flatMap((to) => (to === null ? [] : address(to))) : []
  switch (report.page) {
    case 'home':
      return [
        ...report.days.map(({ date }) => dayAddress(date)),
        ...report.months.map(({ month }) => monthAddress(month)),
        ...report.attention.map(({ address }) => address),
      ]
    case 'day':
      return [
        ...neighbours(dayAddress),
        graphAddress(report.date),
        changesAddress(report.date),
        ...report.destinations.map(({ host }) => destinationAddress(host)),
        ...report.sources.map(placeOf),
      ]
    case 'month':
      return [
        ...neighbours(monthAddress),
        ...report.days.map(({ date }) => dayAddress(date)),
        ...report.destinations.map(({ host }) => destinationAddress(host)),
        ...report.sources.map(placeOf),
      ]
    case 'graph':
      return [...neighbours(graphAddress), ...report.nodes.flatMap(({ address }) => address ?? [])]
    case 'changes':
      return [...neighbours(changesAddress), ...report.changes.map(({ host }) => destinationAddress(host))]
    case 'destinations':
      return report.destinations.map(({ host }) => destinationAddress(host))
    case 'workloads':
      return report.workloads.map(placeOf)
    case 'downloads':
      return report.months.map(monthDownloadsAddress)
    case 'blocked':
      return report.attempts.map(({ host }) => destinationAddress(host))
    case 'coverage':
      return report.targets.flatMap(({ days }) => days.map(({ date }) => dayAddress(date)))
    case 'compliance':
      return [REGISTER, FINDINGS, READINESS, RESIDENCY, ATTESTATION, ...report.days.map(({ date }) => dayAddress(date))]
    case 'register':
      return report.unregistered.map(({ host }) => destinationAddress(host))
    case 'findings':
      return [
        ...report.opened.map(({ date }) => dayAddress(date)),
        ...report.findings.flatMap(({ subject }) => [
          ...(subject.host === '' ? [] : [destinationAddress(subject.host)]),
          ...(subject.workload === '' ? [] : [placeOf(subject)]),
        ]),
      ]
    case 'readiness':
      return report.namespaces.flatMap(({ breaking }) => breaking.map(({ host }) => destinationAddress(host)))
    case 'residency':
      return [
        ...report.days.map(({ date }) => dayAddress(date)),
        ...report.rows.flatMap(({ cells }) =>
          cells.flatMap((cell) => (cell === null || cell.lastOutside === '' ? [] : [dayAddress(cell.lastOutside)])),
        ),
      ]
    case 'attestation':
      return [REGISTER]
    default:
      return [] // of a destination or a workload: pages of days, which are made after it, and lead to it
  }
}
