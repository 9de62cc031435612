/** Drafted manifests against what Istio itself publishes: the schemas of its resources, and what it reads of them. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { parse } from 'yaml'
import { normaliseHost } from '#core/host.ts'
import type { IstioConfig } from '#core/istio/config.ts'
import type { Manifest } from '#core/readiness/manifest.ts'
import { readinessReport } from '#core/reports/readiness.ts'
import { readManifests } from '../functions/manifests.ts'
import { type Call, type Case, inputOf, inputWith, readCase } from './readiness-case.ts'

const schemas = new Map<string, ValidateFunction>()

beforeAll(async () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  for (const kind of ['ServiceEntry', 'Sidecar', 'DestinationRule']) {
    const text = await readFile(join(import.meta.dirname, 'crd', `${kind}.json`), 'utf8')
    schemas.set(kind, ajv.compile(closed(JSON.parse(text), true) as object))
  }
})

/** The schema with every field refused that it does not name, as Kubernetes' strict validation does. */
function closed(schema: unknown, isRoot = false): unknown {
  if (Array.isArray(schema)) return schema.map((part) => closed(part))
  if (typeof schema !== 'object' || schema === null) return schema
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]))
  if (!('properties' in parts) || 'additionalProperties' in parts || !('type' in parts)) return parts
  // What every Kubernetes object has beside that.
  const object = { apiVersion: { const: 'networking.istio.io/v1' }, kind: { type: 'string' }, metadata: METADATA }
  const properties = isRoot ? { ...(parts.properties as object), ...object } : parts.properties
  return { ...parts, properties, additionalProperties: false, ...(isRoot ? { required: ['kind', 'spec'] } : {}) }
}

const LABEL = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' // RFC 1123
const METADATA = {
  type: 'object',
  properties: { name: { type: 'string', pattern: LABEL }, namespace: { type: 'string', pattern: LABEL } },
  required: ['name', 'namespace'],
  additionalProperties: false,
}

/** All that is wrong with a manifest: by its schema, and by those of its rules that the schema's language cannot say. */
function mistakesIn({ kind, name, namespace, yaml }: Manifest): string[] {
  const object = parse(yaml)
  const validate = schemas.get(kind)!
  const found = validate(object) ? [] : (validate.errors ?? []).map((error) => JSON.stringify(error))
  if (object.kind !== kind || object.metadata.name !== name || object.metadata.namespace !== namespace) {
    found.push(`says it is ${object.kind} ${object.metadata.namespace}/${object.metadata.name}`)
  }
  return [...found, ...(kind === 'ServiceEntry' ? brokenRules(object.spec) : [])]
}

interface EntrySpec {
  hosts: string[]
  addresses?: string[]
  ports?: { number: number; targetPort?: number }[]
  resolution?: string
  endpoints?: { address?: string }[]
  workloadSelector?: object
}

function brokenRules({ hosts, addresses = [], ports = [], resolution = 'NONE', ...rest }: EntrySpec): string[] {
  const { endpoints, workloadSelector } = rest
  const isPort = (port: number) => port > 0 && port <= 65535
  const rules: Record<string, boolean> = {
    'ports are unique': new Set(ports.map(({ number }) => number)).size === ports.length,
    'ports are ports': ports.every(({ number, targetPort = 1 }) => isPort(number) && isPort(targetPort)),
    'no host is *': !hosts.includes('*'),
    'prefixes need STATIC or NONE':
      !addresses.some((one) => one.includes('/')) || ['STATIC', 'NONE'].includes(resolution),
    'NONE has no endpoints': resolution !== 'NONE' || endpoints === undefined,
    'DNS_ROUND_ROBIN has one endpoint': resolution !== 'DNS_ROUND_ROBIN' || (endpoints ?? []).length <= 1,
    'endpoints have addresses': (endpoints ?? []).every(({ address }) => address !== undefined),
    'a selector and endpoints exclude each other': workloadSelector === undefined || endpoints === undefined,
  }
  return Object.keys(rules).filter((rule) => !rules[rule])
}

