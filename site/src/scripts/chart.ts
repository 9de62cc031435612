/** Draws a chart from the figures of the table it names, so that the two can never differ. */
import { BarController, BarElement, CategoryScale, Chart, LinearScale, type Plugin, Tooltip } from 'chart.js'
import { exact, exactMoney, isCurrency, longDate, money, short, type Unit, weekday } from '../format.ts'

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip)

interface Column {
  measure: string
  series: string
  unit: string // a Unit, or a currency
  values: (string | null)[] // exact; null where there is no data
}

interface Periods {
  at: string[] // a date, or the start of an hour; in time's order
  observations: string[]
  atLeast: boolean[]
  links: (string | null)[]
  columns: Column[]
}

const SERIES_COLOR: Record<string, string> = {
  registered: '--registered',
  passthrough: '--passthrough',
  blocked: '--blocked',
  errors: '--error',
  http: '--blocked',
  approved: '--registered',
  unapproved: '--passthrough',
  expired: '--error',
  high: '--error',
  medium: '--passthrough',
  internet: '--registered',
  transfer: '--tcp',
  processing: '--passthrough',
  priced: '--registered',
  unpriced: '--error',
}

const SERIES_NAME: Record<string, string> = {
  in: 'bytes in',
  http: 'HTTP and gRPC',
  tcp: 'TCP',
  transfer: 'other transfer',
  hours: 'by the hour',
  priced: 'bytes with a price',
  unpriced: 'bytes without a price',
}

function readTable(table: HTMLTableElement): Periods {
  const rows = [...table.querySelectorAll<HTMLTableRowElement>('tbody tr')].sort((a, b) =>
    (a.dataset.at ?? '') < (b.dataset.at ?? '') ? -1 : 1,
  )
  const figures = (row: HTMLTableRowElement, head: HTMLTableCellElement) =>
    row.querySelector('.nodata') ? null : (row.cells[head.cellIndex]?.querySelector('data') ?? null)
  const heads = [...table.querySelectorAll<HTMLTableCellElement>('thead th[data-series]')]
  return {
    at: rows.map((row) => row.dataset.at ?? ''),
    observations: rows.map((row) => row.dataset.observation ?? ''),
    atLeast: rows.map((row) => row.querySelector('.least') !== null),
    links: rows.map((row) => row.querySelector('a')?.href ?? null),
    columns: heads.map((head) => ({
      measure: head.dataset.measure ?? '',
      series: head.dataset.series ?? '',
      unit: head.dataset.unit ?? 'count',
      values: rows.map((row) => figures(row, head)?.value ?? null),
    })),
  }
}

/** A custom property as the colour it stands for in the present theme. */
function color(property: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  document.body.append(probe)
  const resolved = getComputedStyle(probe).color
  probe.remove()
  return resolved
}

/** Hatches every run of periods without data, which would else look like zero. */
function missingBands(periods: Periods): Plugin<'bar'> {
  return {
    id: 'missing',
    beforeDatasetsDraw({ ctx, chartArea: { top, bottom, left, width } }) {
      const step = width / periods.at.length
      ctx.save()
      ctx.strokeStyle = color('--hatch')
      ctx.fillStyle = color('--faint')
      ctx.font = `12px ${getComputedStyle(document.body).fontFamily}`
      ctx.textAlign = 'center'
      for (let from = 0; from < periods.at.length; from++) {
        if (periods.observations[from] !== 'none') continue
        let to = from
        while (periods.observations[to] === 'none') to++
        hatch(ctx, left + from * step, left + to * step, top, bottom)
        const label = 'no data'
        if ((to - from) * step > ctx.measureText(label).width + 16) {
          const middle = left + ((from + to) * step) / 2
          const half = ctx.measureText(label).width / 2 + 6
          ctx.fillStyle = color('--paper')
          ctx.fillRect(middle - half, (top + bottom) / 2 - 14, half * 2, 20)
          ctx.fillStyle = color('--faint')
          ctx.fillText(label, middle, (top + bottom) / 2)
        }
        from = to
      }
      ctx.restore()
    },
  }
}

function hatch(ctx: CanvasRenderingContext2D, from: number, to: number, top: number, bottom: number): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(from + 1, top, to - from - 2, bottom - top)
  ctx.clip()
  ctx.beginPath()
  const height = bottom - top
  for (let x = from - height; x < to; x += 7) {
    ctx.moveTo(x, bottom)
    ctx.lineTo(x + height, top)
  }
  ctx.stroke()
  ctx.restore()
}

/** A round figure without idle zeros: '5 GB', not '5.00 GB'. */
function tick(value: number, unit: string): string {
  if (isCurrency(unit)) return money(value.toFixed(9), unit)
  const [figure, ...suffix] = short(value, unit as Unit).split('\u00a0')
  return [Number(figure), ...suffix].join('\u00a0')
}

