/**
 * Folds three years of judged days, 150 workloads and 400 destinations, into the compliance history, and says what a day
 * costs and how many bytes the history takes: node test/benchmark/compliance.ts [days]. Checks that the history is read
 * back as it was written, and that its figures are those of the days.
 */
import { isDeepStrictEqual } from 'node:util'
import { startJudgedFolding } from '#core/compliance-fold.ts'
import { emptyComplianceHistory } from '#core/compliance-history.ts'
import { judging } from '#core/judged-day.ts'
import { decodeComplianceHistory, encodeComplianceHistory } from '#core/packed-compliance.ts'
import { dateAfter, dayDigest } from '../day-digest.ts'
import { inForce, istioOf, serviceEntry } from '../findings-sample.ts'
import { flowRow } from '../flow-rows.ts'

const FIRST = '2026-01-01'
const [WORKLOADS, DESTINATIONS, CALLS] = [150, 400, 12] // destinations that a workload calls
const DAYS_AT_A_TIME = 60
const days = Number(process.argv[2] ?? 1095)

let seed = 1
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1
  return seed % below
}

const hosts = Array.from({ length: DESTINATIONS }, (_, n) => `api${n}.vendor${n}.example`)
const pairs = Array.from({ length: WORKLOADS * CALLS }, (_, n) => ({
  workload: n % WORKLOADS,
  destination: random(DESTINATIONS),
}))
const register = hosts.slice(0, 300).map((destination, n) => {
  const approval = n % 7 === 0 ? '' : ', approvedBy: Dana, approvedOn: 2026-01-01'
  const place = `, country: ${n % 5 === 0 ? 'US' : 'DE'}`
  return `  - { name: entry-${n}, destination: ${destination}, from: ["*"], owner: x, need: y${approval}${place} }`
})
const held = inForce({
  register: `entries:\n${register.join('\n')}\nresidency: [{ name: eu, from: [ns1, ns2, ns3], countries: [DE] }]\n`,
  istio: await istioOf(
    hosts
      .slice(0, 200)
      .map((host) => serviceEntry(host))
      .join(''),
  ),
})
const judge = judging(held)

function dayOf(n: number) {
  const rows = pairs
    .filter(() => random(10) < 8)
    .map(({ workload, destination }) => {
      const isTcp = destination % 3 > 0
      return flowRow({
        sourceNamespace: `ns${workload % 20}`,
        sourceWorkload: `workload-${workload}`,
        destinationHost: hosts[destination],
        destinationService: hosts[destination],
        destinationClass: destination % 4 === 0 ? 'passthrough' : 'registered',
        protocol: isTcp ? 'tcp' : 'http',
        requests: isTcp ? 0 : 1 + random(100_000),
        connectionsClosed: isTcp ? random(10_000) : 0,
        egressBytes: random(1_000_000_000),
      })
    })
  return judge(dayDigest(dateAfter(FIRST, n), rows))
}

const folding = startJudgedFolding(emptyComplianceHistory(), null)
let cpuMs = 0
let edges = 0
let bytesOut = 0
for (let from = 0; from < days; from += DAYS_AT_A_TIME) {
  const judged = Array.from({ length: Math.min(DAYS_AT_A_TIME, days - from) }, (_, n) => dayOf(from + n))
  for (const { edges: all } of judged) {
    edges += all.length
    for (const { totals } of all) bytesOut += totals.egressBytes
  }
  const before = process.cpuUsage()
  for (const day of judged) folding.add(day, held)
  const { user, system } = process.cpuUsage(before)
  cpuMs += (user + system) / 1000
}
const history = folding.history()
const bytes = encodeComplianceHistory(history)

if (!isDeepStrictEqual(decodeComplianceHistory(bytes, 'benchmark'), history)) throw new Error('it is not read back')
const told = history.days.reduce((sum, { byPlace }) => {
  return Object.values(byPlace).reduce((all, { egressBytes }) => all + egressBytes, sum)
}, 0)
if (told !== bytesOut) throw new Error(`the history has ${told} bytes out, and its days had ${bytesOut}`)
console.log(
  `${days} days of ${Math.round(edges / days)} edges: ${(cpuMs / days).toFixed(1)} ms of CPU a day, ` +
    `${history.findings.length} findings, ${bytes.length} bytes`,
)
