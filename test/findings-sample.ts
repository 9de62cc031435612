/** Judged days and what they give cause for, for tests of findings. */
import { Readable } from 'node:stream'
import { startJudgedFolding } from '#core/compliance-fold.ts'
import { type ComplianceHistory, emptyComplianceHistory } from '#core/compliance-history.ts'
import { dayReport } from '#core/day.ts'
import type { DeclarationLink, InForce } from '#core/declarations.ts'
import { type DayDigest, digestOf } from '#core/digest.ts'
import type { Finding } from '#core/findings/finding.ts'
import { type Acceptance, defaultRules, type Rule, type RuleName } from '#core/findings/rules.ts'
import type { FlowRow } from '#core/flow.ts'
import type { IstioConfigs } from '#core/istio/config.ts'
import { judging } from '#core/judged-day.ts'
import type { Register } from '#core/register/register.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { readManifests } from '../functions/manifests.ts'
import { parseRegister } from '../functions/register-file.ts'
import { hourRecord, targetState } from './flow-rows.ts'

export const LINK: DeclarationLink = {
  from: '2026-01-01',
  recorded: '2026-01-01T06:00:00Z',
  sha256: 'a'.repeat(64),
  isLater: false,
}

export interface Declared {
  register?: string // YAML
  istio?: IstioConfigs
  istioIsLater?: boolean
  rules?: Partial<Record<RuleName, Partial<Omit<Rule, 'thresholds'>> & { thresholds?: Record<string, number> }>>
  accepted?: Omit<Acceptance, 'line'>[]
  registryOnly?: string[]
}

/** What is in force when this is declared, and nothing else. */
export function inForce(declared: Declared = {}): InForce {
  const rules = defaultRules()
  for (const [name, change] of Object.entries(declared.rules ?? {})) {
    const rule = rules.rules[name as RuleName]
    rules.rules[name as RuleName] = { ...rule, ...change, thresholds: { ...rule.thresholds, ...change.thresholds } }
  }
  rules.accepted = (declared.accepted ?? []).map((acceptance, at) => ({ line: at + 1, ...acceptance }))
  rules.registryOnly = declared.registryOnly ?? []
  const register: Register | null =
    declared.register === undefined ? null : parseRegister(declared.register, 'register.yaml')
  const istio = declared.istio ?? null
  return {
    links: {
      istio: istio && { ...LINK, isLater: declared.istioIsLater ?? false },
      register: register && LINK,
      rules: LINK,
    },
    istio,
    register,
    rules,
  }
}

export interface Judgement {
  digest: DayDigest
  inForce: InForce
}

/** The history of days, each as it was judged. */
export function foldAll(days: readonly Judgement[]): ComplianceHistory {
  const folding = startJudgedFolding(emptyComplianceHistory(), null)
  for (const day of days) folding.add(judging(day.inForce)(day.digest), day.inForce)
  return folding.history()
}

/** The history of days under one declaration. */
export function foldUnder(declared: Declared, digests: readonly DayDigest[]): ComplianceHistory {
  const held = inForce(declared)
  return foldAll(digests.map((digest) => ({ digest, inForce: held })))
}

/** The findings of one rule. */
export function of(rule: RuleName, { findings }: ComplianceHistory): Finding[] {
  return findings.filter((finding) => finding.rule === rule)
}

/** What a finding is about, in one text: 'mesh shop/checkout-v1 api.stripe.com'. */
export function about({ subject }: Finding): string {
  const { target, namespace, workload, host, declaration } = subject
  const source = workload === '' ? namespace : `${namespace}/${workload}`
  return [target, source, host, declaration].filter(Boolean).join(' ')
}

/** Istio's configuration of all targets, from its manifests. */
export async function istioOf(yaml: string): Promise<IstioConfigs> {
  return (await readManifests([{ path: '-', target: null }], Readable.from([Buffer.from(yaml)]))).configs
}

/** The manifest of a ServiceEntry in the namespace shop, called as its host with hyphens. */
export function serviceEntry(host: string, spec = 'ports: [{ number: 443, name: https, protocol: HTTPS }]'): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.replaceAll('.', '-')}, namespace: shop }
spec:
  hosts: [${host}]
  resolution: DNS
  ${spec}
---
`
}

/** The digest of a closed day whose rows fall into different hours (of day). */
export function hoursDigest(date: string, rowsOfHours: Record<number, FlowRow[]>): DayDigest {
  const day = Date.parse(date)
  const records = Array.from({ length: 24 }, (_, hour) =>
    hourRecord('mesh', day + hour * HOUR_MS, rowsOfHours[hour] ?? []),
  )
  const targets = [targetState('mesh', Date.parse('2026-01-01'), day + DAY_MS)]
  return digestOf(date, dayReport({ title: '', day, targets, records, previous: null, next: null }), records)
}
