/** A simulated mesh with a Prometheus beside it: its clock is set from outside, and its truth is known. */
import { formatValue, linePrefix } from './exposition.ts'
import { type Pod, podsOf } from './lifecycle.ts'
import { PROD_EU } from './prod-eu.ts'
import { PROD_US } from './prod-us.ts'
import { Evaluator, type QueryResult } from './promql.ts'
import { spans, within } from './scrapes.ts'
import { type Selector, selects } from './selector.ts'
import { type Series, valueAt } from './series.ts'
import { Storage } from './storage.ts'
import { parseSelector } from './syntax.ts'
import { type Truth, truthOf } from './truth.ts'
import { FROM, instant, type MeshName, TO, type World } from './world.ts'

export interface Mesh {
  name: MeshName
  from: number // ms since epoch; the first instant that is worth a scrape
  to: number // exclusive
  gateways: readonly string[] // 'namespace/name'
  waypoints: readonly string[]
  externalLabels: Readonly<Record<string, string>>
  now(): number // ms since epoch
  setNow(time: number): void
  /** False in an outage: nobody answers. */
  available(): boolean
  /** What /federate answers now, in text. Throws a sentence when a selector is not valid. */
  federate(selectors: readonly string[]): Buffer
  /** What the query API answers about an instant that is not after now. Throws a sentence when it cannot. */
  query(expression: string, time: number): QueryResult
  /** The truth by an instant, for a reader that looked at the given instants, or whenever this mesh was federated. */
  truth(until: number, reads?: readonly number[]): Truth
}

export const DEFAULT_SEED = 1517

const WORLDS: Record<MeshName, World> = { 'prod-eu': PROD_EU, 'prod-us': PROD_US }
const HOUR = 3_600_000

/** Makes a mesh; the same name and seed give the same bytes on every machine. */
export function createMesh(name: MeshName, seed: number = DEFAULT_SEED): Mesh {
  const world = WORLDS[name]
  const pods = podsOf(world, seed)
  const prometheusOutages = spans(world.prometheusOutages)
  const outages = [...prometheusOutages, ...spans(world.endpointOutages)]
  const storage = new Storage(world, pods, prometheusOutages)
  const evaluator = new Evaluator(storage)
  const externalLabels = { cluster: name, prometheus: 'monitoring/k8s', prometheus_replica: 'prometheus-k8s-0' }
  const federation = new Federation(storage, externalLabels)
  const reads: number[] = []
  let now = instant(FROM)

  return {
    name,
    from: instant(FROM),
    to: instant(TO),
    gateways: world.gateways,
    waypoints: world.waypoints,
    externalLabels,
    now: () => now,
    setNow: (time) => {
      now = time
    },
    available: () => !within(outages, now),
    federate: (selectors) => {
      const body = federation.body(selectors, now)
      if (body.length > 0 && reads.at(-1) !== now) reads.push(now)
      return body
    },
    query: (expression, time) => evaluator.query(expression, Math.min(time, now)),
    truth: (until, given = reads) => truthOf(pods, prometheusOutages, given, until),
  }
}

interface Family {
  head: Buffer // '# TYPE name untyped\n'
  series: Series[]
}

interface Chosen {
  selectors: Selector[]
  hour: number // counted from 1970; that of the families
  families: Family[]
}

/** Writes bodies; which series the selectors take is decided once an hour, and a line's beginning once for ever. */
class Federation {
  readonly #storage: Storage
  readonly #external: Readonly<Record<string, string>>
  readonly #chosen = new Map<string, Chosen>()
  #out = Buffer.allocUnsafe(1 << 20)

  constructor(storage: Storage, external: Readonly<Record<string, string>>) {
    this.#storage = storage
    this.#external = external
  }

  body(selectors: readonly string[], now: number): Buffer {
    const looks = new Map<Pod, { look: number; tail: string }>()
    let at = 0
    for (const { head, series } of this.#families(selectors, Math.floor(now / HOUR))) {
      let begun = false
      for (const each of series) {
        let pod = looks.get(each.pod)
        if (pod === undefined) {
          const look = this.#storage.look(each.pod, now)
          pod = { look, tail: ` ${look}\n` }
          looks.set(each.pod, pod)
        }
        if (pod.look === -1) continue
        const value = valueAt(each, pod.look)
        if (Number.isNaN(value)) continue
        each.prefix ??= Buffer.from(linePrefix(each, this.#external))
        this.#reserve(at, head.length + each.prefix.length + 64)
        if (!begun) at += head.copy(this.#out, at)
        begun = true
        at += each.prefix.copy(this.#out, at)
        at += this.#out.write(formatValue(value) + pod.tail, at, 'latin1')
      }
    }
    return Buffer.from(this.#out.subarray(0, at))
  }

  #reserve(at: number, bytes: number): void {
    if (at + bytes <= this.#out.length) return
    const larger = Buffer.allocUnsafe(2 * this.#out.length + bytes)
    this.#out.copy(larger, 0, 0, at)
    this.#out = larger
  }

  #families(texts: readonly string[], hour: number): Family[] {
    const key = texts.join('\n')
    let chosen = this.#chosen.get(key)
    if (chosen === undefined) {
      chosen = { selectors: texts.map(parseSelector), hour: -1, families: [] }
      if (this.#chosen.size >= 16) this.#chosen.clear()
      this.#chosen.set(key, chosen)
    }
    if (chosen.hour !== hour) {
      chosen.hour = hour
      chosen.families = families(this.#storage.hour(hour), chosen.selectors)
    }
    return chosen.families
  }
}

function families(series: readonly Series[], selectors: readonly Selector[]): Family[] {
  const found: Family[] = []
  let name = ''
  for (const each of series) {
    if (!selectors.some((selector) => selects(selector, each))) continue
    if (each.name !== name) {
      name = each.name
      found.push({ head: Buffer.from(`# TYPE ${name} untyped\n`), series: [] })
    }
    found[found.length - 1].series.push(each)
  }
  return found
}
