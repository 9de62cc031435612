/** Sample findings: what a company's two meshes gave cause for in five weeks, some accepted and some gone again. */
import { type Finding, type FindingState, findingId, type Subject, subjectOf } from '#core/findings/finding.ts'
import type { RuleName, Severity } from '#core/findings/rules.ts'
import type { FindingsReport } from '#core/reports/findings.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import { DAY_WITH_GAPS, LAST_DAY, SCRIPT_HOST, sampleDates, sampleDownload } from '../report-sample.ts'

export const THROUGH = isoDate(parseDate(LAST_DAY) - DAY_MS)

type Place = [target?: string, namespace?: string, workload?: string]
type Days = [first: string, last: string, days: number]
type Sums = [requests: number, connections: number, egressBytes: number, hours: number]

const REMEDY: Partial<Record<RuleName, string>> = {
  unapproved:
    'Have the destination approved in the register, or take the calls out; `wharfage register draft` writes the entry.',
  'expired-approval': 'Renew the approval in the register, or stop the calls and take the ServiceEntry out.',
  passthrough: 'Declare the destination with a ServiceEntry, or restrict the namespace by a Sidecar.',
  'blocked-burst': 'Find out what ran in the pod in these hours, and keep its logs and image before it is replaced.',
  'silent-plaintext': 'Give the DestinationRule a workloadSelector, or mount the certificates and name them by path.',
  plaintext: 'Originate TLS at the proxy: a DestinationRule with tls.mode SIMPLE and targetPort 443.',
  'weak-evidence': 'Give the ServiceEntry addresses, or its port the protocol TLS so that the proxy matches the SNI.',
  'host-spoofing': 'Treat the destination as unknown: the Host header is the client’s word. Look at the workload.',
  'look-alike': 'Compare the name with the approved one letter by letter before anything else.',
}

function finding(
  rule: RuleName,
  severity: Severity,
  [target = '', namespace = '', workload = '']: Place,
  about: Partial<Subject>,
  [first, last, days]: Days,
  [requests, connections, egressBytes, hours]: Sums,
  sentence: string,
  more: Partial<Pick<Finding, 'state' | 'acceptance' | 'remedy'>> = {},
): Finding {
  const subject = subjectOf({ target, namespace, workload, ...about })
  const state: FindingState = last === THROUGH ? 'open' : 'gone'
  return {
    id: findingId(rule, subject),
    ...{ rule, severity, subject, state, first, last, days, opened: first, sentence },
    goneOn: last === THROUGH ? '' : isoDate(parseDate(last) + DAY_MS),
    acceptance: null,
    evidence: { requests, connections, egressBytes, ingressBytes: Math.floor(egressBytes / 8), hours },
    complete: last < DAY_WITH_GAPS,
    remedy: REMEDY[rule] ?? 'Look at the flows of these days, and decide whether they are meant.',
    ...more,
  }
}

const GB = 1e9
const MB = 1e6