/** A figure in short and in full: '1.23 GB  (1,234,567,890 bytes)'. */
function told(value: string, unit: string): string {
  return isCurrency(unit)
    ? `${money(value, unit)}  (${exactMoney(value, unit, false)})`
    : `${short(Number(value), unit as Unit)}  (${exact(Number(value), unit as Unit, false)})`
}

function axisLabel(at: string): string {
  return at.length === 10 ? `${Number(at.slice(8))} ${longDate(at).split(' ')[1].slice(0, 3)}` : at.slice(11, 16)
}

function fullLabel(at: string): string {
  return at.length === 10 ? `${weekday(at)}, ${longDate(at)}` : `${at.slice(11, 16)} UTC, one hour`
}

function draw(figure: HTMLElement, table: HTMLTableElement): void {
  const canvas = figure.querySelector('canvas')
  if (!canvas) return
  const periods = readTable(table)
  let measure = figure.querySelector<HTMLInputElement>('input:checked')?.value ?? figure.dataset.measure
  const shown = () => periods.columns.filter((column) => column.measure === measure)

  const chart = new Chart(canvas, {
    type: 'bar',
    data: { labels: periods.at.map(axisLabel), datasets: [] },
    plugins: [missingBands(periods)],
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      onHover: (_event, [bar]) => {
        canvas.style.cursor = bar && periods.links[bar.index] ? 'pointer' : ''
      },
      onClick: (_event, [bar]) => {
        const link = bar ? periods.links[bar.index] : null
        if (link) location.assign(link)
      },
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
        y: {
          stacked: true,
          beginAtZero: true,
          border: { display: false },
          ticks: {
            precision: 0,
            maxTicksLimit: 6,
            callback: (value) => tick(Number(value), shown()[0]?.unit ?? 'count'),
          },
        },
      },
      plugins: {
        tooltip: {
          displayColors: true,
          boxWidth: 8,
          boxHeight: 8,
          padding: 10,
          callbacks: {
            title: ([item]) => fullLabel(periods.at[item.dataIndex]),
            label: ({ dataset, datasetIndex, dataIndex }) => {
              const column = shown()[datasetIndex]
              const least = periods.atLeast[dataIndex] ? '≥ ' : ''
              return ` ${dataset.label}: ${least}${told(column.values[dataIndex] ?? '0', column.unit)}`
            },
          },
        },
      },
    },
  })

  const refresh = () => {
    const { options } = chart
    const [ink, soft, line, paper] = ['--ink', '--soft', '--line', '--paper'].map(color)
    chart.data.datasets = shown().map((column) => ({
      label: SERIES_NAME[column.series] ?? column.series,
      data: column.values.map((value) => (value === null ? null : Number(value))),
      backgroundColor: color(SERIES_COLOR[column.series] ?? '--neutral'),
      categoryPercentage: 0.9,
      barPercentage: 0.9,
      maxBarThickness: 56,
    }))
    const font = { family: getComputedStyle(document.body).fontFamily, size: 12 }
    Object.assign(options, { color: ink, font })
    Object.assign(options.scales!.x!.ticks!, { color: soft, font })
    Object.assign(options.scales!.y!.ticks!, { color: soft, font })
    options.scales!.y!.grid = { color: line, drawTicks: false }
    options.scales!.x!.border = { color: color('--line-strong') }
    Object.assign(options.plugins!.tooltip!, {
      backgroundColor: paper,
      titleColor: ink,
      bodyColor: ink,
      borderColor: color('--line-strong'),
      borderWidth: 1,
      titleFont: font,
      bodyFont: font,
    })
    for (const legend of figure.querySelectorAll<HTMLElement>('[data-legend]'))
      legend.hidden = legend.dataset.legend !== measure
    chart.update()
  }

  for (const input of figure.querySelectorAll('input'))
    input.addEventListener('change', () => {
      measure = input.value
      refresh()
    })
  document.documentElement.addEventListener('themechange', refresh)

  // Paper is light whatever the screen was, and narrower.
  const root = document.documentElement
  let screenTheme: string | undefined
  addEventListener('beforeprint', () => {
    screenTheme = root.dataset.theme
    root.dataset.theme = 'light'
    refresh()
    chart.resize(640, 200)
  })
  addEventListener('afterprint', () => {
    if (screenTheme === undefined) delete root.dataset.theme
    else root.dataset.theme = screenTheme
    refresh()
    chart.resize()
  })

  refresh()
}

for (const figure of document.querySelectorAll<HTMLElement>('figure[data-table]')) {
  const table = document.getElementById(figure.dataset.table ?? '')
  if (table instanceof HTMLTableElement) draw(figure, table)
}
