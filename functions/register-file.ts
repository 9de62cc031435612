/** The register's file: one YAML file, kept in Git and read strictly. */
import type { Register } from '#core/register/register.ts'
import { shortestSource, spelt } from './checked-texts.ts'
import { registerContradictions } from './register-mistakes.ts'
import { type RegisterData, registerJsonSchema, registerSchema } from './register-schema.ts'
import { parseStrictText, readStrictFile, type StrictFormat, type StrictText } from './strict-file.ts'

const REGISTER: StrictFormat<typeof registerSchema> = {
  noun: 'register',
  maxBytes: 1_000_000, // two thousand entries with all their fields
  whenMissing: 'begin one with "wharfage register draft", or take register out of the configuration',
  schema: registerSchema,
  jsonSchema: registerJsonSchema,
  contradictions: registerContradictions,
}

/** The register in a file; throws one ConfigError with everything that is wrong. */
export async function loadRegister(path: string): Promise<Register> {
  return toRegister(await readStrictFile(path, REGISTER))
}

/** The register in a text; `path` is its file, in messages. */
export function parseRegister(source: string, path: string): Register {
  return toRegister(parseStrictText(source, path, REGISTER))
}

/** Destinations and sources in their one spelling, ports in order. */
function toRegister({ data, lineOf }: StrictText<RegisterData>): Register {
  return {
    entries: data.entries.map((entry, i) => ({
      ...entry,
      line: lineOf(['entries', i]),
      destination: spelt(entry.destination),
      ports: entry.ports.toSorted((a, b) => a - b),
      from: entry.from.map(shortestSource),
    })),
    residency: data.residency.map((rule, i) => ({
      ...rule,
      line: lineOf(['residency', i]),
      from: rule.from.map(shortestSource),
    })),
  }
}
