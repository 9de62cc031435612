import type { Prices } from '#core/costs/prices.ts'
import type { Rules } from '#core/findings/rules.ts'
import type { Register } from '#core/register/register.ts'
import { isoDate } from '#core/time.ts'
import type { AwsSettings, Config, SigningKey } from '../config.ts'
import { type DeclaredFiles, readDeclared } from '../declared.ts'
import { priceWarnings } from '../price-warnings.ts'
import { pricesFor } from '../prices-file.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, noWords } from './command.ts'

export const check = checkAt(Date.now)

/** The command as of a time, in ms since epoch: by it prices are old, and days without one are past. */
export function checkAt(now: () => number): Command {
  return {
    name: 'check',
    summary: 'read the configuration and all it names, and say all that is wrong',
    usage: '[--json] [--config FILE]',
    help: [
      'Reads the configuration and the files that it names: the egress register, the rules of findings, prices with their',
      'books, owners, budgets, and the manifests of Istio. Says every mistake of all of them at once, with file and line, and',
      'what one file says that another contradicts. Of prices it warns, which is no mistake: of days that none covers, of what',
      'was read more than a year ago, and of what targets are sure to be charged and no price is for.',
      'It connects to nothing and writes nothing.',
    ].join('\n'),
    options: { ...CONFIG_OPTION, ...JSON_OPTION },
    async run(values, words, terminal) {
      noWords(words)
      const config = await configOf(values, terminal)
      const { read, errors } = await readDeclared(config, now)
      for (const { message } of errors) terminal.say(message)
      if (errors.length > 0) return 2
      const warnings = priceWarnings(config, read.prices, isoDate(now()))
      if (values.json === true) {
        await terminal.out(`${JSON.stringify({ ...config, read: counts(config, read), warnings })}\n`)
        return 0
      }
      await terminal.out(describe(config, read))
      for (const warning of warnings) terminal.say(`warning: ${warning}`)
      return 0
    },
  }
}

function counts({ clouds }: Config, { manifests, register, rules, prices, owners, budgets }: DeclaredFiles): object {
  return {
    istio: manifests === null ? null : { ...manifests.read, skipped: manifests.skipped },
    register: register === null ? null : registerCounts(register),
    findings: rules === null ? null : rulesCounts(rules),
    prices: prices === null ? null : pricesCounts(pricesFor(prices, clouds)),
    owners: owners === null ? null : { teams: owners.teams.length },
    budgets: budgets === null ? null : { budgets: budgets.budgets.length },
  }
}

/** Of what is declared: the prices that some target may be charged. */
function pricesCounts({ currency, entries, rules, otherTraffic }: Prices) {
  const books = [...new Set(entries.map(({ book }) => book))].sort()
  return { currency, entries: entries.length, books, rules: rules.length, otherTraffic: otherTraffic.length }
}

function registerCounts({ entries, residency }: Register) {
  const pending = entries.filter(({ approvedBy }) => approvedBy === '').length
  return { entries: entries.length, pending, residency: residency.length }
}

function rulesCounts({ rules, accepted, registryOnly }: Rules) {
  const off = Object.values(rules).filter(({ isOn }) => !isOn).length
  return { rules: Object.keys(rules).length - off, off, accepted: accepted.length, registryOnly: registryOnly.length }
}

function describe(config: Config, read: DeclaredFiles): string {
  const { path, store, retention, targets, site, aws } = config
  const place = store.kind === 'folder' ? store.path : `s3://${store.bucket}/${store.prefix}`
  const kept = retention === null ? '' : `, held for ${retention.days} days in ${retention.mode} mode`
  const lines = [
    `configuration ${path} is in order`,
    `store   ${place}${kept}`,
    ...targets.map(({ name, url, intervalSeconds }) => `target  ${name}  ${url}  every ${intervalSeconds} s`),
    `site    "${site.title}" into ${site.outDir}${site.url === null ? '' : `, read at ${site.url}`}`,
    ...describeNamed(config, read),
    ...(aws === null ? [] : describeAws(aws)),
  ]
  return `${lines.join('\n')}\n`
}

function describeNamed(config: Config, read: DeclaredFiles): string[] {
  const { istio, register, findings, notify, signing } = config
  const lines: string[] = []
  if (read.manifests !== null) {
    const { read: kinds, skipped } = read.manifests
    const found = Object.entries(kinds).filter(([, count]) => count > 0)
    const has = found.length === 0 ? 'nothing of Istio' : found.map(([kind, count]) => counted(count, kind)).join(', ')
    const others = skipped === 0 ? '' : `; ${counted(skipped, 'document')} of other kinds passed over`
    lines.push(`istio   ${istio.map(({ path }) => path).join(', ')}  ${has}${others}`)
  }
  if (read.register !== null) {
    const { entries, pending, residency } = registerCounts(read.register)
    const waiting = pending === 0 ? '' : `, ${pending} of them not approved yet`
    lines.push(`register  ${register}  ${counted(entries, 'entry')}${waiting}, ${counted(residency, 'residency rule')}`)
  }
  if (read.rules !== null) {
    const { rules, off, accepted } = rulesCounts(read.rules)
    const left = off === 0 ? '' : `, ${off} off`
    lines.push(`findings  ${findings}  ${counted(rules, 'rule')}${left}, ${counted(accepted, 'acceptance')}`)
  }
  lines.push(...describeMoney(config, read))
  const told = [notify.webhook === null ? '' : `the webhook in ${notify.webhook}`, notify.sns ?? ''].filter(Boolean)
  if (told.length > 0) lines.push(`notify  new findings to ${told.join(' and ')}`)
  if (signing !== null) lines.push(`signing seals by ${describeKey(signing)}`)
  return lines
}

function describeMoney(config: Config, { prices, owners, budgets }: DeclaredFiles): string[] {
  const lines: string[] = []
  if (prices !== null) {
    const { currency, entries, books, rules } = pricesCounts(pricesFor(prices, config.clouds))
    const of = books.length === 0 ? '' : ` of ${books.join(', ')}`
    lines.push(`prices  ${config.prices}  ${counted(entries, 'price')} in ${currency}${of}, ${counted(rules, 'rule')}`)
  }
  if (owners !== null) lines.push(`owners  ${config.owners}  ${counted(owners.teams.length, 'team')}`)
  if (budgets !== null) {
    const { currency, budgets: list } = budgets
    lines.push(`budgets  ${config.budgets}  ${counted(list.length, 'budget')} in ${currency}`)
  }
  return lines
}

function describeKey(signing: SigningKey): string {
  return signing.kind === 'file' ? `the key in ${signing.path}` : `the KMS key ${signing.keyId}`
}

function counted(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
  return `${count} ${count === 1 ? noun : plural}`
}
function describeAws({ region, stack, bucket, vpc, scrapeMemory, alarms, viewers }: AwsSettings): string[] {
  const scrapes = vpc === null ? 'outside of any VPC' : `in ${vpc.subnets.join(', ')}`
  const known = [
    ...(viewers.password === null ? [] : [`who knows the password in ${viewers.password}`]),
    ...(viewers.addresses.length === 0 ? [] : [`from ${viewers.addresses.join(', ')}`]),
  ]
  return [
    `aws     stack ${stack} in ${region}, ${bucket === 'create' ? 'with' : 'without'} the bucket; scrapes ${scrapes} with ${scrapeMemory} MB`,
    `alarms  when samples are ${alarms.headAgeMinutes} minutes old, to ${alarms.email ?? "the topic's subscribers"}`,
    `viewers ${known.length === 0 ? 'nobody; give aws.viewers a password, addresses or both' : known.join(', ')}`,
  ]
}
