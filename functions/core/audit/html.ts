/** HTML made of texts that may hold anything: each is escaped as it is put in, and only HTML made here is not. */
import { spelledOut } from '#core/shown-label.ts'

/** A piece of HTML. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Content = string | number | Html | null | readonly Content[]

/** A template of HTML; texts that are put in are escaped, null is nothing, and lists stand one after another. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(strings.reduce((made, part, at) => made + rendered(contents[at - 1] ?? null) + part))
}

function rendered(content: Content): string {
  if (content === null) return ''
  if (content instanceof Html) return content.text
  if (Array.isArray(content)) return content.map(rendered).join('')
  const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return spelledOut(String(content)).replace(/[&<>"']/g, (character) => escapes[character])
}
