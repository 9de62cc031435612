/**
 * Exposition: reading Prometheus's text format 0.0.4, as Prometheus and VictoriaMetrics write it, with quoted UTF-8
 * names. A reader walks a body line by line; a line it cannot read is skipped and counted, and never becomes a number.
 *
 * Bodies are large and almost the same every time, so a caller that knows which series comes next asks for it with
 * `expect` and pays one hash of the line's bytes; only a surprise costs the search for the end of the labels.
 */
import { type Hash64, type HashSeed, hash64 } from '#core/hash.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const TAB = 0x09
const HASH = 0x23
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d
const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39

const VALUE_LENGTH = 400 // of the longest that is read
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`)) // each exact in a double

export class ExpositionReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  skippedLines = 0
  seriesStart = 0 // of the current line's name and labels
  seriesEnd = 0 // exclusive
  value = 0 // of the current line; may be NaN or infinite
  timestamp = 0 // ms since epoch
  private readonly text: Buffer // the same bytes
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Moves to the next line that is neither empty nor a comment; false at the end of the body. */
  nextLine(): boolean {
    const { bytes } = this
    while (this.at < bytes.length) {
      let start = this.at
      while (bytes[start] === SPACE || bytes[start] === TAB) start++
      const first = bytes[start] === RETURN && (bytes[start + 1] ?? NEWLINE) === NEWLINE ? NEWLINE : bytes[start]
      if (first !== HASH && first !== NEWLINE && start < bytes.length) {
        this.seriesStart = start
        return true
      }
      this.at = this.endOfLine(start) + 1
    }
    return false
  }

  /** True when the line begins with a series of this length and hash, followed by white space and no labels. */
  expect(length: number, lo: number, hi: number, seed: HashSeed, scratch: Hash64): boolean {
    const end = this.seriesStart + length
    if (end >= this.bytes.length || (this.bytes[end] !== SPACE && this.bytes[end] !== TAB)) return false
    hash64(this.view, this.seriesStart, end, seed, scratch)
    if (scratch.lo !== lo || scratch.hi !== hi) return false
    // `up {a="b"}` begins with `up`, and is another series.
    let next = end + 1
    while (this.bytes[next] === SPACE || this.bytes[next] === TAB) next++
    if (this.bytes[next] === OPEN) return false
    this.seriesEnd = end
    return true
  }

  /** Finds the end of the line's name and labels; false, and the line is skipped, when there is none. */
  scanSeries(): boolean {
    const { bytes } = this
    let at = this.seriesStart
    while (at < bytes.length && bytes[at] > SPACE && bytes[at] !== OPEN) at++
    let brace = at
    while (bytes[brace] === SPACE || bytes[brace] === TAB) brace++
    if (bytes[brace] === OPEN) {
      at = brace + 1
      for (;;) {
        const byte = bytes[at]
        if (byte === undefined || byte === NEWLINE) return this.skipLine()
        if (byte === CLOSE) break
        if (byte === QUOTE) {
          at++
          while (at < bytes.length && bytes[at] !== QUOTE && bytes[at] !== NEWLINE)
            at += bytes[at] === BACKSLASH && bytes[at + 1] !== NEWLINE ? 2 : 1
          if (bytes[at] !== QUOTE) return this.skipLine()
        }
        at++
      }
      at++
    }
    if (at === this.seriesStart) return this.skipLine()
    this.seriesEnd = at
    return true
  }

  /** Reads value and timestamp behind the series; false, and the line is skipped, when they are not both there. */
  readSample(): boolean {
    this.at = this.seriesEnd
    if (!this.readValue() || !this.readTimestamp()) return this.skipLine()
    this.skipSpace()
    if (this.bytes[this.at] === RETURN) this.at++
    if (this.at < this.bytes.length && this.bytes[this.at] !== NEWLINE) return this.skipLine()
    this.at++
    return true
  }

  /** Counts the current line as unreadable and leaves it. */
  skipLine(): false {
    this.skippedLines++
    this.at = this.endOfLine(this.seriesStart) + 1
    return false
  }

  private endOfLine(from: number): number {
    const end = this.bytes.indexOf(NEWLINE, from)
    return end < 0 ? this.bytes.length : end
  }

  private skipSpace(): void {
    while (this.bytes[this.at] === SPACE || this.bytes[this.at] === TAB) this.at++
  }

  /**
   * Up to 15 digits with a small decimal exponent are exact in one multiplication or division of doubles; longer ones, as
   * Envoy's histogram sums often are, go through the language's own parser, and what is no plain number is read apart.
   */
  private readValue(): boolean {
    const { bytes } = this
    this.skipSpace()
    const start = this.at
    let at = start
    let digits = 0
    let mantissa = 0
    let fraction = 0
    let seenDot = false
    for (; ; at++) {
      const byte = bytes[at]
      if (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO)
        digits++
        if (seenDot) fraction++
      } else if (byte === DOT && !seenDot) seenDot = true
      else break
    }
    let exponent = 0
    if (digits > 0 && (bytes[at] | 0x20) === 0x65) {
      at++
      const negative = bytes[at] === MINUS
      if (negative || bytes[at] === PLUS) at++
      const exponentStart = at
      while (bytes[at] >= ZERO && bytes[at] <= NINE) exponent = exponent * 10 + (bytes[at++] - ZERO)
      if (at === exponentStart) return false
      if (negative) exponent = -exponent
    }
    if (digits === 0 || !isEnd(bytes[at])) return this.readUnusualValue(start)
    if (at - start > VALUE_LENGTH) return false
    this.at = at
    exponent -= fraction
    if (digits > 15 || exponent < -22 || exponent > 22) this.value = Number(this.text.toString('latin1', start, at))
    else this.value = exponent >= 0 ? mantissa * POWERS_OF_TEN[exponent] : mantissa / POWERS_OF_TEN[-exponent]
    return true
  }

  /** A signed number, an infinity or NaN. */
  private readUnusualValue(start: number): boolean {
    const { bytes } = this
    let at = start
    while (at < bytes.length && !isEnd(bytes[at])) at++
    this.at = at
    if (at === start || at - start > VALUE_LENGTH) return false
    const text = this.text.toString('latin1', start, at)
    const named = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
    if (named) {
      this.value = named[2].toLowerCase() === 'nan' ? Number.NaN : named[1] === '-' ? -Infinity : Infinity
      return true
    }
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return false
    this.value = Number(text)
    return true
  }

  private readTimestamp(): boolean {
    const { bytes } = this
    this.skipSpace()
    let at = this.at
    const negative = bytes[at] === MINUS
    if (negative) at++
    const start = at
    let value = 0
    while (bytes[at] >= ZERO && bytes[at] <= NINE) value = value * 10 + (bytes[at++] - ZERO)
    if (at === start || at - start > 15) return false
    this.timestamp = negative ? -value : value
    this.at = at
    return true
  }
}

function isEnd(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === NEWLINE || byte === RETURN || byte === undefined
}

/** False when the last line has no end: the body was cut off in the middle of it. */
export function endsWithLine(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[bytes.length - 1] === NEWLINE
}
