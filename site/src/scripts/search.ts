/** The search in the masthead: `/` focuses it, arrows choose, Enter goes there, Escape puts it away. */
import type { SearchIndex } from '#core/reports/search.ts'
import { shownLabel } from '../format.ts'
import { type Match, matchesOf } from '../matching.ts'

const LIST = 'search-results'

function startSearch(search: HTMLElement, input: HTMLInputElement): void {
  const root = search.dataset.search ?? './'
  const list = Object.assign(document.createElement('ul'), { id: LIST, hidden: true, role: 'listbox' })
  const status = Object.assign(document.createElement('p'), {
    className: 'search-status',
    role: 'status',
    hidden: true,
  })
  list.ariaLabel = 'Found'
  search.append(list, status)
  input.role = 'combobox'
  input.ariaAutoComplete = 'list'
  input.ariaExpanded = 'false'
  input.setAttribute('aria-controls', LIST)

  let index: Promise<SearchIndex> | undefined
  let matches: Match[] = []
  let chosen = -1

  const load = () => {
    index ??= fetch(search.dataset.index ?? '').then((response) => {
      if (!response.ok) throw new Error(`it was answered ${response.status}`)
      return response.json()
    })
    index.catch(() => {
      index = undefined // the next word asks again
    })
    return index
  }

  const choose = (at: number) => {
    list.children[chosen]?.setAttribute('aria-selected', 'false')
    chosen = at
    const option = list.children[at]
    option?.setAttribute('aria-selected', 'true')
    option?.scrollIntoView({ block: 'nearest' })
    if (option) input.setAttribute('aria-activedescendant', option.id)
    else input.removeAttribute('aria-activedescendant')
  }

  const show = (open: boolean, said: string) => {
    list.hidden = !open
    status.hidden = said === ''
    status.textContent = said
    status.classList.toggle('spoken', open)
    input.ariaExpanded = String(open)
  }

  const close = () => {
    choose(-1)
    show(false, '')
  }

  const find = async () => {
    const query = input.value
    if (query.trim() === '') return close()
    try {
      const found = matchesOf(await load(), query)
      if (query !== input.value) return
      matches = found
    } catch {
      return show(false, 'The index of the search could not be loaded.')
    }
    chosen = -1
    list.replaceChildren(...matches.map(optionOf))
    choose(-1)
    const count = `${matches.length} ${matches.length === 1 ? 'result' : 'results'}`
    show(matches.length > 0, matches.length === 0 ? 'Nothing found.' : count)
  }

  const go = (match: Match | undefined, apart: boolean) => {
    if (match === undefined) return
    if (apart) open(root + match.address)
    else location.assign(root + match.address)
  }

  const keys: Record<string, () => void> = {
    ArrowDown: () => choose(matches.length === 0 ? -1 : (chosen + 1) % matches.length),
    ArrowUp: () => choose(chosen <= 0 ? matches.length - 1 : chosen - 1),
    Enter: () => go(matches[Math.max(chosen, 0)], false),
    Escape: () => {
      if (list.hidden && status.hidden) input.value = ''
      if (input.value === '') input.blur()
      close()
    },
  }
  input.addEventListener('focus', () => load().catch(() => undefined), { once: true })
  input.addEventListener('input', find)
  input.addEventListener('focus', find)
  input.addEventListener('keydown', (event) => {
    if (!Object.hasOwn(keys, event.key) || event.isComposing) return
    if (list.hidden && event.key !== 'Escape') return
    event.preventDefault()
    keys[event.key]()
  })
  search.addEventListener('focusout', (event) => {
    if (!search.contains(event.relatedTarget as Node | null)) close()
  })
  // Before the input loses the focus, which closes the list.
  list.addEventListener('pointerdown', (event) => event.preventDefault())
  list.addEventListener('click', (event) => {
    const option = (event.target as Element).closest('[role=option]')
    if (option) go(matches[[...list.children].indexOf(option)], event.ctrlKey || event.metaKey)
  })
  document.addEventListener('keydown', (event) => {
    const isTyping = (event.target as Element).closest('input, textarea, select, [contenteditable]')
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return
    event.preventDefault()
    input.focus()
    input.select()
  })
}

function optionOf({ kind, text, detail }: Match, at: number): HTMLElement {
  const option = Object.assign(document.createElement('li'), { id: `${LIST}-${at}`, role: 'option' })
  option.setAttribute('aria-selected', 'false')
  const name = Object.assign(document.createElement('bdi'), { dir: 'ltr', textContent: shownLabel(text).text })
  const about = Object.assign(document.createElement('span'), {
    className: 'detail',
    textContent: `${kind} · ${shownLabel(detail).text}`,
  })
  option.append(name, about)
  return option
}

const search = document.querySelector<HTMLElement>('[data-search]')
const input = search?.querySelector('input')
if (search && input) startSearch(search, input)
