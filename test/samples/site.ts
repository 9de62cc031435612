/** The sample site: reports of pages of every kind that look at days, months, destinations and workloads, by their addresses. */
import {
  ATTESTATION,
  BILL,
  BLOCKED,
  COMPLIANCE,
  COSTS,
  COVERAGE,
  changesAddress,
  DESTINATIONS,
  DOWNLOADS,
  dayAddress,
  destinationAddress,
  FINDINGS,
  HOME,
  monthAddress,
  monthDownloadsAddress,
  READINESS,
  REGISTER,
  RESIDENCY,
  SAVINGS,
  SHOWBACK,
  WORKLOADS,
  workloadAddress,
} from '#core/addresses.ts'
import type { DayPageReport } from '#core/reports/day.ts'
import { DAY_WITH_GAPS, DAY_WITHOUT_DATA, LAST_DAY, SCRIPT_HOST, sampleDay } from '../report-sample.ts'
import type { Reports } from '../site-build.ts'
import { sampleAttestation } from './attestation.ts'
import { sampleBill } from './bill.ts'
import { sampleCompliance, sampleDayCompliance } from './compliance.ts'
import {
  sampleCosts,
  sampleDayCosts,
  sampleDestinationCosts,
  sampleMonthCosts,
  sampleShowback,
  sampleWorkloadCosts,
} from './costs.ts'
import { SAMPLE_MONTH, sampleDownloads } from './downloads.ts'
import { sampleFindings } from './findings.ts'
import {
  sampleDestination,
  sampleDestinations,
  sampleHome,
  sampleMonth,
  sampleWorkload,
  sampleWorkloads,
} from './history.ts'
import { sampleBlocked, sampleChanges, sampleCoverage } from './lookouts.ts'
import { sampleReadiness } from './readiness.ts'
import { sampleRegister } from './register.ts'
import { sampleResidency } from './residency.ts'
import { sampleSavings } from './savings.ts'

export const WHOLE_DAY = '2026-11-19'
export const MONTH = '2026-11'
export const MOVED_HOST = 'huggingface.co' // passthrough until it was registered
export const BATCH = {
  target: 'prod-us',
  namespace: 'legacy',
  workload: 'nightly-batch-reconciliation-with-warehouse-v2',
}

const downloads = (await sampleDownloads()).report

/** The address of one page of each kind. */
export const KINDS: [kind: string, address: string][] = [
  ['home page', HOME],
  ['day', dayAddress(DAY_WITH_GAPS)],
  ['month', monthAddress(MONTH)],
  ['list of destinations', DESTINATIONS],
  ['destination', destinationAddress(MOVED_HOST)],
  ['list of workloads', WORKLOADS],
  ['workload', workloadAddress(BATCH.target, BATCH.namespace, BATCH.workload)],
  ['changes', changesAddress(WHOLE_DAY)],
  ['blocked', BLOCKED],
  ['coverage', COVERAGE],
  ['downloads', DOWNLOADS],
  ['compliance', COMPLIANCE],
  ['findings', FINDINGS],
  ['register', REGISTER],
  ['readiness', READINESS],
  ['residency', RESIDENCY],
  ['attestation', ATTESTATION],
  ['costs', COSTS],
  ['showback', SHOWBACK],
  ['savings', SAVINGS],
  ['bill', BILL],
]

/** A day's page with what was judged of it. */
export function sampleDayPage(date: string): DayPageReport {
  return { ...sampleDay(date), compliance: sampleDayCompliance(date), costs: sampleDayCosts(date) }
}

export function sampleSite(): Reports {
  const days = [DAY_WITH_GAPS, DAY_WITHOUT_DATA, WHOLE_DAY, LAST_DAY]
  const hosts = [MOVED_HOST, SCRIPT_HOST, '']
  return {
    [HOME]: sampleHome(),
    ...Object.fromEntries(days.map((date) => [dayAddress(date), sampleDayPage(date)])),
    [monthAddress(MONTH)]: { ...sampleMonth(MONTH), costs: sampleMonthCosts(MONTH) },
    [DESTINATIONS]: sampleDestinations(),
    ...Object.fromEntries(
      hosts.map((host) => [
        destinationAddress(host),
        { ...sampleDestination(host), costs: sampleDestinationCosts(host) },
      ]),
    ),
    [WORKLOADS]: sampleWorkloads(),
    [workloadAddress(BATCH.target, BATCH.namespace, BATCH.workload)]: {
      ...sampleWorkload(BATCH),
      costs: sampleWorkloadCosts(BATCH),
    },
    ...Object.fromEntries(days.map((date) => [changesAddress(date), sampleChanges(date)])),
    [BLOCKED]: sampleBlocked(),
    [COVERAGE]: sampleCoverage(),
    [DOWNLOADS]: downloads,
    [monthDownloadsAddress(SAMPLE_MONTH)]: downloads,
    [COMPLIANCE]: sampleCompliance(),
    [FINDINGS]: sampleFindings(),
    [REGISTER]: sampleRegister(),
    [READINESS]: sampleReadiness(),
    [RESIDENCY]: sampleResidency(),
    [ATTESTATION]: sampleAttestation(),
    [COSTS]: sampleCosts(),
    [SHOWBACK]: sampleShowback(),
    [SAVINGS]: sampleSavings(),
    [BILL]: sampleBill(),
  }
}
