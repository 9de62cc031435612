/**
 * Manifests: Istio's configuration as people and Kubernetes' tools write it, in files of several documents, as lists,
 * and MeshConfig wherever it may stand. What is of another kind is passed over and counted; what is of ours is read
 * strictly, and all that is wrong with all files is told at once.
 */
import type { IstioConfigs } from '#core/istio/config.ts'
import { compareText } from '#core/order.ts'
import { ManifestFileError, manifestFiles } from './manifest-files.ts'
import type { ManifestKind } from './manifest-kinds.ts'
import { type ManifestProblem, ManifestReading } from './manifest-reading.ts'
import { ConfigError } from './strict-file.ts'

export { MANIFEST_KINDS, type ManifestKind } from './manifest-kinds.ts'
export type { ManifestProblem } from './manifest-reading.ts'

const MAX_LINES = 50 // of mistakes in one message
const UNPRINTABLE = /[\p{Cc}\p{Cf}]/gu // in a terminal it could hide what was said, or say something else

export interface ManifestSource {
  path: string // a file, a folder, or - for standard input
  target: string | null // whose configuration it is; null for all that have none of their own
}

export interface Manifests {
  configs: IstioConfigs
  read: Record<ManifestKind, number>
  skipped: number // resources and documents of other kinds
}

/** All that is wrong with manifests, file by file; the message tells it line by line. */
export class ManifestError extends ConfigError {
  declare readonly problems: ManifestProblem[]

  constructor(problems: ManifestProblem[]) {
    super('', problems)
    const lines = problems.slice(0, MAX_LINES).map(({ file, line, column, path, message }) => {
      const said = `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`
      return `  ${said.replace(UNPRINTABLE, '\ufffd')}`
    })
    if (problems.length > MAX_LINES) lines.push(`  and ${problems.length - MAX_LINES} more`)
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`
    this.message = [`Istio’s configuration has ${count}:`, ...lines].join('\n')
    this.name = 'ManifestError'
  }
}

/** Reads manifests, files in the order of their names; throws one ManifestError with everything that is wrong. */
export async function readManifests(
  sources: readonly ManifestSource[],
  input: AsyncIterable<Uint8Array> = process.stdin,
): Promise<Manifests> {
  const reading = new ManifestReading()
  const whole: ManifestProblem[] = []
  for (const { path, target } of sources) {
    try {
      for await (const { name, text } of manifestFiles([path], input)) reading.text(text, name, target ?? '*')
    } catch (error) {
      if (!(error instanceof ManifestFileError)) throw error
      whole.push({ file: error.file, line: 1, column: 1, path: '', message: error.message })
    }
  }
  const problems = [...whole, ...reading.problems]
  if (problems.length === 0) return { configs: reading.configs, read: reading.read, skipped: reading.skipped }
  throw new ManifestError(
    problems.sort((a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column),
  )
}
