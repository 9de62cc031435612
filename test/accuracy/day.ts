/**
 * A day of a small mesh, by PromQL and by the ledger, beside the truth: `npm run accuracy [seed] [hours]`. Prints Markdown.
 * The same seed prints the same figures; needs Debian's `prometheus`, or PROMETHEUS=/path/to/it.
 */
import { prometheus } from '../prometheus.ts'
import { type Errors, errorsOf } from './errors.ts'
import { type Measured, type MeasuredWorkload, measure, sum } from './measure.ts'
import { WORKLOADS } from './mesh.ts'

const PROMETHEUS_SECONDS = [15, 60]
const LEDGER_SECONDS = [60, 300]

const [seed = 1, hours = 24] = process.argv.slice(2).map(Number)
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(hours) || seed < 0 || hours < 1) {
  throw new Error(`"${process.argv.slice(2).join(' ')}" is no seed and number of hours; write for example 1 24`)
}
if (prometheus === null) throw new Error('no prometheus on the PATH; apt-get install prometheus, or set $PROMETHEUS')

console.log(`Bytes out of a simulated mesh in ${hours} hours (seed ${seed}), beside the truth. Each cell: all hours together,
**above +** or below −; a typical hour, as the mean of absolute errors; the worst hour.\n`)
for (const [name, { about }] of Object.entries(WORKLOADS)) console.log(`- *${name}*: ${about}`)
for (const prometheusSeconds of PROMETHEUS_SECONDS) {
  const workloads = Object.keys(WORKLOADS)
  const measured = await measure({ seed, workloads, hours, prometheusSeconds, ledgerSeconds: LEDGER_SECONDS })
  console.log(`\nA Prometheus that scrapes every ${prometheusSeconds} s:\n`)
  console.log(table(measured))
  console.log()
  for (const [index, seconds] of LEDGER_SECONDS.entries()) console.log(declaration(measured, seconds, index))
}

function table({ workloads }: Measured): string {
  const head = [
    'workload',
    'never sampled',
    '`increase([1h])`',
    ...LEDGER_SECONDS.map((each) => `ledger, ${every(each)}`),
  ]
  const rows = workloads.map((one) => {
    const told = [one.increase, ...one.ledgers].map((hours) => cell(errorsOf(hours, one.truth)))
    return [one.workload, signed(-one.unsampled / sum(one.truth)), ...told]
  })
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function cell({ total, typicalHour, worstHour }: Errors): string {
  return `**${signed(total)}** · ${percent(typicalHour)} · ${signed(worstHour)}`
}

/** What coverage says of the ledger's shortfall, beside the shortfall. */
function declaration({ workloads, declared }: Measured, seconds: number, index: number): string {
  const total = (of: (one: MeasuredWorkload) => readonly number[]) => sum(workloads.flatMap(of))
  const truth = total((one) => one.truth)
  const short = truth - total((one) => one.ledgers[index])
  return (
    `The ledger ${every(seconds)} is short of ${percent(short / truth)} of all workloads' bytes, ` +
    `and its coverage declares ${percent(declared[index] / truth)}.`
  )
}

function every(seconds: number): string {
  return `every ${seconds / 60} min`
}

function signed(share: number): string {
  const text = percent(Math.abs(share))
  return Number.parseFloat(text) === 0 ? text : `${share < 0 ? '−' : '+'}${text}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
