/** Where MeshConfig stands: in istiod's ConfigMap, in what installs Istio, in values for Helm, or by itself. */
import { isObject } from './manifest-value.ts'
import type { YamlPath } from './yaml.ts'

/** A MeshConfig inside a document: data, or a text that is YAML again. */
export interface MeshPlace {
  path: YamlPath // from the document's own root
  value: unknown
}

/** Keys by which a document without a kind is known to be a MeshConfig. */
const TELLING = [
  'outboundTrafficPolicy',
  'rootNamespace',
  'defaultServiceExportTo',
  'defaultDestinationRuleExportTo',
  'defaultVirtualServiceExportTo',
]

/** The MeshConfig that a document or an item of a list holds; null when it holds none. */
export function meshIn(value: Record<string, unknown>): MeshPlace | null {
  const { apiVersion, kind, metadata } = value
  const group = String(apiVersion).split('/')[0]
  if (kind === 'ConfigMap' && isObject(metadata) && /^istio(?:-[a-z0-9-]+)?$/.test(String(metadata.name))) {
    return at(value, ['data', 'mesh'])
  }
  if (kind === 'IstioOperator' && group === 'install.istio.io') {
    return at(value, ['spec', 'meshConfig']) ?? at(value, ['spec', 'values', 'meshConfig'])
  }
  if (kind === 'Istio' && group === 'sailoperator.io') return at(value, ['spec', 'values', 'meshConfig'])
  if (kind !== undefined || apiVersion !== undefined) return null
  if (isObject(value.meshConfig)) return at(value, ['meshConfig'])
  return Object.keys(value).some((key) => TELLING.includes(camelCase(key))) ? { path: [], value } : null
}

/** MeshConfig is also read with the names of its fields as protocol buffers write them: `outbound_traffic_policy`. */
export function inCamelCase(value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = camelCase(key)
      return [name, name === 'outboundTrafficPolicy' ? inCamelCase(inner) : inner]
    }),
  )
}

function camelCase(key: string): string {
  return /^[a-z][a-zA-Z0-9]*(?:_[a-zA-Z0-9]+)+$/.test(key)
    ? key.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : key
}

function at(value: unknown, path: readonly string[]): MeshPlace | null {
  let inner = value
  for (const step of path) {
    if (!isObject(inner) || inner[step] === undefined) return null
    inner = inner[step]
  }
  return { path, value: inner }
}
