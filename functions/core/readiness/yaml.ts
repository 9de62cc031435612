/**
 * YAML: plain data as one block-style document, which every YAML 1.1 and 1.2 reader reads back as the very same data. What
 * could be taken for anything but a text is quoted, and whatever is not printable ASCII is escaped, so that no value can
 * end its line, begin a comment or another document, or become a number.
 */

export type YamlData = string | number | boolean | null | readonly YamlData[] | { readonly [key: string]: YamlData }

/** The text of one document; it ends with a line break. Throws for a number that is not finite. */
export function formatYaml(data: YamlData): string {
  return `${isEmpty(data) || !isCollection(data) ? scalar(data) : blockLines(data).join('\n')}\n`
}

/** Words that YAML 1.1 reads as something else than a text, in lower case; Kubernetes' own reader still does. */
const WORDS = new Set(['y', 'n', 'yes', 'no', 'true', 'false', 'on', 'off', 'null', 'nan', 'inf'])
/** A number without a mantissa, to some readers. */
const EXPONENT = /^e\d+$/i
/** Begins with a letter, and holds nothing that means something in YAML. */
const PLAIN = /^[A-Za-z](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/

function blockLines(data: readonly YamlData[] | { readonly [key: string]: YamlData }): string[] {
  if (isList(data)) {
    return data.flatMap((item) => {
      if (!isCollection(item) || isEmpty(item)) return [`- ${scalar(item)}`]
      const [first, ...rest] = blockLines(item)
      return [`- ${first}`, ...rest.map(indented)]
    })
  }
  return Object.entries(data).flatMap(([key, value]) => {
    if (!isCollection(value) || isEmpty(value)) return [`${text(key)}: ${scalar(value)}`]
    return [`${text(key)}:`, ...blockLines(value).map(indented)]
  })
}

function indented(line: string): string {
  return `  ${line}`
}

function isList(data: YamlData): data is readonly YamlData[] {
  return Array.isArray(data)
}

function isCollection(data: YamlData): data is readonly YamlData[] | { readonly [key: string]: YamlData } {
  return typeof data === 'object' && data !== null
}

function isEmpty(data: YamlData): boolean {
  return isCollection(data) && Object.keys(data).length === 0
}

/** One line: a text, a number, a word, or an empty collection. */
function scalar(data: YamlData): string {
  if (typeof data === 'string') return text(data)
  if (isCollection(data)) return isList(data) ? '[]' : '{}'
  if (typeof data !== 'number') return String(data)
  if (!Number.isFinite(data)) throw new Error(`yaml: ${data} is no number that can be written`)
  // Without a dot "1e+21" is a text to YAML 1.1.
  return Object.is(data, -0) ? '-0.0' : String(data).replace(/^(-?\d+)e/, '$1.0e')
}

function text(value: string): string {
  if (PLAIN.test(value) && !EXPONENT.test(value) && !WORDS.has(value.toLowerCase())) return value
  return `"${value.replace(/[^\x20-\x7e]|["\\]/gu, escaped)}"`
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const code = character.codePointAt(0)!
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
}
