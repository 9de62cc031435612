/** The kinds of manifests that are read: what each may hold, and what is made of it. */
import * as z from 'zod'
import type { IstioConfig, MeshConfig, Origin, Resource } from '#core/istio/config.ts'
import {
  toDestinationRule,
  toGateway,
  toMeshConfig,
  toServiceEntry,
  toSidecar,
  toVirtualService,
} from './manifest-resource.ts'
import * as schema from './manifest-schema.ts'
import { explaining, type Mistake } from './mistakes.ts'

export type ResourceKind = 'ServiceEntry' | 'DestinationRule' | 'VirtualService' | 'Sidecar' | 'Gateway'
export type ManifestKind = ResourceKind | 'MeshConfig'
export const MANIFEST_KINDS: readonly ManifestKind[] = [
  'ServiceEntry',
  'DestinationRule',
  'VirtualService',
  'Sidecar',
  'Gateway',
  'MeshConfig',
]

/** Adds a resource to a configuration, or says what is wrong with its spec. */
type Checked = { mistakes: Mistake[]; add: ((config: IstioConfig) => void) | null }

const CHECKS: Record<ResourceKind, (spec: unknown, resource: Resource) => Checked> = {
  ServiceEntry: check('ServiceEntry', schema.serviceEntry, (resource, spec) => (config) => {
    config.serviceEntries.push(toServiceEntry(resource, spec))
  }),
  DestinationRule: check('DestinationRule', schema.destinationRule, (resource, spec) => (config) => {
    config.destinationRules.push(toDestinationRule(resource, spec))
  }),
  VirtualService: check('VirtualService', schema.virtualService, (resource, spec) => (config) => {
    config.virtualServices.push(toVirtualService(resource, spec))
  }),
  Sidecar: check('Sidecar', schema.sidecar, (resource, spec) => (config) => {
    config.sidecars.push(toSidecar(resource, spec))
  }),
  Gateway: check('Gateway', schema.gateway, (resource, spec) => (config) => {
    config.gateways.push(toGateway(resource, spec))
  }),
}

export function isResourceKind(kind: unknown): kind is ResourceKind {
  return typeof kind === 'string' && Object.hasOwn(CHECKS, kind)
}

/** Checks the spec of a resource; the paths of mistakes begin inside it. */
export function checkSpec(kind: ResourceKind, spec: unknown, resource: Resource): Checked {
  return CHECKS[kind](spec, resource)
}

/** Checks a MeshConfig; null when it has mistakes. */
export function checkMesh(data: unknown, origin: Origin): { mistakes: Mistake[]; mesh: MeshConfig | null } {
  const parsed = schema.meshConfig.safeParse(data, { reportInput: true })
  if (!parsed.success) return { mistakes: parsed.error.issues.flatMap(explainMesh), mesh: null }
  return { mistakes: [], mesh: toMeshConfig(origin, parsed.data) }
}

const explainMesh = explaining({ noun: 'MeshConfig', jsonSchema: () => jsonSchemaOf(schema.meshConfig) })

function check<S extends z.ZodType>(
  noun: ResourceKind,
  spec: S,
  convert: (resource: Resource, spec: z.output<S>) => (config: IstioConfig) => void,
) {
  const explain = explaining({ noun, jsonSchema: () => jsonSchemaOf(spec) })
  return (data: unknown, resource: Resource): Checked => {
    const parsed = spec.safeParse(data, { reportInput: true })
    if (!parsed.success) return { mistakes: parsed.error.issues.flatMap(explain), add: null }
    return { mistakes: [], add: convert(resource, parsed.data) }
  }
}

function jsonSchemaOf(type: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(type, { io: 'input', reused: 'inline' })
}
