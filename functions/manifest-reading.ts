/** Reading manifests: documents one after another, into configurations by target, counts and everything that is wrong. */
import {
  emptyIstioConfig,
  type IstioConfig,
  type IstioConfigs,
  type MeshConfig,
  type Origin,
  type Resource,
} from '#core/istio/config.ts'
import { checkMesh, checkSpec, isResourceKind, type ManifestKind, type ResourceKind } from './manifest-kinds.ts'
import { inCamelCase, type MeshPlace, meshIn } from './manifest-mesh.ts'
import { isObject, withoutNulls } from './manifest-value.ts'
import { type Mistake, show } from './mistakes.ts'
import { formatPath, type Problem } from './strict-file.ts'
import { readYamlDocuments, type YamlPath, type YamlText } from './yaml.ts'

const MAX_RESOURCES = 50_000
const GROUP = 'networking.istio.io'
const VERSIONS = ['v1', 'v1beta1', 'v1alpha3']
const TEMPLATE = '; this looks like a template: render it, as with `helm template`, and name what comes out'

export interface ManifestProblem extends Problem {
  file: string
}

/** A document, or a value in it, and where it was read. */
interface Place {
  yaml: YamlText
  path: YamlPath // of the value
  file: string
  target: string // or '*'
}

export class ManifestReading {
  readonly configs: IstioConfigs = {}
  readonly read: Record<ManifestKind, number> = {
    ServiceEntry: 0,
    DestinationRule: 0,
    VirtualService: 0,
    Sidecar: 0,
    Gateway: 0,
    MeshConfig: 0,
  }
  readonly problems: ManifestProblem[] = []
  skipped = 0
  readonly #first = new Map<string, Origin>() // of each resource, by target, kind and name

  /** Reads the documents of one file. */
  text(source: string, file: string, target: string): void {
    for (const yaml of readYamlDocuments(source)) {
      // What comes behind the first thing that is no YAML follows from it.
      const [first] = yaml.problems
      if (first === undefined) this.#value(withoutNulls(yaml.data), { yaml, path: [], file, target })
      else
        this.problems.push({
          ...first,
          file,
          path: '',
          message: `${first.message}${source.includes('{{') ? TEMPLATE : ''}`,
        })
    }
  }

