/** The drawing of a service graph: its nodes as placed, its edges as routed, each with its marks. */
import type { GraphEdge, GraphNode, GraphReport } from '#core/reports/graph.ts'
import { columnOf, type Layout, layoutGraph } from './layout.ts'
import { type Curve, type Point, pathOf, pointAlong, type Rectangle, rounded, routeEdge } from './route.ts'
import { edgeWidth } from './width.ts'

export interface Drawing extends Omit<Layout, 'nodes' | 'boxes'> {
  boxes: (GraphReport['boxes'][number] & Rectangle)[]
  nodes: { node: GraphNode; at: Rectangle }[]
  edges: DrawnEdge[] // those that matter most last, above the others
}

export interface DrawnEdge {
  edge: GraphEdge
  path: string
  head: string // path of its arrowhead: a triangle for requests, a square for TCP, a bar where it was refused
  widths: { bytes: number; requests: number }
  marks: (Point & { mark: Mark })[]
}

export type Mark = 'failing' | 'plaintext' | 'tls'

/** Draws a graph of at least one node. */
export function drawGraph(report: Pick<GraphReport, 'nodes' | 'edges' | 'boxes'>): Drawing {
  const { nodes: places, boxes: frames, ...layout } = layoutGraph(report)
  const ports = portsOf(report.edges, places)
  const columns = new Map(report.nodes.map((node) => [node.id, columnOf(node)]))
  const between = report.nodes.filter((node) => columnOf(node) === 'between').map(({ id }) => places.get(id)!)
  const rounds = new Map<string, number>()
  const taken: Point[] = []
  const many = report.edges.length
  const edges = report.edges
    .toSorted((a, b) => weightOf(a) - weightOf(b))
    .map((edge): DrawnEdge => {
      const { from, to } = ports.get(edge.id)!
      const passes = columns.get(edge.from) === 'sources' && columns.get(edge.to) === 'destinations'
      const { path: head, length } = headOf(edge, to)
      const curves = routeEdge(from, { x: to.x - length, y: to.y }, passes ? between : [], rounds)
      const widthBy = (measure: 'bytes' | 'requests') => edgeWidth(edge.totals, measure, many)
      return {
        edge,
        path: pathOf(curves),
        head,
        widths: { bytes: widthBy('bytes'), requests: widthBy('requests') },
        marks: marksOf(edge).map((mark) => ({ mark, ...freePoint(curves, taken) })),
      }
    })
  return {
    ...layout,
    boxes: report.boxes.map((box) => ({ ...box, ...frames.get(box.id)! })),
    nodes: report.nodes.map((node) => ({ node, at: places.get(node.id)! })),
    edges,
  }
}

const HEALTHS: readonly GraphEdge['health'][] = ['idle', 'healthy', 'refused', 'degraded', 'failing']

/** A mark must not lie below another line. */
function weightOf(edge: GraphEdge): number {
  return HEALTHS.indexOf(edge.health) + (marksOf(edge).length > 0 ? HEALTHS.length : 0)
}

const PORTS = { most: 16, step: 6 } // how far the edges at one side of a node are spread

function portsOf(edges: readonly GraphEdge[], places: ReadonlyMap<string, Rectangle>) {
  const middle = (id: string) => places.get(id)!.y + places.get(id)!.height / 2
  const spread = (near: 'from' | 'to', far: 'from' | 'to') =>
    new Map(
      [...Map.groupBy(edges, (edge) => edge[near]).values()].flatMap((of) => {
        const sorted = of.toSorted((a, b) => middle(a[far]) - middle(b[far]))
        const step = Math.min(PORTS.step, PORTS.most / Math.max(1, sorted.length - 1))
        return sorted.map((edge, at): [string, number] => {
          return [edge.id, middle(edge[near]) + (at - (sorted.length - 1) / 2) * step]
        })
      }),
    )
  const [leaving, arriving] = [spread('from', 'to'), spread('to', 'from')]
  return new Map(
    edges.map(({ id, from, to }) => {
      const [source, destination] = [places.get(from)!, places.get(to)!]
      const start = { x: source.x + source.width, y: leaving.get(id)! }
      return [id, { from: start, to: { x: destination.x, y: arriving.get(id)! } }]
    }),
  )
}

/** The arrowhead of an edge that arrives at a point, and how far before it the line ends. */
function headOf({ health, protocols, destinationClass }: GraphEdge, { x, y }: Point): { path: string; length: number } {
  const right = rounded(x - 1)
  if (health === 'refused' || destinationClass === 'blocked')
    return { path: `M${right} ${rounded(y - 6)}v12h-3v-12z`, length: 4 }
  if (protocols.includes('tcp')) return { path: `M${right} ${rounded(y - 3.5)}v7h-7v-7z`, length: 8 }
  return { path: `M${right} ${rounded(y)}l-8 -4.5v9z`, length: 9 }
}

function marksOf({ health, encryption }: GraphEdge): Mark[] {
  const ofHealth: Mark[] = health === 'failing' ? [health] : []
  return encryption === 'unknown' ? ofHealth : [...ofHealth, encryption]
}

const PARTS = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8, 0.14, 0.86]
const MARK_DISTANCE = 17

/** A point on the way that is as far from other marks as can be, and near the middle if it can; it is taken then. */
function freePoint(curves: readonly Curve[], taken: Point[]): Point {
  const points = PARTS.map((part) => pointAlong(curves, part))
  const room = (point: Point) =>
    Math.min(MARK_DISTANCE, ...taken.map(({ x, y }) => Math.hypot(x - point.x, y - point.y)))
  const best = points.reduce((a, b) => (room(b) > room(a) ? b : a))
  taken.push(best)
  return { x: rounded(best.x), y: rounded(best.y) }
}
