/**
 * Layout: where the nodes and boxes of a service graph stand. Three columns from left to right: workloads in the boxes of
 * their namespaces, gateways and waypoints, destinations. Dagre ranks the nodes and orders them so that few edges cross; the
 * columns are then settled, with even rows in every box.
 */
import { Graph, layout } from '@dagrejs/dagre'
import type { GraphEdge, GraphNode, GraphReport } from '#core/reports/graph.ts'
import { type Line, quietTop } from './quiet.ts'
import type { Rectangle } from './route.ts'
import { type Block, settle } from './settle.ts'

export interface Layout {
  width: number
  height: number
  nodes: Map<string, Rectangle> // by id
  boxes: Map<string, Rectangle> // by id
  columns: { name: string; x: number }[] // those that are not empty
}

type Column = 'sources' | 'between' | 'destinations'

const WIDTH = 1160
const MARGIN = 6 // room for the second sheet of a folded node
const HEAD = 30 // above the columns, for their names
const BOX = { padding: 8, head: 24, gap: 14 }
const GAP = 7 // between nodes
const LOOSENESS = 1.08 // of the height that the fuller side needs at least
const COLUMNS: Record<Column, { x: number; width: number; name: string }> = {
  sources: { x: 2 + BOX.padding, width: 244, name: 'Workloads by namespace' },
  between: { x: 488, width: 172, name: 'Gateways and waypoints' },
  destinations: { x: WIDTH - MARGIN - 312, width: 312, name: 'Destinations' },
}

/** The column that a node stands in. */
export function columnOf({ kind }: Pick<GraphNode, 'kind'>): Column {
  return kind === 'via' ? 'between' : kind === 'workload' || kind === 'namespace' ? 'sources' : 'destinations'
}

/** Places a graph of at least one node. */
export function layoutGraph({ nodes, edges, boxes }: Pick<GraphReport, 'nodes' | 'edges' | 'boxes'>): Layout {
  const centers = orderNodes(nodes, edges, boxes)
  const groups = (column: Column) =>
    groupsOf(
      nodes.filter((node) => columnOf(node) === column),
      centers,
    )
  const sides = [groups('sources'), groups('destinations')]
  // Dagre leaves much room to straighten edges; no more of it is used than the fuller of the two sides needs.
  const range = Math.max(...centers.values()) - Math.min(...centers.values())
  const scale = Math.min(1, (LOOSENESS * Math.max(...sides.map(packedHeight))) / Math.max(1, range))

  const placed = new Map<string, Rectangle>()
  const frames = new Map<string, Rectangle>()
  const place = (column: Column, of: readonly Group[], tops: readonly number[]) => {
    const { x, width } = COLUMNS[column]
    for (const [at, group] of of.entries()) {
      const frame = { x: x - BOX.padding, y: tops[at], width: width + 2 * BOX.padding, height: heightOf(group) }
      if (group.box !== null) frames.set(group.box, frame)
      let y = tops[at] + (group.box === null ? 0 : BOX.head)
      for (const node of group.nodes) {
        placed.set(node.id, { x, y, width, height: nodeHeight(node) })
        y += nodeHeight(node) + GAP
      }
    }
  }
  for (const [at, column] of (['sources', 'destinations'] as const).entries())
    place(column, sides[at], settle(sides[at].map((group) => blockOf(group, centers, scale))))
  const between = groups('between')
  const lines = edges.flatMap(({ from, to }): Line[] => {
    const [source, destination] = [placed.get(from), placed.get(to)]
    if (source === undefined || destination === undefined) return []
    return [
      { from: { x: source.x + source.width, y: centerOf(source) }, to: { x: destination.x, y: centerOf(destination) } },
    ]
  })
  const quiet = between.map((group) => {
    const { wanted, height, gap } = blockOf(group, centers, scale)
    return { wanted: quietTop(wanted, { ...COLUMNS.between, height }, lines), height, gap }
  })
  place('between', between, settle(quiet))

  const all = [...placed.values(), ...frames.values()]
  const top = Math.min(...all.map(({ y }) => y))
  for (const rectangle of all) rectangle.y = Math.round(rectangle.y - top + HEAD)
  const bottom = Math.max(HEAD, ...all.map(({ y, height }) => y + height))
  const columns = Object.entries(COLUMNS)
    .filter(([column]) => nodes.some((node) => columnOf(node) === column))
    .map(([, { name, x }]) => ({ name, x }))
  return { width: WIDTH, height: bottom + MARGIN, nodes: placed, boxes: frames, columns }
}

function centerOf({ y, height }: Rectangle): number {
  return y + height / 2
}

/** What is moved as one: a box with its nodes, or a node. */
interface Group {
  box: string | null
  nodes: GraphNode[] // from top to bottom
}

function groupsOf(nodes: readonly GraphNode[], centers: ReadonlyMap<string, number>): Group[] {
  const sorted = nodes.toSorted((a, b) => centers.get(a.id)! - centers.get(b.id)!)
  return [...Map.groupBy(sorted, ({ id, box }) => box ?? id).values()].map((group) => ({
    box: group[0].box,
    nodes: group,
  }))
}

function heightOf({ box, nodes }: Group): number {
  const rows = nodes.reduce((sum, node) => sum + nodeHeight(node) + GAP, -GAP)
  return box === null ? rows : rows + BOX.head + BOX.padding
}

function packedHeight(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + heightOf(group) + gapOf(group), 0)
}

function gapOf({ box }: Group): number {
  return box === null ? GAP : BOX.gap
}

function blockOf(group: Group, centers: ReadonlyMap<string, number>, scale: number): Block {
  const middle = group.nodes.reduce((sum, { id }) => sum + centers.get(id)!, 0) / group.nodes.length
  const height = heightOf(group)
  return { wanted: middle * scale - height / 2, height, gap: gapOf(group) }
}

/** Gateways have a second line, for where they are. */
function nodeHeight({ kind }: Pick<GraphNode, 'kind'>): number {
  return kind === 'via' ? 42 : 26
}

/** The middles of the nodes, from top to bottom, as Dagre would have them. */
function orderNodes(nodes: readonly GraphNode[], edges: readonly GraphEdge[], boxes: GraphReport['boxes']) {
  const graph = new Graph({ compound: true })
  graph.setGraph({ rankdir: 'LR', nodesep: GAP, edgesep: 4, ranksep: 60 })
  for (const { id } of boxes) graph.setNode(id, {})
  for (const node of nodes) {
    graph.setNode(node.id, { width: COLUMNS[columnOf(node)].width, height: nodeHeight(node) })
    if (node.box !== null) graph.setParent(node.id, node.box)
  }
  const between = new Set(nodes.filter((node) => columnOf(node) === 'between').map(({ id }) => id))
  const across = between.size === 0 ? 1 : 2 // ranks from a source to a destination
  for (const { from, to } of edges)
    graph.setEdge(from, to, { minlen: between.has(from) || between.has(to) ? 1 : across, weight: 1 })
  // A gateway whose clients are lost has nothing before it, and would stand among the sources.
  for (const id of between) {
    graph.setNode(`before ${id}`, { width: 0, height: 0 })
    graph.setEdge(`before ${id}`, id, { minlen: 1, weight: 1 })
  }
  layout(graph)
  return new Map(nodes.map(({ id }) => [id, graph.node(id).y as number]))
}
