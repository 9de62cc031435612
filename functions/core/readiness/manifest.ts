/** Manifests: what is drafted of Istio's resources, as text that can be applied, and where each lies when written as files. */
import { compareText } from '#core/order.ts'
import { formatYaml, type YamlData } from '#core/readiness/yaml.ts'
import { spelledOut } from '#core/shown-label.ts'

/**
 * `allow`: lets out what is used; `scope`: locks the namespace, and is applied last; `encrypt`: optional, lets out the same
 * in TLS instead of plaintext.
 */
export type Purpose = 'allow' | 'scope' | 'encrypt'

export interface Manifest {
  kind: 'ServiceEntry' | 'Sidecar' | 'DestinationRule'
  name: string
  namespace: string // that it lies in; another than the one it is for where several need it
  purpose: Purpose
  note: string // what a person must check before it is applied; '' when nothing
  yaml: string // one document, ready to apply
}

const API_VERSION = 'networking.istio.io/v1'
const COMMENT_WIDTH = 100 // characters, where words allow

/** A manifest of a resource; its specification comes in the order in which it is to be read. */
export function manifestOf(about: Omit<Manifest, 'yaml'>, spec: { readonly [key: string]: YamlData }): Manifest {
  const { kind, name, namespace } = about
  return { ...about, yaml: formatYaml({ apiVersion: API_VERSION, kind, metadata: { name, namespace }, spec }) }
}

export interface ManifestFile {
  path: string // relative, of names that are safe on every file system
  text: string
}

/** A manifest as a file: `prod-eu/allow/shop/serviceentry-api-stripe-com.yaml`, with its note as a comment at its head. */
export function manifestFile(target: string, { kind, name, namespace, purpose, note, yaml }: Manifest): ManifestFile {
  return {
    path: `${target}/${purpose}/${namespace}/${kind.toLowerCase()}-${name}.yaml`,
    text: `${commentLines(note).join('')}${yaml}`,
  }
}

/** The files of several namespaces' manifests, by path; what several namespaces need is among them once. */
export function manifestFiles(
  namespaces: readonly { target: string; manifests: readonly Manifest[] }[],
): ManifestFile[] {
  const files = namespaces.flatMap(({ target, manifests }) => manifests.map((one) => manifestFile(target, one)))
  return [...new Map(files.map((file) => [file.path, file])).values()].sort((a, b) => compareText(a.path, b.path))
}

/** A text as lines of a comment; whatever stands in it, none of it ends the comment. */
function commentLines(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of spelledOut(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COMMENT_WIDTH) {
      lines.push(`# ${line}\n`)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, `# ${line}\n`]
}
