/** The file of findings: how severe each rule is, its thresholds, and which findings somebody accepts. Kept in Git, read strictly. */
import * as z from 'zod'
import { defaultRules, RULE_NAMES, type RuleName, type Rules, SEVERITIES } from '#core/findings/rules.ts'
import { parseSource, SOURCE_FORM } from '#core/register/source.ts'
import { parseDate } from '#core/time.ts'
import { shortestSource } from './checked-texts.ts'
import { asList, asRecord, type Mistake, repeated, show } from './mistakes.ts'
import { parseStrictText, readStrictFile, type StrictFormat, type StrictText } from './strict-file.ts'

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const LONGEST_DAYS = 3650

/** What each threshold counts, and what it may be; whole numbers, but for factors. */
const THRESHOLDS: Record<string, { what: string; min: number; max: number; isFactor?: true }> = {
  openDays: { what: 'days for which it stays open after it was found last', min: 0, max: LONGEST_DAYS },
  minimumAttempts: { what: 'refused attempts in one hour', min: 1, max: 1e12 },
  maximumADay: { what: 'findings of one target in one day', min: 0, max: 10_000 },
  factor: { what: 'times the median', min: 1, max: 1e6, isFactor: true },
  minimumBytes: { what: 'bytes out in one day', min: 0, max: 1e15 },
  minimumDays: { what: 'days to compare with', min: 1, max: 28 },
  registeredGrade: { what: 'the grade from which it is found, 1 for A to 5 for E', min: 1, max: 5 },
  passthroughGrade: { what: 'the grade from which it is found, 1 for A to 5 for E', min: 1, max: 5 },
  minimumLetters: { what: 'letters of a name that others are compared with', min: 1, max: 63 },
  unusedDays: { what: 'observed days without use', min: 1, max: LONGEST_DAYS },
  graceDays: { what: 'days after a review was due', min: 0, max: LONGEST_DAYS },
  gapSeconds: { what: 'seconds of a day that were not observed', min: 1, max: 86_400 },
  invalidHosts: { what: 'claimed hosts that are none', min: 1, max: 1e12 },
  foldedFlows: { what: 'flows that were folded', min: 1, max: 1e12 },
  newDestinations: { what: 'destinations never called before', min: 1, max: 1e12 },
}

const threshold = (name: string) => {
  const { what, min, max, isFactor = false } = THRESHOLDS[name]
  const number = isFactor ? z.number('must be a number') : z.int('must be a whole number')
  return number.min(min, `must be at least ${min}`).max(max, `must be at most ${max}`).describe(what).optional()
}

const ruleSchema = (name: RuleName) =>
  z
    .strictObject({
      severity: z
        .enum(SEVERITIES, `must be ${SEVERITIES.join(', ')}`)
        .describe('how urgent it is')
        .optional(),
      off: z.boolean().describe('true: nothing is found by this rule').default(false),
      ...Object.fromEntries(Object.keys(defaultRules().rules[name].thresholds).map((each) => [each, threshold(each)])),
    })
    .describe(`how ${name} is found`)
    .optional()

const words = (what: string, atMost: number) =>
  z
    .string()
    .min(1, 'is empty')
    .max(atMost, `must be at most ${atMost} characters`)
    .refine((value) => !UNPRINTABLE.test(value), 'must be one line without control characters')
    .describe(what)

const acceptedSchema = z.strictObject({
  finding: z
    .string()
    .regex(/^[0-9a-f]{12}$/, 'must be the 12 hex digits of a finding, in quotes when all are digits')
    .describe('the id of the finding, 12 hex digits, as on the page of findings'),
  by: words('who accepts it', 200),
  why: words('why it is accepted', 1000),
  until: z
    .string()
    .refine(isDate, 'must be a day of the calendar, YYYY-MM-DD')
    .describe('the first day on which it is open again, YYYY-MM-DD'),
})

const rulesSchema = z.strictObject({
  rules: z
    .strictObject(Object.fromEntries(RULE_NAMES.map((name) => [name, ruleSchema(name)])))
    .describe('rules that are otherwise than they are by default')
    .default({}),
  accepted: z.array(acceptedSchema).describe('findings that somebody accepts, one entry each').default([]),
  registryOnly: z
    .array(z.string().refine((value) => parseSource(value) !== null, `must be ${SOURCE_FORM}`))
    .describe(`where REGISTRY_ONLY is expected, whatever Istio's configuration says: ${SOURCE_FORM}`)
    .default([]),
})

const FORMAT: StrictFormat<typeof rulesSchema> = {
  noun: 'file of findings',
  maxBytes: 1_000_000, // some thousand acceptances
  whenMissing: 'write one, or take findings out of the configuration',
  schema: rulesSchema,
  jsonSchema: rulesJsonSchema,
  contradictions,
}

/** The rules in a file; throws one ConfigError with everything that is wrong. */
export async function loadRules(path: string): Promise<Rules> {
  return toRules(await readStrictFile(path, FORMAT))
}

/** The rules in a text; `path` is its file, in messages. */
export function parseRules(source: string, path: string): Rules {
  return toRules(parseStrictText(source, path, FORMAT))
}

/** The JSON Schema of the file, for editors. */
export function rulesJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(rulesSchema, { io: 'input' })
  return { $schema, title: 'Wharfage rules of findings', ...schema }
}

function toRules({ data, lineOf }: StrictText<z.output<typeof rulesSchema>>): Rules {
  const { rules } = defaultRules()
  for (const name of RULE_NAMES) {
    const { severity, off, ...thresholds } = data.rules[name] ?? { off: false }
    rules[name] = {
      severity: severity ?? rules[name].severity,
      isOn: !off,
      thresholds: { ...rules[name].thresholds, ...(thresholds as Record<string, number>) },
    }
  }
  return {
    rules,
    accepted: data.accepted.map((acceptance, i) => ({ line: lineOf(['accepted', i]), ...acceptance })),
    registryOnly: data.registryOnly.map(shortestSource),
  }
}

/** What is said twice. Read from the raw data, so that it is told beside all other mistakes. */
function contradictions(data: unknown): Mistake[] {
  const { accepted, registryOnly } = asRecord(data)
  const findings = asList(accepted).map((acceptance) => asRecord(acceptance).finding)
  return [
    ...repeated(findings, textOf, (i, before) => ({
      path: ['accepted', i, 'finding'],
      message: `${show(findings[i])} is accepted by accepted[${before}] already; keep one`,
    })),
    ...repeated(asList(registryOnly), textOf, (i, before) => ({
      path: ['registryOnly', i],
      message: `${show(asList(registryOnly)[i])} stands at registryOnly[${before}] already; keep one`,
    })),
  ]
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function isDate(text: string): boolean {
  try {
    parseDate(text)
    return true
  } catch {
    return false
  }
}
