/**
 * Meters of Google Cloud and Azure: what a line of their bills is for, by the names of their services and meters. Google's are
 * those of its SKUs (https://cloud.google.com/skus), Azure's those of its retail prices
 * (https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices).
 */
import type { BilledKind } from '#core/bills/bill.ts'
import { isHours } from '#core/bills/quantity.ts'

/** Most specific first; an object store's, a content network's and a balancer's own transfer is no workload's. */
const GOOGLE: readonly [RegExp, BilledKind][] = [
  [/cloud nat\b.*data process/, 'nat-processing'],
  [/cloud nat\b.*(?:uptime|gateway)/, 'nat-hours'],
  [/private service connect.*data process/, 'endpoint-processing'],
  [/private service connect.*(?:uptime|endpoint|forwarding)/, 'endpoint-hours'],
  [/(?:cdn|load balanc|cloud storage|interconnect|vpn|peering).*(?:data transfer|egress|ingress|download)/, 'other'],
  [/(?:data transfer in\b|ingress)/, 'ingress'],
  [/network inter.?zone (?:data transfer out|egress)/, 'cross-zone'],
  [/network inter.?region (?:data transfer out|egress)/, 'cross-region'],
  [/network internet (?:standard tier )?(?:data transfer out|egress)/, 'internet'],
  [/network .*(?:data transfer|egress)/, 'other'],
]

const AZURE: readonly [RegExp, BilledKind][] = [
  [/nat gateway.*data processed/, 'nat-processing'],
  [/nat gateway.*\bgateway$|nat gateway.*standard gateway/, 'nat-hours'],
  [/private (?:link|endpoint).*data processed/, 'endpoint-processing'],
  [/private endpoint/, 'endpoint-hours'],
  [/(?:cdn|front door|storage|vpn|expressroute|peering).*data transfer/, 'other'],
  [/data transfer in\b/, 'ingress'],
  [/availability zone.*data transfer out|inter-az.*data transfer out/, 'cross-zone'],
  [/(?:inter-region|intra continent|inter continent).*data transfer out/, 'cross-region'],
  [/data transfer out/, 'internet'],
  [/\bbandwidth\b/, 'other'],
]

/** What a line of Google Cloud or Azure is for, by the names of its service and meter together; null for anything else. */
export function cloudMeter(provider: string, names: readonly string[], unit: string): BilledKind | null {
  const meters = provider === 'gcp' ? GOOGLE : provider === 'azure' ? AZURE : []
  const text = names
    .filter((name) => name !== '')
    .join(' ')
    .toLowerCase()
  const kind = meters.find(([meter]) => meter.test(text))?.[1] ?? null
  const isByTheHour = kind?.endsWith('-hours') ?? false
  return isByTheHour && unit !== '' && !isHours(unit) ? null : kind
}
