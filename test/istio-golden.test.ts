/**
 * Golden manifests: each folder of test/istio/ holds Istio's configuration and cases of what left under it, as a person
 * reads them: from whom, to what, seen how, and what must be said of it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Edge } from '#core/edge.ts'
import { noHours, zeroFailures } from '#core/edge.ts'
import { configOfTarget } from '#core/istio/config.ts'
import { type Traffic, trafficLookup } from '#core/istio/traffic.ts'
import { zeroTotals } from '#core/totals.ts'
import { readManifests } from '../functions/manifests.ts'

const FOLDER = join(import.meta.dirname, 'istio')

interface Case {
  says: string
  edge: {
    from: string // namespace/workload
    to: string
    by: Edge['protocol']
    app?: string
    version?: string
    class?: Edge['destinationClass']
    service?: string // the host unless given
    serviceNamespace?: string
    via?: string
    reporter?: Edge['reporter']
    ports?: number[]
  }
  verdict: Partial<{
    isEgress: boolean
    serviceEntry: string
    evidence: string // grade
    sentence: string // a part of what is said of the evidence
    tls: string
    silent: boolean
    because: string // a part of what is said of TLS
    outboundMode: string | null
  }>
}

const VERDICTS = ['isEgress', 'serviceEntry', 'evidence', 'sentence', 'tls', 'silent', 'because', 'outboundMode']

function edgeOf({ from, to, by, ...given }: Case['edge']): Edge {
  const [namespace, workload] = from.split('/')
  const destinationClass = given.class ?? 'registered'
  const service = given.service ?? (destinationClass === 'passthrough' ? 'PassthroughCluster' : to)
  return {
    target: 'mesh',
    namespace,
    workload,
    app: given.app ?? '',
    version: given.version ?? '',
    destinationClass,
    host: to,
    service,
    serviceNamespace: given.serviceNamespace ?? '',
    via: given.via ?? '',
    reporter: given.reporter ?? 'source',
    protocol: by,
    totals: zeroTotals(),
    failures: zeroFailures(),
    responses: [],
    hours: noHours(),
    egressHours: noHours(),
    ingressHours: noHours(),
    ports: given.ports ?? [],
  }
}

function saidOf({ isEgress, serviceEntry, evidence, tls, outboundMode }: Traffic) {
  const { verdict, silent, reason } = tls
  return {
    isEgress,
    serviceEntry,
    evidence: evidence.grade,
    sentence: evidence.sentence,
    tls: verdict,
    silent,
    because: reason,
    outboundMode,
  }
}

const folders = readdirSync(FOLDER).sort()

test('every folder of golden manifests has cases', () => {
  expect(folders.length).toBeGreaterThan(30)
})

describe.each(folders)('%s', (folder) => {
  const cases = parse(readFileSync(join(FOLDER, folder, 'cases.yaml'), 'utf8')) as Case[]

  test.each(cases)('$says', async ({ edge, verdict }) => {
    const { configs } = await readManifests([{ path: join(FOLDER, folder, 'manifests.yaml'), target: null }])
    const said = saidOf(trafficLookup(configOfTarget(configs, 'mesh'))(edgeOf(edge)))
    expect(Object.keys(verdict).filter((name) => !VERDICTS.includes(name))).toEqual([])
    expect(Object.keys(verdict).length).toBeGreaterThan(0)
    const { sentence = '', because = '', ...exact } = verdict
    expect(said).toMatchObject({
      ...exact,
      sentence: expect.stringContaining(sentence),
      because: expect.stringContaining(because),
    })
  })
})
