/** Labels as they may be shown: they are whatever somebody put there, and must neither hide nor reorder what stands beside them. */

const LONGEST_LABEL = 253 // characters; the longest name that DNS allows

export interface ShownLabel {
  text: string // what can be shown safely
  length: number // characters of the label itself
  cut: boolean // text is only its beginning
}

/** A label as it may be shown: spelled out, and cut when it is longer than any host name. */
export function shownLabel(label: string): ShownLabel {
  const cut = label.length > LONGEST_LABEL
  return { text: spelledOut(cut ? label.slice(0, 120) : label), length: label.length, cut }
}

/** A text in which characters that are invisible or reorder their neighbours are spelled out: 'invoice-[U+202E]fdp'. */
export function spelledOut(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
  )
}
