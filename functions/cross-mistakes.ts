/** Mistakes that lie between files: what a file says of targets that the configuration has not, or of what another file has not. */
import { readFile } from 'node:fs/promises'
import type { Budgets } from '#core/costs/budgets.ts'
import type { Owners } from '#core/costs/owners.ts'
import type { Rules } from '#core/findings/rules.ts'
import type { Register } from '#core/register/register.ts'
import { parseSource } from '#core/register/source.ts'
import type { Config } from './config.ts'
import { type Mistake, show } from './mistakes.ts'
import { priceMistakesOf } from './place-mistakes.ts'
import type { PriceFiles } from './prices-file.ts'
import { ConfigError, formatPath } from './strict-file.ts'
import { readYaml } from './yaml.ts'

/** What was read of the files, each in order by itself; null where none is named, or it is not in order. */
export interface ReadFiles {
  register: Register | null
  rules: Rules | null
  prices: PriceFiles | null
  owners: Owners | null
  budgets: Budgets | null
}

/** One error for each file that has any. */
export async function crossMistakes(config: Config, files: ReadFiles): Promise<ConfigError[]> {
  const { register, rules, prices, owners, budgets } = files
  const known = config.targets.map(({ name }) => name)
  const inRegister = (['entries', 'residency'] as const).flatMap((list) =>
    (register?.[list] ?? []).flatMap(({ from }, i) => unknownTargets(from, [list, i, 'from'], known)),
  )
  const found: [file: string | null, mistakes: Mistake[], noun: string][] = [
    [config.path, prices === null ? [] : priceMistakesOf(config, prices), 'configuration'],
    [config.register, inRegister, 'register'],
    [config.findings, unknownTargets(rules?.registryOnly ?? [], ['registryOnly'], known), 'file of findings'],
    [config.prices, prices === null ? [] : unknownPayers(prices, config), 'file of prices'],
    [
      config.owners,
      (owners?.teams ?? []).flatMap(({ from }, i) => unknownTargets(from, ['teams', i, 'from'], known)),
      'file of owners',
    ],
    [config.budgets, budgets === null ? [] : budgetMistakes(budgets, files, config), 'file of budgets'],
  ]
  const errors = found.map(([file, mistakes, noun]) =>
    file === null || mistakes.length === 0 ? null : placed(file, mistakes, noun),
  )
  return (await Promise.all(errors)).filter((error) => error !== null)
}

function unknownTargets(patterns: readonly string[], path: Mistake['path'], known: readonly string[]): Mistake[] {
  return patterns.flatMap((pattern, i) => {
    const target = parseSource(pattern)?.target ?? null
    if (target === null || known.includes(target)) return []
    const message = `${show(pattern)} is of no target of the configuration, which has ${known.map(show).join(', ')}`
    return [{ path: [...path, i], message }]
  })
}

/** Other traffic that would enter nobody's month. */
function unknownPayers({ otherTraffic }: PriceFiles, { clouds }: Config): Mistake[] {
  const payers = Object.values(clouds).map(({ payer, provider }) => ({ payer, provider }))
  return otherTraffic.flatMap(({ payer, provider }, i) => {
    if (payers.some((one) => one.payer === payer && one.provider === provider)) return []
    const of = payers.filter((one) => one.provider === provider).map((one) => show(one.payer))
    const told = of.length === 0 ? `of ${provider} at all` : `but ${[...new Set(of)].join(', ')}`
    const message = `is of payer ${show(payer)}, and the clouds of the targets have none ${told}; take it out, or give the payer of a target`
    return [{ path: ['otherTraffic', i], message }]
  })
}

function budgetMistakes({ currency, budgets }: Budgets, { prices, owners }: ReadFiles, config: Config): Mistake[] {
  const mistakes: Mistake[] = []
  if (prices !== null && prices.currency !== currency) {
    const message = `is ${currency}, and the prices are in ${prices.currency}; state the budgets in ${prices.currency}`
    mistakes.push({ path: ['currency'], message })
  }
  if (owners === null && config.owners !== null) return mistakes // which teams there are cannot be told
  const teams = (owners?.teams ?? []).map(({ name }) => name)
  const known =
    teams.length === 0 ? 'none' : `${teams.slice(0, 10).map(show).join(', ')}${teams.length > 10 ? ', …' : ''}`
  for (const [i, { team }] of budgets.entries()) {
    if (team === '' || teams.includes(team)) continue
    const whose =
      config.owners === null ? 'the configuration names no file of owners' : `the file of owners has ${known}`
    mistakes.push({ path: ['budgets', i, 'team'], message: `${show(team)} is no team; ${whose}` })
  }
  return mistakes
}

async function placed(file: string, mistakes: readonly Mistake[], noun: string): Promise<ConfigError> {
  const { placeOf } = readYaml(await readFile(file, 'utf8'))
  const problems = mistakes.map(({ path, message }) => ({ ...placeOf(path, 'value'), path: formatPath(path), message }))
  return new ConfigError(file, problems, noun)
}
