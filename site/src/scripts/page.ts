/** The switches in the masthead, and times in the reader's own zone. */
import { grouped } from '../format.ts'

const root = document.documentElement

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Storage is closed to this page; the choice lasts until it is left.
  }
}

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

const themeSwitch = document.querySelector<HTMLButtonElement>('[data-theme-switch]')
const systemDark = matchMedia('(prefers-color-scheme: dark)')
const isDark = () => (root.dataset.theme ?? (systemDark.matches ? 'dark' : 'light')) === 'dark'

function nameTheme(): void {
  if (themeSwitch) themeSwitch.textContent = isDark() ? 'Light theme' : 'Dark theme'
}

themeSwitch?.addEventListener('click', () => {
  root.dataset.theme = isDark() ? 'light' : 'dark'
  remember('theme', root.dataset.theme)
  nameTheme()
  root.dispatchEvent(new Event('themechange'))
})
systemDark.addEventListener('change', () => {
  nameTheme()
  root.dispatchEvent(new Event('themechange'))
})
nameTheme()

const exactSwitch = document.querySelector<HTMLButtonElement>('[data-exact]')
const figures = [...document.querySelectorAll<HTMLDataElement>('data[data-unit]')].map((element) => {
  const shown = element.querySelector('.shown')
  return { element, shown, text: shown?.textContent ?? '' }
})

function showExact(exact: boolean): void {
  for (const { element, shown, text } of figures) {
    const suffix = element.dataset.unit === 'bytes' ? '\u00a0B' : ''
    if (shown) shown.textContent = exact ? grouped(Number(element.value)) + suffix : text
  }
  root.classList.toggle('exact', exact)
  exactSwitch?.setAttribute('aria-pressed', String(exact))
}

exactSwitch?.addEventListener('click', () => {
  const exact = exactSwitch.getAttribute('aria-pressed') !== 'true'
  remember('figures', exact ? 'exact' : 'short')
  showExact(exact)
})
if (remembered('figures') === 'exact') showExact(true)

const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
for (const element of document.querySelectorAll<HTMLElement>('[data-zone]')) {
  const start = new Date(element.dataset.zone ?? '')
  if (start.getTimezoneOffset() === 0) continue
  element.textContent = minute.format(start)
  element.hidden = false
  const head = element.closest('table')?.querySelector<HTMLElement>('[data-zone-head]')
  if (head) head.hidden = false
}

for (const element of document.querySelectorAll<HTMLElement>('[data-age]')) {
  const minutes = Math.round((Date.now() - Date.parse(element.dataset.age ?? '')) / 60_000)
  if (minutes < 0) continue
  const [value, unit] =
    minutes < 120 ? [minutes, 'min'] : minutes < 2880 ? [minutes / 60, 'h'] : [minutes / 1440, 'days']
  element.textContent = `${Math.floor(Number(value))} ${unit} ago`
}
