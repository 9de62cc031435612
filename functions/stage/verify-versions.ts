/** Verifying versions: that in a bucket nothing of what is written once was written over or deleted. */
import { declarationsPrefix, publicKeysPrefix, rollupsPrefix, sealsPrefix } from '#core/keys.ts'
import { type StoredVersion, type VersionsState, verifyVersions } from '#core/versions.ts'

/** What is wrong with the versions of a store, or why they could not be listed. */
export async function verifyStoredVersions(store: {
  versions(prefix: string): Promise<StoredVersion[]>
}): Promise<VersionsState | { unknown: string }> {
  const versions: StoredVersion[] = []
  for (const prefix of [rollupsPrefix, sealsPrefix, declarationsPrefix, publicKeysPrefix]) {
    try {
      versions.push(...(await store.versions(prefix)))
    } catch (error) {
      // Whoever may read a ledger need not have the permission to see its versions; that is told, and is no problem of it.
      if (/access is denied/.test((error as Error).message)) return { unknown: (error as Error).message }
      throw error
    }
  }
  return verifyVersions(versions)
}
