/**
 * The service graph under pointer and keyboard: lights up the path through a node or along an edge and says its figures,
 * switches what widths mean, zooms. Without this script the graph is the same, with its figures in hovers.
 */

const STEPS = [0.5, 0.65, 0.8, 1, 1.25, 1.6, 2, 2.5]

for (const figure of document.querySelectorAll<HTMLElement>('figure.graph')) enliven(figure)

function enliven(figure: HTMLElement): void {
  const drawing = figure.querySelector<SVGSVGElement>('.graph-drawing')
  const readout = figure.querySelector<HTMLElement>('.graph-readout')
  if (!drawing || !readout) return
  const nodes = new Map(
    [...drawing.querySelectorAll<SVGElement>('[data-node]')].map((node) => [node.dataset.node!, node]),
  )
  const edges = [...drawing.querySelectorAll<SVGElement>('.edge')].map((edge) => {
    const [from, to, ...ends] = edge.dataset.ends!.split(' ')
    return { edge, from, to, passes: new Set([from, to, ...ends]) }
  })
  type Edge = (typeof edges)[number]
  const hint = readout.textContent

  const light = (subject: Element, lit: readonly Edge[]) => {
    drawing.classList.add('lit')
    const reached = new Set(lit.flatMap(({ from, to }) => [from, to]))
    for (const each of edges) each.edge.classList.toggle('on', lit.includes(each))
    for (const [id, node] of nodes) node.classList.toggle('on', reached.has(id) || node === subject)
    readout.textContent = subject.querySelector('title')?.textContent ?? ''
  }
  const dim = () => {
    drawing.classList.remove('lit')
    readout.textContent = hint
  }
  const lightNode = (node: SVGElement) =>
    light(
      node,
      edges.filter(({ passes }) => passes.has(node.dataset.node!)),
    )
  /** What has the focus stays lit while nothing is pointed at. */
  const rest = () => {
    const focused = document.activeElement
    if (focused instanceof SVGElement && focused.dataset.node !== undefined) lightNode(focused)
    else dim()
  }

  for (const node of nodes.values()) {
    node.addEventListener('pointerenter', () => lightNode(node))
    node.addEventListener('pointerleave', rest)
    node.addEventListener('focus', () => lightNode(node))
    node.addEventListener('blur', dim)
  }
  for (const each of edges) {
    const line = each.edge.querySelector('.line')
    const reach = line?.cloneNode() as SVGElement | undefined // thin lines are hard to point at
    reach?.setAttribute('class', 'reach')
    if (reach) each.edge.append(reach)
    each.edge.addEventListener('pointerenter', () => light(each.edge, [each]))
    each.edge.addEventListener('pointerleave', rest)
  }
  moveByArrows(drawing, nodes, edges)
  switchWidths(figure, edges)
  zoom(figure, drawing)
}

/** Up and down within a column, left and right along an edge. */
function moveByArrows(
  drawing: SVGSVGElement,
  nodes: ReadonlyMap<string, SVGElement>,
  edges: readonly { from: string; to: string }[],
): void {
  const middle = (node: SVGElement) => {
    const { left, right, top, bottom } = node.getBoundingClientRect()
    return { x: (left + right) / 2, y: (top + bottom) / 2 }
  }
  drawing.addEventListener('keydown', (event) => {
    const from = event.target
    if (!(from instanceof SVGElement) || from.dataset.node === undefined) return
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    const at = middle(from)
    const beside = (near: 'from' | 'to', far: 'from' | 'to') =>
      edges.filter((edge) => edge[near] === from.dataset.node).map((edge) => nodes.get(edge[far])!)
    const inColumn = (sign: number) =>
      [...nodes.values()].filter((node) => {
        const { x, y } = middle(node)
        return Math.abs(x - at.x) < 2 && sign * (y - at.y) > 1
      })
    const candidates =
      event.key === 'ArrowRight'
        ? beside('from', 'to')
        : event.key === 'ArrowLeft'
          ? beside('to', 'from')
          : event.key === 'ArrowDown'
            ? inColumn(1)
            : event.key === 'ArrowUp'
              ? inColumn(-1)
              : []
    const distance = (node: SVGElement) => Math.abs(middle(node).y - at.y)
    const next = candidates.toSorted((a, b) => distance(a) - distance(b))[0]
    if (next === undefined) return
    event.preventDefault()
    next.focus()
    next.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  })
}

function switchWidths(figure: HTMLElement, edges: readonly { edge: SVGElement }[]): void {
  for (const input of figure.querySelectorAll<HTMLInputElement>('input[name=graph-width]')) {
    const apply = () => {
      if (!input.checked) return
      for (const { edge } of edges) {
        const [bytes, requests] = edge.dataset.widths!.split(' ')
        edge.querySelector('.line')?.setAttribute('stroke-width', input.value === 'bytes' ? bytes : requests)
      }
    }
    input.addEventListener('change', apply)
    apply() // the browser may have kept the other choice
  }
}

/** By the buttons, or by the keys that they name while the focus is inside. */
function zoom(figure: HTMLElement, drawing: SVGSVGElement): void {
  const natural = drawing.viewBox.baseVal.width
  const output = figure.querySelector<HTMLOutputElement>('.zoom output')
  const say = () => {
    if (output) output.value = `${Math.round((drawing.getBoundingClientRect().width / natural) * 100)}\u00a0%`
  }
  const change = (direction: number) => {
    if (direction === 0) {
      drawing.style.removeProperty('width')
      drawing.classList.add('fitted')
    } else {
      const scale = drawing.getBoundingClientRect().width / natural
      const next =
        direction > 0 ? STEPS.find((step) => step > scale + 0.01) : STEPS.findLast((step) => step < scale - 0.01)
      if (next === undefined) return
      drawing.classList.remove('fitted')
      drawing.style.width = `${natural * next}px`
    }
    say()
  }
  for (const button of figure.querySelectorAll<HTMLButtonElement>('[data-zoom]'))
    button.addEventListener('click', () => change(Number(button.dataset.zoom)))
  figure.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const direction = { '+': 1, '=': 1, '-': -1, '0': 0 }[event.key]
    if (direction === undefined) return
    event.preventDefault()
    change(direction)
  })
  new ResizeObserver(say).observe(drawing)
}
