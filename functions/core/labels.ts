/** Label sets: decoding them from exposition bytes, writing them as /federate does, and telling series apart by them. */

import { type HashSeed, hashText } from '#core/hash.ts'

/** Label name to value, without `__name__`; a missing label and '' mean the same. */
export type Labels = ReadonlyMap<string, string>

export interface LabelledSeries {
  name: string
  labels: Labels
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const LABEL_HERE = /[a-zA-Z_][a-zA-Z0-9_]*/y
const SPACE = /[ \t]*/y

/**
 * Decodes `name{label="value",…}` or `{"name",label="value",…}`, the part of a line before its value.
 * Null when it is no series: bad syntax, an unknown escape, a label twice, or bytes that are no UTF-8.
 */
export function decodeSeries(bytes: Uint8Array): LabelledSeries | null {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return null
  }
  const brace = text.indexOf('{')
  let name = trimBlanks(brace < 0 ? text : text.slice(0, brace))
  if (name !== '' && !NAME.test(name)) return null
  const labels = new Map<string, string>()
  if (brace >= 0) {
    let at = brace + 1
    const skipSpace = () => {
      if (text[at] > ' ') return
      SPACE.lastIndex = at
      SPACE.test(text)
      at = SPACE.lastIndex
    }
    for (;;) {
      skipSpace()
      if (text[at] === '}') break
      let key: string
      let quoted = false
      if (text[at] === '"') {
        const string = readString(text, at)
        if (string === null) return null
        quoted = true
        key = string.value
        at = string.end
      } else {
        LABEL_HERE.lastIndex = at
        const found = LABEL_HERE.exec(text)
        if (found === null) return null
        key = found[0]
        at += key.length
      }
      skipSpace()
      if (text[at] === '=') {
        at++
        skipSpace()
        const value = readString(text, at)
        if (value === null || labels.has(key) || key === '' || key === '__name__') return null
        labels.set(key, value.value)
        at = value.end
        skipSpace()
      } else if (quoted && name === '' && key !== '') {
        name = key
      } else {
        return null
      }
      if (text[at] === ',') at++
      else if (text[at] !== '}') return null
    }
    if (trimBlanks(text.slice(at + 1)) !== '') return null
  }
  for (const [key, value] of labels) if (value === '') labels.delete(key)
  return name === '' ? null : { name, labels }
}

/** Space and TAB are the only white space of the format. */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

const STRING_STOP = /["\\]/g

function readString(text: string, start: number): { value: string; end: number } | null {
  if (text[start] !== '"') return null
  let value = ''
  let at = start + 1
  const end = text.indexOf('"', at)
  const plain = text.slice(at, end)
  // Hardly any value has an escape in it.
  if (end >= 0 && !plain.includes('\\')) return { value: plain, end: end + 1 }
  for (;;) {
    STRING_STOP.lastIndex = at
    const stop = STRING_STOP.exec(text)
    if (stop === null) return null
    value += text.slice(at, stop.index)
    at = stop.index
    if (text[at] === '"') return { value, end: at + 1 }
    const escaped = text[at + 1]
    if (escaped === '\\' || escaped === '"') value += escaped
    else if (escaped === 'n') value += '\n'
    else return null
    at += 2
  }
}

/**
 * Writes a series with its labels sorted by name; given external labels, as /federate does, which appends those the
 * series lacks, sorted too, and an empty `instance` where neither has one.
 */
export function formatSeries(name: string, labels: Labels, externalLabels: Labels | null = null): string {
  const own = [...labels].filter(([, value]) => value !== '').sort(byName)
  const external = externalLabels === null ? new Map() : new Map([['instance', ''], ...externalLabels])
  const appended = [...external].filter(([key]) => !labels.get(key)).sort(byName)
  const pairs = [...own, ...appended].map(([key, value]) => `${LABEL.test(key) ? key : quote(key)}=${quote(value)}`)
  if (!NAME.test(name)) return `{${[quote(name), ...pairs].join(',')}}`
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1
}

function quote(value: string): string {
  return `"${value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`
}

/**
 * The external labels of a Prometheus: what its /federate shows on a series beyond what its query API does; null when that
 * cannot be told. Every series shows their names, and a series is the one it shares most labels with: by what a target had
 * before it was relabelled, its new labels would look external.
 */
export function learnExternalLabels(federated: readonly Labels[], queried: readonly Labels[]): Labels | null {
  const shown = new Map<Labels, Labels[]>() // by what the query API shows of it
  for (const labels of federated) {
    const fitting = queried.filter((plain) => [...plain].every(([key, value]) => labels.get(key) === value))
    const most = Math.max(...fitting.map(({ size }) => size))
    for (const plain of fitting) if (plain.size === most) shown.set(plain, [...(shown.get(plain) ?? []), labels])
  }
  let learnt: Labels | null = null // an own label can hide an external one of its name, so the largest set is the right one
  for (const [plain, matches] of shown) {
    const extras = matches.map((labels) => [...labels].filter(([key]) => !plain.has(key)).sort(byName))
    const distinct = new Set(extras.map((extra) => JSON.stringify(extra)))
    if (distinct.size !== 1 || extras[0].length < (learnt?.size ?? 0)) continue
    if (extras[0].every(([key]) => federated.every((labels) => labels.has(key)))) learnt = new Map(extras[0])
  }
  return learnt
}

const IDENTITY_LABEL =
  /^(source_|destination_|request_|requested_|response_|grpc_|reporter$|connection_security_policy$)/

/**
 * What a counter stays across a relabelling of its target: the metric, Istio's own labels, and the pod (or else the
 * instance), without the labels Prometheus adds.
 */
export function seriesIdentity(series: LabelledSeries): string {
  const own = [...series.labels].filter(([key]) => IDENTITY_LABEL.test(key)).sort(byName)
  const where =
    series.labels.get('pod') ?? series.labels.get('kubernetes_pod_name') ?? series.labels.get('instance') ?? ''
  return `${series.name}\0${where}\0${own.map(([key, value]) => `${key}=${value}`).join('\0')}`
}

/** The process that counts: all its series share these target labels. '' when no label tells. */
export function proxyIdentity(labels: Labels): string {
  const pod = labels.get('pod') ?? labels.get('kubernetes_pod_name') ?? ''
  const namespace = labels.get('namespace') ?? labels.get('kubernetes_namespace') ?? ''
  const instance = labels.get('instance') ?? ''
  return pod === '' && instance === '' ? '' : `${namespace}\0${pod}\0${instance}`
}

/** Under which a proxy, told by proxyIdentity, stands in the checkpoint: 16 hex digits. */
export function proxyKey(identity: string, seed: HashSeed): string {
  const { lo, hi } = hashText(identity, seed)
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0')
}
