/** Versions: in a bucket that keeps them, what was written over or deleted of that which is written once. */
import type { ChainProblem } from '#core/chain.ts'
import { isImmutable } from '#core/keys.ts'

/** A version of an object, or the marker that hides it since somebody deleted it. */
export interface StoredVersion {
  key: string
  isDeleteMarker: boolean
  isKept: boolean // false in a bucket that keeps no versions
  modified: string // ISO 8601, UTC; '' when nobody says
}

/** `replaced`: another version of it was written; `deleted`: somebody deleted it, and a version of it is still there. */
export type VersionProblem = Omit<ChainProblem, 'kind'> & { kind: 'replaced' | 'deleted' }

export interface VersionsState {
  objects: number // with at least one version
  isKept: boolean // false: the bucket keeps no versions, so that nothing is known of what was replaced
  problems: VersionProblem[]
}

/** Looks at all versions of what is written once: each key has one, and none was deleted. */
export function verifyVersions(versions: readonly StoredVersion[]): VersionsState {
  const byKey = Map.groupBy(
    versions.filter(({ key }) => isImmutable(key)),
    ({ key }) => key,
  )
  const problems = [...byKey].flatMap(([key, of]): VersionProblem[] => {
    const whole = of.filter(({ isDeleteMarker }) => !isDeleteMarker)
    const markers = of.filter(({ isDeleteMarker }) => isDeleteMarker)
    const told: VersionProblem[] = []
    if (markers.length > 0) {
      told.push({ kind: 'deleted', key, message: `a delete marker lies on it, of ${timesOf(markers)}` })
    }
    if (whole.length > 1) {
      told.push({ kind: 'replaced', key, message: `has ${whole.length} versions, of ${timesOf(whole)}` })
    }
    return told
  })
  return { objects: byKey.size, isKept: versions.every(({ isKept }) => isKept), problems }
}

function timesOf(versions: readonly StoredVersion[]): string {
  return versions.map(({ modified }) => modified || 'an unknown time').join(', ')
}
