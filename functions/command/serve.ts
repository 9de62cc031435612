import { resolve } from 'node:path'
import { serveFolder } from '../serve.ts'
import { CONFIG_OPTION, type Command, configOf, noWords, numberOf, type Terminal } from './command.ts'

export const DEFAULT_PORT = 4180

export const serve: Command = {
  name: 'serve',
  summary: 'serve the published site on this machine',
  usage: '[--port N] [--dir DIR] [--config FILE]',
  help: 'Any web server can serve the folder; this one is for looking at it. It listens on 127.0.0.1 alone.',
  options: {
    ...CONFIG_OPTION,
    port: { type: 'string', value: 'N', help: `where to listen (default: ${DEFAULT_PORT}; 0 for any that is free)` },
    dir: { type: 'string', value: 'DIR', help: "instead of the configuration's site.outDir" },
  },
  async run(values, words, terminal) {
    noWords(words)
    const port = numberOf(values, 'port', { min: 0, max: 65535 }) ?? DEFAULT_PORT
    const dir =
      values.dir === undefined
        ? (await configOf(values, terminal)).site.outDir
        : resolve(terminal.cwd, String(values.dir))
    await serveUntilStopped(dir, port, terminal)
    return 0
  },
}

/** Serves a folder, says where, and returns when the person asks to stop. */
export async function serveUntilStopped(dir: string, port: number, terminal: Terminal): Promise<void> {
  const { stop } = terminal
  const serving = await serveFolder(dir, { port })
  await terminal.out(`${serving.url}\n`)
  if (!stop.aborted) await new Promise((stopped) => stop.addEventListener('abort', stopped, { once: true }))
  await serving.close()
}
