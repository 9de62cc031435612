/** The switches in the masthead, and times in the reader's own zone. */
import { exact, exactMoney, grouped, isCurrency } from '../format.ts'

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
const themeName = document.querySelector<HTMLElement>('[data-theme-name]')
const systemDark = matchMedia('(prefers-color-scheme: dark)')
const isDark = () => (root.dataset.theme ?? (systemDark.matches ? 'dark' : 'light')) === 'dark'

function nameTheme(): void {
  if (themeName) themeName.textContent = isDark() ? 'Light' : 'Dark'
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
/** The text of each figure, behind the sign of a lower bound if it has one. */
const figures = [...document.querySelectorAll<HTMLDataElement>('data[data-unit]:not([data-unit=ms])')].map(
  (element) => {
    const shown = element.lastChild as Text
    return { element, shown, text: shown.data }
  },
)

function whollyShown({ value, dataset: { unit = '' } }: HTMLDataElement): string {
  if (isCurrency(unit)) return exactMoney(value, unit, false)
  return grouped(Number(value)) + (unit === 'bytes' ? '\u00a0B' : '')
}

function showExact(whole: boolean): void {
  for (const { element, shown, text } of figures) {
    shown.data = whole ? whollyShown(element) : text
  }
  root.classList.toggle('exact', whole)
  exactSwitch?.setAttribute('aria-pressed', String(whole))
}

/** The whole truth of the figure under the pointer; written when it is asked for, since a page holds thousands. */
document.addEventListener('pointerover', ({ target }) => {
  const figure = (target as Element).closest<HTMLDataElement>('data[data-unit]')
  if (figure === null || figure.title !== '') return
  const { unit = '' } = figure.dataset
  const value = Number(figure.value)
  const atLeast = figure.querySelector('.least') !== null
  figure.title =
    unit === 'ms'
      ? `${value} ms on average, an estimate`
      : isCurrency(unit)
        ? exactMoney(figure.value, unit, atLeast)
        : exact(value, unit === 'bytes' ? 'bytes' : 'count', atLeast, unit)
})

exactSwitch?.addEventListener('click', () => {
  const whole = exactSwitch.getAttribute('aria-pressed') !== 'true'
  remember('figures', whole ? 'exact' : 'short')
  showExact(whole)
})
if (remembered('figures') === 'exact') showExact(true)

// On a phone the site's tabs are wider than the screen: the present one is brought into view.
const tab = document.querySelector<HTMLElement>('.sections [aria-current]')
const tabs = tab?.parentElement
if (tab && tabs) tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2

const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
for (const element of document.querySelectorAll<HTMLElement>('[data-zone]')) {
  const times = [element.dataset.zone, element.dataset.zoneTo].filter((time) => time !== undefined)
  const moments = times.map((time) => new Date(time))
  if (moments.every((moment) => moment.getTimezoneOffset() === 0)) continue
  const shown = moments.map((moment) => minute.format(moment)).join(' to ')
  element.textContent = element.matches('td') ? shown : `${shown} your time`
  element.hidden = false
  const head = element.closest('table')?.querySelector<HTMLElement>('[data-zone-head]')
  if (head && element.matches('td')) head.hidden = false
}

for (const element of document.querySelectorAll<HTMLElement>('[data-age]')) {
  const minutes = Math.round((Date.now() - Date.parse(element.dataset.age ?? '')) / 60_000)
  if (minutes < 0) continue
  const [value, unit] =
    minutes < 120 ? [minutes, 'min'] : minutes < 2880 ? [minutes / 60, 'h'] : [minutes / 1440, 'days']
  element.textContent = `${Math.floor(Number(value))} ${unit} ago`
}