  #value(value: unknown, place: Place): void {
    if (!isObject(value)) {
      this.skipped++
      return
    }
    const { apiVersion, kind, items } = value
    if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
      for (const [i, item] of items.entries()) this.#value(item, { ...place, path: [...place.path, 'items', i] })
      return
    }
    // Gateway is a kind of another group, too.
    if (apiVersion === undefined && isResourceKind(kind) && kind !== 'Gateway') {
      this.#mistake({ path: [], message: `is a ${kind} without apiVersion; write ${GROUP}/${VERSIONS[0]}` }, place)
      return
    }
    const [group, version] = String(apiVersion).split('/')
    if (group === GROUP && isResourceKind(kind)) {
      if (VERSIONS.includes(version)) this.#resource(kind, value, place)
      else {
        const message = `must be ${GROUP}/ with one of ${VERSIONS.join(', ')}, not ${show(apiVersion)}`
        this.#mistake({ path: ['apiVersion'], message }, place)
      }
      return
    }
    const mesh = meshIn(value)
    if (mesh === null) this.skipped++
    else this.#mesh(mesh, { ...place, path: [...place.path, ...mesh.path] })
  }

  #resource(kind: ResourceKind, value: Record<string, unknown>, place: Place): void {
    const { resource, mistakes } = resourceOf(kind, value.metadata, originOf(place))
    const { add, mistakes: ofSpec } = checkSpec(kind, value.spec ?? {}, resource)
    const all = [...mistakes, ...ofSpec.map((one) => ({ ...one, path: ['spec', ...one.path] }))]
    for (const mistake of all) this.#mistake(mistake, place)
    if (all.length > 0 || add === null) return
    const name = `${kind} ${resource.namespace}/${resource.name}`
    const key = `${place.target} ${name}`
    const first = this.#first.get(key)
    if (first !== undefined) {
      const message = `is ${name} again, which stands in ${first.file}:${first.line} already; keep one`
      this.#mistake({ path: ['metadata', 'name'], message }, place)
      return
    }
    if (this.#first.size === MAX_RESOURCES) {
      this.#mistake({ path: [], message: `is one of more than ${MAX_RESOURCES} resources; name fewer files` }, place)
    }
    if (this.#first.size >= MAX_RESOURCES) return
    this.#first.set(key, resource.origin)
    this.read[kind]++
    add(this.#config(place.target))
  }

  #mesh({ value }: MeshPlace, place: Place): void {
    if (typeof value !== 'string') {
      this.#meshData(value, place, (mistake) => this.#mistake(mistake, place))
      return
    }
    const start = place.yaml.placeOf(place.path, 'value').line
    const isBlock = place.yaml.isBlock(place.path)
    const lineOf = (line: number) => (isBlock ? start + line : start)
    for (const inner of readYamlDocuments(value)) {
      const refuse = (line: number, path: YamlPath, message: string) => {
        const whole = formatPath([...place.path, ...path])
        this.problems.push({ file: place.file, line: lineOf(line), column: 1, path: whole, message })
      }
      const [first] = inner.problems
      if (first !== undefined) refuse(first.line, [], first.message)
      else
        this.#meshData(withoutNulls(inner.data), place, ({ path, message, part }) => {
          refuse(inner.placeOf(path, part ?? 'value').line, path, message)
        })
    }
  }

  #meshData(data: unknown, place: Place, refuse: (mistake: Mistake) => void): void {
    const { mesh, mistakes } = checkMesh(inCamelCase(data), originOf(place))
    for (const mistake of mistakes) refuse(mistake)
    if (mesh === null) return
    const config = this.#config(place.target)
    this.read.MeshConfig++
    if (config.mesh !== null && effect(config.mesh) !== effect(mesh)) {
      const { file, line } = config.mesh.origin
      refuse({ path: [], message: `is another MeshConfig than that of ${file}:${line}; keep one for each target` })
    } else config.mesh ??= mesh
  }

  #config(target: string): IstioConfig {
    const known = Object.hasOwn(this.configs, target) ? this.configs[target] : emptyIstioConfig()
    this.configs[target] = known
    return known
  }

  #mistake({ path, message, part }: Mistake, { yaml, file, path: base }: Place): void {
    const whole = [...base, ...path]
    this.problems.push({ ...yaml.placeOf(whole, part ?? 'value'), file, path: formatPath(whole), message })
  }
}

function resourceOf(
  kind: ResourceKind,
  metadata: unknown,
  origin: Origin,
): { resource: Resource; mistakes: Mistake[] } {
  const { name, namespace = 'default', creationTimestamp: created = '' } = isObject(metadata) ? metadata : {}
  const mistakes: Mistake[] = []
  const refuse = (key: string, message: string) => mistakes.push({ path: ['metadata', key], message })
  if (name === undefined) refuse('name', `is missing; give the name of the ${kind}`)
  else if (!isName(name)) refuse('name', `must be a name, not ${show(name)}`)
  if (!isName(namespace)) refuse('namespace', `must be a namespace, not ${show(namespace)}`)
  if (created !== '' && (typeof created !== 'string' || Number.isNaN(Date.parse(created)))) {
    refuse('creationTimestamp', `must be a time such as 2026-11-20T09:00:00Z, not ${show(created)}`)
  }
  return { resource: { name: String(name), namespace: String(namespace), origin, created: String(created) }, mistakes }
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(value)
}

function originOf({ yaml, path, file }: Place): Origin {
  return { file, line: yaml.placeOf(path, 'value').line }
}

/** What a MeshConfig says, wherever it stands. */
function effect({ origin: _, ...mesh }: MeshConfig): string {
  return JSON.stringify(mesh)
}
