/** Text in a drawing, which does not wrap: how wide it is at most, and how it is cut. */

const NARROW = /[iljtfr.,:;'|!()[\] -]/
const WIDE = /[mwMW@%—]/

/** In ems; at least as wide as common sans-serif fonts draw it. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) {
    if (NARROW.test(character)) width += 0.4
    else if (WIDE.test(character)) width += 0.98
    else if (character >= '\u2e80') width += 1.05
    else width += /[A-Z]/.test(character) ? 0.72 : 0.625
  }
  return width
}

/** A text of at most so many ems; what is too long loses its middle, since names differ at both ends. */
export function fitText(text: string, ems: number): string {
  if (textWidth(text) <= ems) return text
  const characters = [...text]
  let [head, tail] = [0, characters.length]
  let width = 1 // of the ellipsis
  while (head < tail) {
    const takesHead = head <= characters.length - tail
    const next = characters[takesHead ? head : tail - 1]
    width += textWidth(next)
    if (width > ems) break
    if (takesHead) head++
    else tail--
  }
  return `${characters.slice(0, head).join('')}…${characters.slice(tail).join('')}`
}
