/** Mistakes that lie between files: what a register or the rules of findings say of targets that the configuration has not. */
import { readFile } from 'node:fs/promises'
import type { Rules } from '#core/findings/rules.ts'
import type { Register } from '#core/register/register.ts'
import { parseSource } from '#core/register/source.ts'
import type { Config } from './config.ts'
import { type Mistake, show } from './mistakes.ts'
import { ConfigError, formatPath } from './strict-file.ts'
import { readYaml } from './yaml.ts'

/** One error for each file that has any; the files have been read before, and are in order by themselves. */
export async function crossMistakes(
  { targets, register: registerFile, findings: rulesFile }: Config,
  register: Register | null,
  rules: Rules | null,
): Promise<ConfigError[]> {
  const known = targets.map(({ name }) => name)
  const inRegister = (['entries', 'residency'] as const).flatMap((list) =>
    (register?.[list] ?? []).flatMap(({ from }, i) => unknownTargets(from, [list, i, 'from'], known)),
  )
  const inRules = unknownTargets(rules?.registryOnly ?? [], ['registryOnly'], known)
  return [
    ...(registerFile === null || inRegister.length === 0 ? [] : [await placed(registerFile, inRegister, 'register')]),
    ...(rulesFile === null || inRules.length === 0 ? [] : [await placed(rulesFile, inRules, 'file of findings')]),
  ]
}

function unknownTargets(patterns: readonly string[], path: Mistake['path'], known: readonly string[]): Mistake[] {
  return patterns.flatMap((pattern, i) => {
    const target = parseSource(pattern)?.target ?? null
    if (target === null || known.includes(target)) return []
    const message = `${show(pattern)} is of no target of the configuration, which has ${known.map(show).join(', ')}`
    return [{ path: [...path, i], message }]
  })
}

async function placed(file: string, mistakes: readonly Mistake[], noun: string): Promise<ConfigError> {
  const { placeOf } = readYaml(await readFile(file, 'utf8'))
  const problems = mistakes.map(({ path, message }) => ({ ...placeOf(path, 'value'), path: formatPath(path), message }))
  return new ConfigError(file, problems, noun)
}
