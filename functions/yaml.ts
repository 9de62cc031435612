/**
 * YAML 1.2 as people write configuration in it, and no more: no anchors, aliases, tags or merge keys, no key twice, one
 * document. What is refused and what later turns out to be wrong is told with its place in the text. Manifests are what
 * other tools write: of several documents, and with anchors, aliases and merge keys as far as these repeat little.
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

const MAX_DOCUMENTS = 50_000 // of one text
const MAX_PARTS = 400_000 // of one document, by its lines and commas: some ten seconds and 600 MB of the parser's
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
  /** True for a text that stands as a block, so that its own first line is the one below. */
  isBlock(path: YamlPath): boolean
}

/** What plain values become: what YAML's core schema makes of them, or the texts they are written as. */
export type Scalars = 'typed' | 'texts'

/** Reads a text; never throws for what is in it. Values are typed unless told. */
export function readYaml(source: string, scalars: Scalars = 'typed'): YamlText {
  return readDocument(source, 1, scalars === 'typed' ? CONFIGURATION : TEXTS)
}

/** Reads the documents of a text, one after another, without those that hold nothing; never throws for what is in it. */
export function* readYamlDocuments(source: string): Generator<YamlText> {
  let line = 1
  let documents = 0
  // Three dashes or dots at the start of a line part documents wherever they stand, so that each is parsed by itself.
  for (const text of source.split(/^(?=(?:---|\.\.\.)(?:[ \t\r\n]|$))/m)) {
    const document = text.replace(/^\.\.\./, '')
    const isEmpty = !/^[ \t]*[^\s#]/m.test(document.replace(/^---/, ''))
    if (!isEmpty && ++documents > MAX_DOCUMENTS) {
      yield refusedText({ line, column: 1 }, `is one of more than ${MAX_DOCUMENTS} documents; split the file`)
      return
    }
    if (!isEmpty && partsOf(document) > MAX_PARTS) {
      yield refusedText(
        { line, column: 1 },
        `a document of more than ${MAX_PARTS} lines and commas begins here; split it`,
      )
    } else if (!isEmpty) yield readDocument(document, line, MANIFEST)
    line += text.split('\n').length - 1
  }
}

/** How many values a text can hold, at most about. */
function partsOf(text: string): number {
  let parts = 0
  for (const part of ['\n', ',']) {
    for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) parts++
  }
  return parts
}

function refusedText(place: Place, message: string): YamlText {
  return { data: undefined, problems: [{ ...place, message }], placeOf: () => place, isBlock: () => false }
}

interface Dialect {
  maxDepth: number
  maxAliases: number // how often the parser may repeat what an anchor names
  isManifest: boolean
  schema: 'core' | 'failsafe' // of YAML 1.2; by the second everything plain is a text
}

const CONFIGURATION: Dialect = { maxDepth: 20, maxAliases: 0, isManifest: false, schema: 'core' }
const TEXTS: Dialect = { ...CONFIGURATION, schema: 'failsafe' }
const MANIFEST: Dialect = { maxDepth: 100, maxAliases: 100, isManifest: true, schema: 'core' }

function readDocument(source: string, firstLine: number, dialect: Dialect): YamlText {
  const { maxDepth, maxAliases, isManifest, schema } = dialect
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1) + firstLine - 1, column: Math.max(col, 1) }
  }
  let document: Document.Parsed
  let found: Found[]
  try {
    document = parseDocument(source, {
      version: '1.2',
      schema,
      strict: true,
      uniqueKeys: false, // looked for below: the parser compares each key with all others, which may take minutes
      stringKeys: !isManifest,
      merge: isManifest,
      logLevel: 'error', // of what is only odd the process is not told
      resolveKnownTags: false,
      prettyErrors: false,
      lineCounter: lines,
    })
    found = [...refusedByParser(document, maxDepth), ...refusedHere(document, dialect)]
  } catch (error) {
    // The parser calls itself for each level, so that hostile nesting ends here before the depth is looked at.
    if (!(error instanceof RangeError)) throw error
    return refusedText(place(0), tooDeep(maxDepth))
  }
  let data: unknown
  try {
    data = found.length === 0 ? document.toJS({ maxAliasCount: maxAliases }) : undefined
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return refusedText(place(0), 'its aliases repeat more than is read, or name no anchor; write the values out')
  }
  return {
    data,
    problems: found.map(({ offset, message }) => ({ ...place(offset), message })),
    placeOf: (path, part) => place(offsetOf(document, path, part)),
    isBlock: (path) => {
      const node = document.getIn(path, true)
      return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
    },
  }
}

type Found = { offset: number; message: string }

const MESSAGES: Record<string, string> = {
  MULTIPLE_DOCS: 'a second document begins here; keep one',
  NON_STRING_KEY: 'a key must be a text',
}
/** Refused below by what they are, whether or not the parser can make sense of them. */
const LOOKED_FOR = ['TAG_RESOLVE_FAILED', 'BAD_ALIAS', 'MULTIPLE_ANCHORS', 'MULTIPLE_TAGS']

function refusedByParser(document: Document.Parsed, maxDepth: number): Found[] {
  const messages: Record<string, string> = { ...MESSAGES, RESOURCE_EXHAUSTION: tooDeep(maxDepth) }
  return [...document.errors, ...document.warnings]
    .filter(({ code }) => !LOOKED_FOR.includes(code))
    .map(({ code, message, pos }) => ({ offset: pos[0], message: messages[code] ?? sentence(message) }))
}

function tooDeep(maxDepth: number): string {
  return `nests deeper than ${maxDepth} levels`
}

function refusedHere(document: Document.Parsed, { maxDepth, isManifest }: Dialect): Found[] {
  const found: Found[] = []
  const { explicit, version } = document.directives.yaml
  if (explicit && version !== '1.2') found.push({ offset: 0, message: `YAML ${version} is not read; write YAML 1.2` })
  visit(document, {
    Node: (_, node, ancestors) => {
      const offset = node.range?.[0] ?? 0
      if (isAlias(node) && isManifest && ancestors.includes(node.resolve(document) as Node)) {
        found.push({ offset, message: 'this alias stands in what it names; write the value out' })
      }
      if (!isManifest && (isAlias(node) || node.anchor !== undefined)) {
        found.push({ offset, message: 'anchors and aliases are not read; write the value out' })
      } else if (!isManifest && node.tag !== undefined) {
        found.push({ offset, message: 'tags are not read; write the plain value' })
      }
      if (isMap(node)) for (const repeated of repeatedKeys(node)) found.push(repeated)
      if (ancestors.filter(isCollection).length < maxDepth) return undefined
      found.push({ offset, message: tooDeep(maxDepth) })
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
    if (isAlias(node)) node = node.resolve(document) ?? null
    offset = node?.range?.[0] ?? offset
  }
  return offset
}

function sentence(message: string): string {
  const line = message.split('\n', 1)[0].slice(0, MESSAGE_CHARACTERS)
  return line.charAt(0).toLowerCase() + line.slice(1)
}
