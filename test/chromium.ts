/** Finds the browser that the tests of pages run in. */
import { accessSync, constants } from 'node:fs'

/** Path of Chromium: $CHROMIUM, else Debian's; null when there is none. */
export const chromium: string | null =
  [process.env.CHROMIUM, '/usr/bin/chromium'].find((path) => path !== undefined && executable(path)) ?? null

/** Arguments for a run without a display, a sandbox of its own, or any request to the outside. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
