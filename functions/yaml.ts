/**
 * YAML 1.2 as people write configuration in it, and no more: no anchors, aliases, tags or merge keys, no key twice, one
 * document. What is refused and what later turns out to be wrong is told with its place in the text.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'

const MAX_DEPTH = 20
const MESSAGE_CHARACTERS = 200 // of what the parser says, which may quote the text

export interface Place {
  line: number // from 1
  column: number // from 1
}

export type YamlPath = readonly PropertyKey[]

/** A text as data, with the places of its values and keys; or, when there is any problem, only the problems. */
export interface YamlText {
  data: unknown
  problems: (Place & { message: string })[]
  /** Where a value begins, or its key; of what is not there, where the nearest thing around it does. */
  placeOf(path: YamlPath, part: 'key' | 'value'): Place
}

/** Reads a text; never throws for what is in it. */
export function readYaml(source: string): YamlText {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  let document: Document.Parsed
  let found: Found[]
  try {
    document = parseDocument(source, {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: false, // looked for below: the parser compares each key with all others, which may take minutes
      stringKeys: true,
      merge: false,
      resolveKnownTags: false,
      prettyErrors: false,
      lineCounter: lines,
    })
    found = [...refusedByParser(document), ...refusedHere(document)]
  } catch (error) {
    // The parser calls itself for each level, so that hostile nesting ends here before MAX_DEPTH is looked at.
    if (!(error instanceof RangeError)) throw error
    return { data: undefined, problems: [{ ...place(0), message: TOO_DEEP }], placeOf: () => place(0) }
  }
  return {
    data: found.length === 0 ? document.toJS({ maxAliasCount: 0 }) : undefined,
    problems: found.map(({ offset, message }) => ({ ...place(offset), message })),
    placeOf: (path, part) => place(offsetOf(document, path, part)),
  }
}

type Found = { offset: number; message: string }

const TOO_DEEP = `nests deeper than ${MAX_DEPTH} levels`
const MESSAGES: Record<string, string> = {
  MULTIPLE_DOCS: 'a second document begins here; keep one',
  NON_STRING_KEY: 'a key must be a text',
  RESOURCE_EXHAUSTION: TOO_DEEP,
}
/** Refused below by what they are, whether or not the parser can make sense of them. */
const LOOKED_FOR = ['TAG_RESOLVE_FAILED', 'BAD_ALIAS', 'MULTIPLE_ANCHORS', 'MULTIPLE_TAGS']

function refusedByParser(document: Document.Parsed): Found[] {
  return [...document.errors, ...document.warnings]
    .filter(({ code }) => !LOOKED_FOR.includes(code))
    .map(({ code, message, pos }) => ({ offset: pos[0], message: MESSAGES[code] ?? sentence(message) }))
}

function refusedHere(document: Document.Parsed): Found[] {
  const found: Found[] = []
  const { explicit, version } = document.directives.yaml
  if (explicit && version !== '1.2') found.push({ offset: 0, message: `YAML ${version} is not read; write YAML 1.2` })
  visit(document, {
    Node: (_, node, ancestors) => {
      const offset = node.range?.[0] ?? 0
      if (isAlias(node) || node.anchor !== undefined) {
        found.push({ offset, message: 'anchors and aliases are not read; write the value out' })
      } else if (node.tag !== undefined) {
        found.push({ offset, message: 'tags are not read; write the plain value' })
      }
      if (isMap(node)) for (const repeated of repeatedKeys(node)) found.push(repeated)
      if (ancestors.filter(isCollection).length < MAX_DEPTH) return undefined
      found.push({ offset, message: TOO_DEEP })
      return visit.SKIP
    },
  })
  return found
}

function* repeatedKeys(map: YAMLMap): Generator<Found> {
  const known = new Set<unknown>()
  for (const { key } of map.items) {
    if (!isScalar(key)) continue
    if (known.has(key.value)) {
      yield { offset: key.range?.[0] ?? 0, message: 'this key stands here a second time; keep one' }
    }
    known.add(key.value)
  }
}

function offsetOf(document: Document.Parsed, path: YamlPath, part: 'key' | 'value'): number {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [i, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (!pair || !isNode(pair.key)) break
      offset = pair.key.range?.[0] ?? offset
      node = isNode(pair.value) ? pair.value : null
      if (part === 'key' && i === path.length - 1) break
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)]
      node = isNode(item) ? item : null
    }
    offset = node?.range?.[0] ?? offset
  }
  return offset
}

function sentence(message: string): string {
  const line = message.split('\n', 1)[0].slice(0, MESSAGE_CHARACTERS)
  return line.charAt(0).toLowerCase() + line.slice(1)
}
