/**
 * `node check-each.ts FOLDER`: runs `wharfage check` on every file of a folder, one after the other in this process, and
 * writes a line of JSON for each: its name, the exit code, what was said, and how long it took.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { main } from '../../functions/cli.ts'

const [folder] = process.argv.slice(2)
for (const file of readdirSync(folder)) {
  const said: string[] = []
  const take = (text: string | Uint8Array) => void said.push(Buffer.from(text).toString())
  const terminal = { out: async (text: string | Uint8Array) => take(text), say: take, progress: take }
  const stop = new AbortController().signal
  const start = performance.now()
  const code = await main(['check', '--config', join(folder, file)], { ...terminal, stop, cwd: folder })
  console.log(JSON.stringify({ file, code, said: said.join('\n'), ms: Math.round(performance.now() - start) }))
}
