import fc from 'fast-check'
import { zeroTotals } from '#core/totals.ts'
import { drawGraph } from '../site/src/graph/drawing.ts'
import { layoutGraph } from '../site/src/graph/layout.ts'
import { meets, pathOf, pointAlong, type Rectangle, routeEdge } from '../site/src/graph/route.ts'
import { settle } from '../site/src/graph/settle.ts'
import { fitText, textWidth } from '../site/src/graph/text.ts'
import { edgeWidth } from '../site/src/graph/width.ts'
import { manyEdges, sampleGraph } from './samples/graph.ts'

const graphs = (
  [
    ['the sample', sampleGraph()],
    ['a hundred nodes', sampleGraph({ edges: manyEdges(40, 60, 160), recent: [] })],
    ['three hundred nodes', sampleGraph({ edges: manyEdges(100, 200, 400), recent: [] })],
  ] as const
).map(([name, graph]) => ({ name, graph, layout: layoutGraph(graph), drawing: drawGraph(graph) }))

const overlap = (a: Rectangle, b: Rectangle) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

const pairs = <T>(of: readonly T[]) => of.flatMap((a, at) => of.slice(at + 1).map((b) => [a, b] as const))

test.each(graphs)('no node or box of $name lies over another, and all lie on the drawing', ({ graph, layout }) => {
  const { nodes, boxes, width, height } = layout
  expect(nodes.size).toBe(graph.nodes.length)
  expect(pairs([...nodes.values()]).filter(([a, b]) => overlap(a, b))).toEqual([])
  expect(pairs([...boxes.values()]).filter(([a, b]) => overlap(a, b))).toEqual([])
  for (const { x, y, width: wide, height: high } of [...nodes.values(), ...boxes.values()]) {
    expect(x >= 0 && y >= 0 && x + wide <= width && y + high <= height).toBe(true)
  }
})

test.each(graphs)(
  'the workloads of $name stand in the box of their namespace and nothing else does',
  ({ graph, layout }) => {
    const { nodes, boxes } = layout
    for (const { id, box } of graph.nodes) {
      const inside = [...boxes].filter(([, frame]) => overlap(frame, nodes.get(id)!)).map(([key]) => key)
      expect(inside).toEqual(box === null ? [] : [box])
    }
  },
)

test.each(graphs)('the columns of $name are aligned', ({ layout }) => {
  const { nodes, columns } = layout
  expect(new Set([...nodes.values()].map(({ x }) => x)).size).toBe(columns.length)
})

test.each(graphs)('$name is drawn the same each time', ({ graph, drawing }) => {
  expect(drawGraph(graph)).toEqual(drawing)
})

test('every edge that fails or is plaintext has its mark, and none covers another', () => {
  const [{ graph, drawing }] = graphs
  const marks = drawing.edges.flatMap((edge) => edge.marks)
  const of = (name: string) => marks.filter(({ mark }) => mark === name).length
  expect(of('failing')).toBe(graph.edges.filter(({ health }) => health === 'failing').length)
  expect(of('plaintext')).toBe(graph.edges.filter(({ encryption }) => encryption === 'plaintext').length)
  expect(Math.min(of('failing'), of('plaintext'), of('tls'))).toBeGreaterThan(0)
  expect(pairs(marks).filter(([a, b]) => Math.hypot(a.x - b.x, a.y - b.y) < 14)).toEqual([])
})

test('edges go round what stands in their way', () => {
  const coordinate = fc.integer({ min: 0, max: 600 })
  fc.assert(
    fc.property(coordinate, coordinate, coordinate, (start, end, top) => {
      const obstacle = { x: 480, y: top, width: 170, height: 42 }
      const curves = routeEdge({ x: 250, y: start }, { x: 840, y: end }, [obstacle], new Map())
      expect(curves.some((curve) => meets(curve, { ...obstacle, x: 490, y: top + 8, width: 150, height: 26 }))).toBe(
        false,
      )
      expect(pointAlong(curves, 0)).toEqual({ x: 250, y: start })
      expect(pathOf(curves)).toMatch(/^M250 \d+C[\d. C-]+$/)
    }),
  )
})

test('settled blocks keep their order and distances, and stay where they fit', () => {
  const block = fc.record({
    wanted: fc.integer({ min: 0, max: 500 }),
    height: fc.integer({ min: 1, max: 60 }),
    gap: fc.integer({ min: 0, max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 30 }), (blocks) => {
      const tops = settle(blocks)
      for (const [at, { gap }] of blocks.entries()) {
        if (at > 0) expect(tops[at]).toBeGreaterThanOrEqual(tops[at - 1] + blocks[at - 1].height + gap - 1e-9)
      }
    }),
  )
  const apart = [10, 100, 200].map((wanted) => ({ wanted, height: 40, gap: 5 }))
  expect(settle(apart)).toEqual([10, 100, 200])
  const crowded = [100, 100, 100].map((wanted) => ({ wanted, height: 40, gap: 10 }))
  expect(settle(crowded)).toEqual([50, 100, 150])
})

test('a text that is too long loses its middle', () => {
  const host = 'telemetry-ingest.production.eu-central-1.observability.example.com'
  expect(fitText(host, 100)).toBe(host)
  expect(fitText(host, 16)).toMatch(/^telemetry.*….*ple\.com$/)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 2, max: 30 }), (text, ems) => {
      expect(textWidth(fitText(text, ems))).toBeLessThanOrEqual(ems)
    }),
  )
})

test('an edge is a step wider for ten times as much, by either measure', () => {
  const of = (egressBytes: number, requests = 0, edges = 10) => [
    edgeWidth({ ...zeroTotals(), egressBytes, requests }, 'bytes', edges),
    edgeWidth({ ...zeroTotals(), egressBytes, requests }, 'requests', edges),
  ]
  expect(of(0)).toEqual([1.3, 1.3])
  expect(of(1e6, 100)).toEqual([2.2, 2.2])
  expect(of(1e7, 1000)).toEqual([3.1, 3.1])
  expect(of(1e15, 1e12)).toEqual([7, 7])
  expect(of(1e7, 1000, 300)).toEqual([2.2, 2.2])
})
