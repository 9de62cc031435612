/** What the files that a configuration names declare, and all that is wrong with them. */
import type { Budgets } from '#core/costs/budgets.ts'
import type { Owners } from '#core/costs/owners.ts'
import type { Declared } from '#core/declarations.ts'
import type { Rules } from '#core/findings/rules.ts'
import type { Register } from '#core/register/register.ts'
import { HOUR_MS, isoDate } from '#core/time.ts'
import { loadBudgets } from './budgets-file.ts'
import type { Config } from './config.ts'
import { crossMistakes } from './cross-mistakes.ts'
import { type Manifests, readManifests } from './manifests.ts'
import { loadOwners } from './owners-file.ts'
import { type PriceFiles, PricesError, pricesFor, readPrices } from './prices-file.ts'
import { loadRegister } from './register-file.ts'
import { loadRules } from './rules-file.ts'
import { ConfigError } from './strict-file.ts'

/** Somewhere on earth it is this much later than in UTC. */
const AHEAD_MS = 14 * HOUR_MS

/** What the files hold; null where the configuration names none, or where one is wrong. */
export interface DeclaredFiles {
  manifests: Manifests | null
  register: Register | null
  rules: Rules | null
  prices: PriceFiles | null
  owners: Owners | null
  budgets: Budgets | null
}

/** Mistakes of one or more of the files, each told in the message. */
export class DeclaredError extends Error {}

type Named = Pick<Config, 'istio' | 'register' | 'findings'> &
  Partial<Pick<Config, 'prices' | 'owners' | 'budgets' | 'clouds'>>
type Read = { read: DeclaredFiles; errors: Error[] }

/** Reads all files, and gives the mistakes of each, and what one says that another contradicts. */
export async function readDeclared(config: Config, now: () => number = Date.now): Promise<Read> {
  const { read, errors } = await readFiles(config, now)
  return { read, errors: [...errors, ...(await crossMistakes(config, read))] }
}

/** Reads all files; throws DeclaredError with every mistake of all of them. */
export async function loadDeclared(config: Config, now: () => number = Date.now): Promise<Declared> {
  return declaredBy(await readDeclared(config, now), config)
}

/** The same of files that belong to no configuration with targets. */
export async function loadDeclaredFiles(named: Named, now: () => number = Date.now): Promise<Declared> {
  return declaredBy(await readFiles(named, now), named)
}

function declaredBy({ read, errors }: Read, { clouds = {} }: Named): Declared {
  if (errors.length > 0) throw new DeclaredError(errors.map(({ message }) => message).join('\n'))
  const { manifests, register, rules, prices, owners, budgets } = read
  return {
    ...{ istio: manifests?.configs ?? null, register, rules },
    ...{ prices: prices === null ? null : pricesFor(prices, clouds), owners, budgets },
  }
}

async function readFiles(named: Named, now: () => number): Promise<Read> {
  const { istio, register, findings, prices = null, owners = null, budgets = null } = named
  const errors: Error[] = []
  const reading = async <T>(read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read()
    } catch (error) {
      if (error instanceof PricesError) errors.push(...error.errors)
      else if (error instanceof ConfigError) errors.push(error)
      else throw error
      return null
    }
  }
  const file = async <T>(path: string | null, read: (path: string) => Promise<T>): Promise<T | null> =>
    path === null ? null : reading(() => read(path))
  const today = isoDate(now() + AHEAD_MS)
  const read: DeclaredFiles = {
    manifests: istio.length === 0 ? null : await reading(() => readManifests(istio)),
    register: await file(register, loadRegister),
    rules: await file(findings, loadRules),
    prices: await file(prices, (path) => readPrices(path, today)),
    owners: await file(owners, loadOwners),
    budgets: await file(budgets, loadBudgets),
  }
  return { read, errors }
}
