/** Cases of readiness as people write them: calls on days, and Istio's manifests beside them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { InForce } from '#core/declarations.ts'
import type { DayDigest } from '#core/digest.ts'
import { defaultRules } from '#core/findings/rules.ts'
import type { FlowRow } from '#core/flow.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory } from '#core/history.ts'
import type { IstioConfigs } from '#core/istio/config.ts'
import { type JudgedDay, judging } from '#core/judged-day.ts'
import { type ReadinessInput, WINDOW_DAYS } from '#core/reports/readiness.ts'
import { readManifests } from '../functions/manifests.ts'
import { dateAfter, dayDigest } from './day-digest.ts'
import { flowRow } from './flow-rows.ts'

export type How = 'passthrough' | 'registered' | 'blocked' | 'ztunnel' | 'waypoint' | 'gateway'

/** A call of each of some days: a hundred requests, or ten connections, of 10,000 bytes out together. */
export interface Call {
  from: string // namespace/workload
  to: string // '' for a name no proxy could know
  how?: How // passthrough when left out
  protocol?: FlowRow['protocol'] // http when left out
  port?: number // where a label told it
  on?: [number, number] // first and last day, from 1; all when left out
  entry?: string // namespace/name of the ServiceEntry as labelled
}

export interface Case {
  title: string // what it shows
  days?: number // closed, observed whole, the last of them 30 November; 30 when left out
  older?: number // days before them, known by the history alone; 0 when left out
  window?: number
  unobserved?: number[] // days of which half was not observed, from 1
  declaredFrom?: number // the day from which the manifests were declared, from 1; from before the first when left out
  clusterDomain?: string
  calls: Call[]
}

const LAST = '2026-11-30'

export function readCase(folder: string): Case {
  return parse(readFileSync(join(folder, 'case.yaml'), 'utf8')) as Case
}

/** The input of the report of a case; its manifests are those in the folder beside it. */
export async function inputOf(of: Case, folder = ''): Promise<ReadinessInput> {
  const manifests = join(folder, 'manifests.yaml')
  const istio =
    folder !== '' && existsSync(manifests) ? (await readManifests([{ path: manifests, target: null }])).configs : null
  return inputWith(of, istio)
}

export function inputWith(of: Case, istio: IstioConfigs | null): ReadinessInput {
  const { days = 30, older = 0, window = WINDOW_DAYS, declaredFrom = 0, clusterDomain } = of
  const folding = startFolding(emptyHistory())
  const recent: JudgedDay[] = []
  for (let day = 1 - older; day <= days; day++) {
    const digest = digestOn(of, day, dateAfter(LAST, day - days))
    folding.add(digest)
    if (day >= 1) recent.push(judging(inForceOn(dateAfter(LAST, declaredFrom - days), digest.date, istio))(digest))
  }
  return {
    title: 'Egress',
    recent,
    istio,
    history: folding.history(),
    windowDays: window,
    ...(clusterDomain === undefined ? {} : { clusterDomains: { mesh: clusterDomain } }),
  }
}

function digestOn({ calls, unobserved = [], days = 30, older = 0 }: Case, day: number, date: string): DayDigest {
  const rows = calls.filter(({ on: [first, last] = [1 - older, days] }) => day >= first && day <= last).map(rowOf)
  const observedMs = unobserved.includes(day) ? 1_800_000 : 3_600_000
  return dayDigest(date, rows, { observedMs, firstDate: dateAfter(LAST, 1 - days - older) })
}

function inForceOn(from: string, date: string, istio: IstioConfigs | null): InForce {
  const link = { from, recorded: `${from}T00:00:00Z`, sha256: '0'.repeat(64), isLater: from > date }
  return {
    links: { istio: istio === null ? null : link, register: null, rules: null },
    istio,
    register: null,
    rules: defaultRules(),
  }
}

function rowOf({ from, to, how = 'passthrough', protocol = 'http', port, entry }: Call): FlowRow {
  const [namespace, workload] = from.split('/')
  const [entryNamespace, entryName] = (entry ?? `${namespace}/${to}`).split('/')
  const isTcp = protocol === 'tcp'
  const isBlocked = how === 'blocked'
  return flowRow({
    sourceNamespace: namespace,
    sourceWorkload: workload,
    sourceApp: workload,
    sourceVersion: 'v1',
    destinationHost: to,
    destinationPort: port ?? null,
    protocol,
    ...labelsOf(how, to, { namespace: entryNamespace, name: entryName }),
    via: how === 'gateway' ? from : how === 'waypoint' ? 'egress/waypoint' : '',
    reporter: how === 'waypoint' ? 'waypoint' : 'source',
    responseCode: isTcp ? '' : isBlocked ? '502' : '200',
    requests: isTcp ? 0 : 100,
    connectionsClosed: isTcp ? 10 : 0,
    egressBytes: isBlocked ? 0 : 10_000,
  })
}

function labelsOf(how: How, host: string, entry: { namespace: string; name: string }): Partial<FlowRow> {
  switch (how) {
    case 'passthrough':
      return {
        destinationClass: 'passthrough',
        destinationService: 'PassthroughCluster',
        destinationServiceNamespace: '',
      }
    case 'blocked':
      return { destinationClass: 'blocked', destinationService: 'BlackHoleCluster', destinationServiceNamespace: '' }
    case 'ztunnel':
      return host === ''
        ? { destinationClass: 'passthrough', destinationService: '', destinationServiceNamespace: '' }
        : {
            destinationClass: 'registered',
            destinationService: entry.name,
            destinationServiceNamespace: entry.namespace,
          }
    default:
      return { destinationClass: 'registered', destinationService: host, destinationServiceNamespace: entry.namespace }
  }
}