/** Open first, then most severe, then newest. */
export const FINDINGS: readonly Finding[] = [
  finding(
    'silent-plaintext',
    'high',
    ['prod-us', 'analytics', 'sync'],
    { host: 'api.crm.example', declaration: 'analytics/crm-tls' },
    ['2026-11-02', THROUGH, 18],
    [412_000, 0, 536 * MB, 402],
    'api.crm.example is called in plaintext by analytics/sync although DestinationRule analytics/crm-tls (crm.yaml:31) declares TLS: a credentialName without a workloadSelector does not take hold on a sidecar.',
  ),
  finding(
    'outside-region',
    'high',
    ['prod-eu', 'shop', 'feed-export'],
    { host: 'feeds.pricecompare.example' },
    ['2026-11-04', THROUGH, 16],
    [2_410_000, 0, 13 * GB, 380],
    'shop sends to feeds.pricecompare.example, declared in the United States (us-east-1), and its rule “shop stays in the EU” allows DE, FR, IE and NL: 13.0 GB in 380 hours.',
  ),
  finding(
    'expired-approval',
    'high',
    ['prod-eu', 'legacy', 'erp-bridge-v1'],
    { declaration: 'erp-unknown-hosts' },
    ['2026-11-15', THROUGH, 5],
    [0, 21_400, 6.2 * GB, 96],
    'The entry erp-unknown-hosts expired on 15 November 2026 and legacy/erp-bridge-v1 goes on: 21,400 connections and 6.20 GB since.',
  ),
  finding(
    'unapproved',
    'high',
    ['prod-us', 'ambient-apps', 'assistant'],
    { host: 'api.openai.example' },
    ['2026-10-20', THROUGH, 31],
    [2_840_000, 0, 22 * GB, 712],
    'ambient-apps/assistant calls api.openai.example, and nobody has approved its entry openai: 2.84 M requests and 22.0 GB in 31 days.',
  ),
  finding(
    'passthrough',
    'medium',
    ['prod-us', 'ambient-apps', 'crawler'],
    {},
    ['2026-10-17', THROUGH, 33],
    [0, 640_000, 5.8 * GB, 790],
    'ambient-apps/crawler reaches unknown hosts although REGISTRY_ONLY is expected; ztunnel does not enforce it.',
  ),
  finding(
    'unapproved',
    'medium',
    ['prod-us', 'labs', 'notebook-v1'],
    { host: 'weights.models.example' },
    ['2026-10-23', THROUGH, 24],
    [5_900, 0, 1.5 * MB, 230],
    'labs/notebook-v1 calls weights.models.example, which no entry of the register matches: 5,900 requests and 1.50 MB in 24 days.',
  ),
  finding(
    'unapproved',
    'medium',
    ['prod-us', 'legacy', 'nightly-batch-reconciliation-with-warehouse-v2'],
    { host: SCRIPT_HOST },
    ['2026-11-01', THROUGH, 17],
    [51, 0, 46_000, 40],
    `legacy/nightly-batch-reconciliation-with-warehouse-v2 claims ${SCRIPT_HOST} as its destination, which is no name a host can have.`,
  ),
  finding(
    'weak-evidence',
    'medium',
    ['prod-eu', 'shop', 'newsletter'],
    { host: 'smtp.mailprovider.example', declaration: 'shop/mailprovider' },
    ['2026-10-17', THROUGH, 34],
    [0, 41_000, 3.6 * GB, 720],
    'All traffic on port 587 counts as smtp.mailprovider.example: ServiceEntry shop/mailprovider (mail.yaml:12) says protocol TCP and has no addresses.',
  ),
  finding(
    'plaintext',
    'medium',
    ['prod-eu', 'recipes', 'idgen-v1'],
    { host: 'httpbin.org' },
    ['2026-10-17', THROUGH, 33],
    [1_610_000, 0, 660 * MB, 801],
    'recipes/idgen-v1 calls httpbin.org in plaintext HTTP: 1.61 M requests and 660 MB.',
    {
      state: 'accepted',
      acceptance: {
        by: 'Ines Duarte',
        why: 'carries no customer data; leaves with idgen v2',
        from: '2026-10-20',
        until: '2027-01-15',
      },
    },
  ),
  finding(
    'overdue-review',
    'medium',
    [],
    { declaration: 'googleapis-books' },
    ['2026-11-11', THROUGH, 9],
    [0, 0, 0, 0],
    'The entry googleapis-books was due for review on 10 November 2026.',
  ),
  finding(
    'volume',
    'low',
    ['prod-eu', 'bookinfo', 'details-v2'],
    { host: 'www.googleapis.com' },
    ['2026-11-18', THROUGH, 2],
    [410_000, 0, 471 * MB, 31],
    'www.googleapis.com took 471 MB, 4.1 times the most of its 28 days before.',
  ),
  finding(
    'unused-service-entry',
    'low',
    [],
    { target: 'prod-eu', declaration: 'bookinfo/googleapis' },
    ['2026-11-15', THROUGH, 5],
    [0, 0, 0, 0],
    'Nothing has used ServiceEntry bookinfo/googleapis (*.googleapis.com) for 15 days.',
  ),
  finding(
    'unused-approval',
    'low',
    [],
    { declaration: 'supplier-maps' },
    ['2026-10-17', THROUGH, 34],
    [0, 0, 0, 0],
    'Nothing has used the entry supplier-maps for 118 days.',
    {
      state: 'accepted',
      acceptance: { by: 'Tomás Ruiz', why: 'seasonal, used each December', from: '2026-10-20', until: '2027-01-31' },
    },
  ),
  finding(
    'blocked-burst',
    'high',
    ['prod-eu', 'shop', 'thumbnailer-v1'],
    {},
    ['2026-11-09', '2026-11-09', 1],
    [36_000, 41_300, 0, 2],
    'shop/thumbnailer-v1 was refused 77,300 times within two hours, to pastebin.example, drop.blocked.example.net and four more; it usually is not refused at all.',
  ),
  finding(
    'look-alike',
    'high',
    ['prod-eu', 'recipes', 'linkcheck-v2'],
    { host: 'api.str1pe.com' },
    ['2026-10-28', '2026-10-28', 1],
    [22, 0, 5060, 1],
    'api.str1pe.com is one letter off the approved api.stripe.com.',
  ),
  finding(
    'host-spoofing',
    'high',
    ['prod-eu', 'recipes', 'linkcheck-v2'],
    { host: 'payments.shop.svc.cluster.local' },
    ['2026-10-27', '2026-10-29', 2],
    [2300, 0, 2 * MB, 48],
    'recipes/linkcheck-v2 claimed payments.shop.svc.cluster.local in the Host header of passthrough flows.',
  ),
  finding(
    'coverage-gap',
    'medium',
    ['prod-eu'],
    {},
    ['2026-11-12', '2026-11-12', 1],
    [0, 0, 0, 0],
    'prod-eu was not observed for 3 h 44 min on 12 November 2026: nothing can be said of what left then.',
  ),
  finding(
    'new-destination',
    'low',
    ['prod-eu', 'recipes', 'idgen-v1'],
    { host: 'feeds.supplier-b.example' },
    ['2026-11-06', '2026-11-06', 1],
    [64_000, 0, 26 * MB, 15],
    'feeds.supplier-b.example was called for the first time.',
  ),
]

export function sampleFindings(): FindingsReport {
  const dates = sampleDates().filter((date) => date <= THROUGH)
  const opened = dates.map((date) => ({
    date,
    open: FINDINGS.filter(({ first, last, state }) => state !== 'accepted' && first <= date && date <= last).length,
    opened: FINDINGS.filter(({ first }) => first === date).length,
    gone: FINDINGS.filter(({ last }) => isoDate(parseDate(last) + DAY_MS) === date).length,
  }))
  return {
    schema: 1,
    page: 'findings',
    title: 'Egress',
    downloads: [sampleDownload('findings.csv', 'Every finding', FINDINGS.length)],
    through: THROUGH,
    provisional: false,
    findings: [...FINDINGS],
    forgotten: 0,
    opened,
  }
}
