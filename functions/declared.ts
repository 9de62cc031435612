/** What the files that a configuration names declare, and all that is wrong with them. */
import type { Declared } from '#core/declarations.ts'
import type { Rules } from '#core/findings/rules.ts'
import type { Register } from '#core/register/register.ts'
import type { Config } from './config.ts'
import { crossMistakes } from './cross-mistakes.ts'
import { type Manifests, readManifests } from './manifests.ts'
import { loadRegister } from './register-file.ts'
import { loadRules } from './rules-file.ts'
import { ConfigError } from './strict-file.ts'

/** What the files hold; null where the configuration names none, or where one is wrong. */
export interface DeclaredFiles {
  manifests: Manifests | null
  register: Register | null
  rules: Rules | null
}

/** Mistakes of one or more of the files, each told in the message. */
export class DeclaredError extends Error {}

type Named = Pick<Config, 'istio' | 'register' | 'findings'>

/** Reads all files, and gives the mistakes of each, and what one says that another contradicts. */
export async function readDeclared(config: Config): Promise<{ read: DeclaredFiles; errors: Error[] }> {
  const { read, errors } = await readFiles(config)
  return { read, errors: [...errors, ...(await crossMistakes(config, read.register, read.rules))] }
}

/** Reads all files; throws DeclaredError with every mistake of all of them. */
export async function loadDeclared(config: Config): Promise<Declared> {
  return declaredBy(await readDeclared(config))
}

/** The same of files that belong to no configuration with targets. */
export async function loadDeclaredFiles(named: Named): Promise<Declared> {
  return declaredBy(await readFiles(named))
}

function declaredBy({ read, errors }: { read: DeclaredFiles; errors: Error[] }): Declared {
  if (errors.length > 0) throw new DeclaredError(errors.map(({ message }) => message).join('\n'))
  return { istio: read.manifests?.configs ?? null, register: read.register, rules: read.rules }
}

async function readFiles({ istio, register, findings }: Named): Promise<{ read: DeclaredFiles; errors: Error[] }> {
  const errors: Error[] = []
  const reading = async <T>(isNamed: boolean, read: () => Promise<T>): Promise<T | null> => {
    try {
      return isNamed ? await read() : null
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      errors.push(error)
      return null
    }
  }
  const read: DeclaredFiles = {
    manifests: await reading(istio.length > 0, () => readManifests(istio)),
    register: await reading(register !== null, () => loadRegister(register ?? '')),
    rules: await reading(findings !== null, () => loadRules(findings ?? '')),
  }
  return { read, errors }
}
