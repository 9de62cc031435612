/** Federation bodies as a large mesh gives them: some 850 bytes a line, almost the same every minute, in the same order. */
import { BOOKED } from '#core/metric.ts'

export const START_MS = Date.UTC(2026, 10, 20, 10, 20)

export interface GeneratedBody {
  bytes: Buffer
  lines: number // of samples
  total: number // of all counters of booked series, so that what two bodies differ by is known
}

const PODS_PER_WORKLOAD = 4 // so that 16 series make a flow
const HOSTS = 10

/**
 * The body of one scrape, `minute` minutes after START_MS: this many booked series, the uptime and the `up` of their
 * proxies around them. Series numbered up to `replaced` are of another generation of pods than in a body without.
 */
export function federateBody(series: number, minute: number, replaced = 0): GeneratedBody {
  const text: string[] = []
  let total = 0
  for (const { line, counted } of federateLines(series, minute, replaced)) {
    text.push(line)
    total += counted
  }
  return { bytes: Buffer.from(text.join('')), lines: text.length, total }
}

/** The same body line by line, each with what it adds to the total; fewer pods a workload make more flows. */
export function* federateLines(
  series: number,
  minute: number,
  replaced = 0,
  podsPerWorkload = PODS_PER_WORKLOAD,
): Generator<{ line: string; counted: number }> {
  const perMetric = Math.ceil(series / BOOKED.length)
  const proxies = Math.ceil(perMetric / HOSTS)
  const time = START_MS + minute * 60_000
  for (let proxy = 0; proxy < proxies; proxy++) {
    const uptime = 3600 + minute * 60
    yield {
      line: `envoy_server_uptime{${targetLabels(names(proxy, 0, podsPerWorkload))}} ${uptime} ${time - (proxy % 15_000)}\n`,
      counted: 0,
    }
  }
  let number = 0
  for (const { name, layer } of BOOKED.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    for (let i = 0; i < perMetric && number < series; i++, number++) {
      const proxy = Math.floor(i / HOSTS)
      const value = 1000 + (number % 9973) + minute * (1 + (number % 911))
      const text = name.endsWith('_sum') ? `${value}.00000000000${1 + (number % 9)}` : String(value)
      const labels = seriesLabels(layer, i % HOSTS, proxy, names(proxy, number < replaced ? 1 : 0, podsPerWorkload))
      yield { line: `${name}{${labels}} ${text} ${time - (proxy % 15_000)}\n`, counted: value }
    }
  }
  for (let proxy = 0; proxy < proxies; proxy++) {
    yield { line: `up{${targetLabels(names(proxy, 0, podsPerWorkload))}} 1 ${time - (proxy % 15_000)}\n`, counted: 0 }
  }
}

const EXTERNAL = 'cluster="prod-eu1",prometheus="monitoring/k8s",prometheus_replica="prometheus-k8s-0"'

interface Names {
  app: string
  instance: string
  hash: string // of its pod
}

function names(proxy: number, generation: number, podsPerWorkload: number): Names {
  const app = `service-${String(Math.floor(proxy / podsPerWorkload)).padStart(4, '0')}`
  const hash = ((Math.imul(proxy + 1, 2654435761) >>> 0) + generation).toString(36).padStart(8, '0')
  return { app, instance: `10.${(proxy >> 16) & 255}.${(proxy >> 8) & 255}.${proxy & 255}:15020`, hash }
}

function targetLabels({ app, instance, hash }: Names): string {
  return `app="${app}",instance="${instance}",job="kubernetes-pods",namespace="shop",pod="${app}-v1-7d9c6f5b8-${hash}",${EXTERNAL}`
}

function seriesLabels(layer: 'http' | 'tcp', host: number, proxy: number, { app, instance, hash }: Names): string {
  const service = `api-${host}.partner.example.com`
  return (
    `app="${app}",connection_security_policy="unknown",destination_app="unknown",destination_canonical_revision="latest",` +
    `destination_canonical_service="partner-${host}",destination_cluster="Kubernetes",destination_principal="unknown",` +
    `destination_service="${service}",destination_service_name="${service}",destination_service_namespace="egress-config",` +
    'destination_version="unknown",destination_workload="partner",destination_workload_namespace="egress-config",' +
    `instance="${instance}",job="kubernetes-pods",namespace="shop",node="worker-${proxy % 50}",` +
    `pod="${app}-v1-7d9c6f5b8-${hash}",pod_template_hash="7d9c6f5b8",reporter="source",request_protocol="${layer}",` +
    `${layer === 'http' ? 'response_code="200",' : ''}response_flags="-",security_istio_io_tlsMode="istio",` +
    `service_istio_io_canonical_name="${app}",service_istio_io_canonical_revision="v1",source_app="${app}",` +
    `source_canonical_revision="v1",source_canonical_service="${app}",source_cluster="Kubernetes",` +
    `source_principal="unknown",source_version="v1",source_workload="${app}-v1",source_workload_namespace="shop",` +
    `version="v1",${EXTERNAL}`
  )
}
