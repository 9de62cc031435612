/**
 * Redaction: takes credentials out of texts before they become logs or objects, since a server may send back what it was
 * sent. They are looked for in the text as it reads without the escapes of urls, HTML and JSON, without blanks and without
 * regard to case: in that form a search takes one pass, whatever the text is.
 */

const MIN_CUT = 4 // characters of a secret that may stand at a text's end by chance, and tell nothing
const ESCAPE = /\\u([0-9a-f]{4})|((?:%[0-9a-f]{2})+)|&#(\d{1,7});|&#x([0-9a-f]{1,6});|&(amp|lt|gt|quot|apos);/gi
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const IGNORED = /[\s\p{C}\\+]/u // a backslash escapes, and a plus is a blank in a form

/** A text without escapes, and where each of its characters stands in the original: [from, to). */
interface PlainText {
  text: string
  from: number[]
  to: number[]
}

/** Takes the credentials of an Authorization header out of texts; '' for a header that was not sent. */
export function redaction(authorization: string): (text: string) => string {
  const credentials = authorization.slice(authorization.indexOf(' ') + 1)
  const decoded = /^basic /i.test(authorization) ? Buffer.from(credentials, 'base64').toString('utf8') : ''
  const secrets = [authorization, credentials, decoded, decoded.slice(decoded.indexOf(':') + 1)]
  let needles: string[] | null = null // made when something has failed
  return (text) => {
    needles ??= [...new Set(secrets.flatMap(spellings))].filter(Boolean)
    return redact(text, needles)
  }
}

/** As it is and in base64, each as it is found in a plain text: something in it may look like an escape. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const base64 = bytes.toString('base64')
  const spelt = [secret, base64, base64.replace(/=+$/, ''), bytes.toString('base64url')]
  return spelt.flatMap((one) => [plainText(one).text, Array.from(one, folded).join('')])
}

function redact(text: string, needles: readonly string[]): string {
  const plain = plainText(text)
  const found: [from: number, to: number][] = []
  const take = (at: number, length: number) => found.push([plain.from[at], plain.to[at + length - 1]])
  for (const needle of needles) {
    for (let at = plain.text.indexOf(needle); at >= 0; at = plain.text.indexOf(needle, at + needle.length)) {
      take(at, needle.length)
    }
    // The text may have been cut in the midst of one.
    let length = Math.min(needle.length - 1, plain.text.length)
    while (length >= MIN_CUT && !plain.text.endsWith(needle.slice(0, length))) length--
    if (length >= MIN_CUT) take(plain.text.length - length, length)
  }
  let clean = ''
  let at = 0
  for (const [from, to] of found.sort(([a], [b]) => a - b)) {
    if (from >= at) clean += `${text.slice(at, from)}[redacted]`
    at = Math.max(at, to)
  }
  return clean + text.slice(at)
}

function plainText(text: string): PlainText {
  const plain: PlainText = { text: '', from: [], to: [] }
  let at = 0
  const add = (characters: string, length: number) => {
    for (const unit of folded(characters)) {
      plain.text += unit
      plain.from.push(at)
      plain.to.push(at + length)
    }
    at += length
  }
  for (const match of text.matchAll(ESCAPE)) {
    while (at < match.index) add(text[at], 1)
    add(unescaped(match), match[0].length)
  }
  while (at < text.length) add(text[at], 1)
  return plain
}

function unescaped([, json, url, decimal, hex, entity]: RegExpExecArray): string {
  if (entity !== undefined) return ENTITIES[entity.toLowerCase()]
  if (url !== undefined) return Buffer.from(url.replaceAll('%', ''), 'hex').toString('utf8')
  const code = decimal === undefined ? Number.parseInt(json ?? hex, 16) : Number(decimal)
  return code > 0x10ffff ? '' : String.fromCodePoint(code)
}

function folded(characters: string): string {
  return Array.from(characters.toLowerCase())
    .filter((character) => !IGNORED.test(character))
    .join('')
}
