/**
 * Internationalised names as people see them: the letters behind 'xn--' (RFC 3492), of which scripts they are, and which
 * Latin letters they pass for.
 */

const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const INITIAL_BIAS = 72
const INITIAL_N = 128

/** The letters of a name whose labels may be encoded; a label that cannot be decoded stays as it is. */
export function decodedName(name: string): string {
  if (!name.includes('xn--')) return name
  return name
    .split('.')
    .map((label) => (label.startsWith('xn--') ? (decodePunycode(label.slice(4)) ?? label) : label))
    .join('.')
}

/** The text behind the part of a label that follows 'xn--', as RFC 3492 decodes it; null when it is none. */
export function decodePunycode(encoded: string): string | null {
  const delimiter = encoded.lastIndexOf('-')
  const codePoints = Array.from(encoded.slice(0, Math.max(0, delimiter)), (character) => character.codePointAt(0) ?? 0)
  let n = INITIAL_N
  let i = 0
  let bias = INITIAL_BIAS
  for (let at = delimiter + 1; at < encoded.length; ) {
    const start = i
    let weight = 1
    for (let k = BASE; ; k += BASE) {
      const digit = at < encoded.length ? digitOf(encoded.charCodeAt(at++)) : BASE
      if (digit >= BASE) return null
      i += digit * weight
      const threshold = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias
      if (digit < threshold) break
      weight *= BASE - threshold
      if (weight > 0x7fffffff || i > 0x7fffffff) return null
    }
    const length = codePoints.length + 1
    bias = adapted(i - start, length, start === 0)
    n += Math.floor(i / length)
    i %= length
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return null
    codePoints.splice(i++, 0, n)
  }
  return String.fromCodePoint(...codePoints)
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 26
  if (code >= 0x61 && code <= 0x7a) return code - 0x61
  return code >= 0x41 && code <= 0x5a ? code - 0x41 : BASE
}

function adapted(delta: number, length: number, isFirst: boolean): number {
  let left = Math.floor(delta / (isFirst ? DAMP : 2))
  left += Math.floor(left / length)
  let k = 0
  for (; left > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) left = Math.floor(left / (BASE - T_MIN))
  return k + Math.floor(((BASE - T_MIN + 1) * left) / (left + SKEW))
}

const SCRIPTS = [
  ...['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Hebrew', 'Arabic', 'Devanagari', 'Thai', 'Georgian', 'Cherokee'],
  ...['Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul'],
].map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')] as const)

/** Which one may meet in one label: Unicode's "highly restrictive" (UTS 39). */
const TOGETHER = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]

/** The scripts of the first label of a decoded name that mixes some that do not belong together; null when none does. */
export function mixedScripts(decoded: string): string[] | null {
  for (const label of decoded.split('.')) {
    const scripts = SCRIPTS.filter(([, letters]) => letters.test(label)).map(([name]) => name)
    const belong = TOGETHER.some((together) => scripts.every((name) => together.includes(name)))
    if (scripts.length > 1 && !belong) return scripts
  }
  return null
}

/** Letters of other scripts that look like Latin ones in most typefaces, and pairs and digits that look like letters. */
const PASSES_FOR: Record<string, string> = {
  ...{ а: 'a', в: 'b', с: 'c', ԁ: 'd', е: 'e', һ: 'h', і: 'i', ј: 'j', к: 'k', ӏ: 'l', м: 'm', н: 'h', о: 'o', р: 'p' },
  ...{ ԛ: 'q', г: 'r', ѕ: 's', т: 't', у: 'y', ѵ: 'v', ԝ: 'w', х: 'x', ь: 'b', ё: 'e' },
  ...{ α: 'a', ε: 'e', η: 'n', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u', χ: 'x', γ: 'y', ω: 'w' },
  ...{ ı: 'i', ɩ: 'i', ɡ: 'g', ɑ: 'a', ł: 'l', ø: 'o', đ: 'd', ħ: 'h', ß: 'b' },
  ...{ rn: 'm', vv: 'w', '0': 'o', '1': 'l' },
}
const PASSING = new RegExp(Object.keys(PASSES_FOR).join('|'), 'gu')

/** What a decoded name looks like at a glance: names that do so alike have the same. */
export function appearance(decoded: string): string {
  return decoded
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(PASSING, (letters) => PASSES_FOR[letters])
}