const manifestsOf = (report: ReturnType<typeof readinessReport>) => report.namespaces.flatMap((one) => one.manifests)

/** As the ledger spells what somebody claimed. */
const hosts = fc
  .oneof(
    fc.domain(),
    fc.domain().map((name) => `*.${name}`),
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom(
      '',
      '__other__',
      '(invalid-host)-cd0e9c8c6d93',
      'intranet',
      'a_b.example',
      'x.shop.svc.cluster.local',
    ),
    fc.string({ unit: 'binary' }),
  )
  .map((claimed) => (claimed === '__other__' ? claimed : normaliseHost(claimed).name))
const calls: fc.Arbitrary<Call> = fc.record({
  from: fc.constantFrom('shop/a', 'shop/b', 'billing/c', 'Not A Namespace/d', '/e'),
  to: hosts,
  how: fc.constantFrom('passthrough', 'registered', 'blocked', 'ztunnel', 'waypoint', 'gateway'),
  protocol: fc.constantFrom('http', 'grpc', 'tcp'),
  port: fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
})
const cases: fc.Arbitrary<Case> = fc.record({
  title: fc.constant('any'),
  days: fc.constant(2),
  window: fc.constant(1),
  calls: fc.array(calls, { maxLength: 8 }),
})

describe('a drafted manifest', () => {
  test('of every golden case is valid against the schema that Istio publishes', async () => {
    const folder = join(import.meta.dirname, 'readiness')
    let count = 0
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      for (const manifest of manifestsOf(readinessReport(await inputOf(readCase(path), path)))) {
        expect([manifest.kind, manifest.name, mistakesIn(manifest)]).toEqual([manifest.kind, manifest.name, []])
        count++
      }
    }
    expect(count).toBeGreaterThan(30)
  })

  test('is valid against it whatever was called, and by whatever name', () => {
    fc.assert(
      fc.property(cases, (of) => {
        for (const manifest of manifestsOf(readinessReport(inputWith(of, null)))) {
          expect(mistakesIn(manifest)).toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  })

  test('with a field that Istio does not know, or a value it refuses, is not', () => {
    const spec = 'hosts: [a.example]\n  ports: [{number: 80, name: http}]\n  resolution: DNS'
    const mistakes = (changed: string) => {
      const head =
        'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a, namespace: b}\nspec:\n  '
      const about = { kind: 'ServiceEntry', name: 'a', namespace: 'b', purpose: 'allow', note: '' } as const
      return mistakesIn({ ...about, yaml: `${head}${changed}\n` }).length
    }
    expect(mistakes(spec)).toBe(0)
    expect(mistakes(`${spec}\n  colour: red`)).toBeGreaterThan(0)
    expect(mistakes(spec.replace('DNS', 'GUESS'))).toBeGreaterThan(0)
    expect(mistakes(spec.replace('name: http', 'nome: http'))).toBeGreaterThan(0)
    expect(mistakes(spec.replace('80', '99999'))).toBeGreaterThan(0)
    expect(mistakes(spec.replace('a.example', '"*"'))).toBeGreaterThan(0)
  })

  test('of all that a mesh called is read back without a mistake, and then nothing is left to draft', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'readiness-'))
    try {
      await fc.assert(
        fc.asyncProperty(cases, async (of) => {
          const input = inputWith(of, null)
          const manifests = manifestsOf(readinessReport(input)).filter(({ purpose }) => purpose === 'allow')
          if (manifests.length === 0) return
          const path = join(folder, 'drafts.yaml')
          const texts = new Set(manifests.map(({ yaml }) => yaml))
          await writeFile(path, [...texts].join('---\n'))
          const { configs } = await readManifests([{ path, target: null }])
          const config: IstioConfig = configs['*']
          expect(config.serviceEntries).toHaveLength(texts.size)
          const again = readinessReport(
            inputWith({ ...of, calls: of.calls.filter(({ how }) => how === 'passthrough') }, configs),
          )
          const drafted = manifestsOf(again).filter(({ purpose }) => purpose === 'allow')
          expect(drafted.map(({ yaml }) => yaml)).toEqual([])
        }),
        { numRuns: 40 },
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
