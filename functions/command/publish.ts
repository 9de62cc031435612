import { resolve } from 'node:path'
import { loadSite } from '../pages.ts'
import { buildSite } from '../site-build.ts'
import { publish as publishStage } from '../stage/publish.ts'
import { folderStore } from '../store/folder.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, noWords, storeOf } from './command.ts'

export const publish: Command = {
  name: 'publish',
  summary: 'render the pages whose figures changed',
  usage: '[--out DIR] [--all] [--json] [--config FILE]',
  help: [
    'Writes the pages of the site, with their CSV and JSON, into the folder that the configuration names.',
    'Hours that are still open are shown too, marked provisional. Look at the result with "wharfage serve".',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    out: { type: 'string', value: 'DIR', help: "instead of the configuration's site.outDir" },
    all: { type: 'boolean', help: 'read every day and render every page again' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    noWords(words)
    const config = await configOf(values, terminal)
    const outDir = values.out === undefined ? config.site.outDir : resolve(terminal.cwd, String(values.out))
    await buildSite((line) => terminal.say(line))
    const summary = await publishStage(storeOf(config), folderStore(outDir), await loadSite(), {
      title: config.site.title,
      all: values.all === true,
      progress: (what, done, of) => terminal.progress(progressLine(what, done, of)),
    })
    const { days, rendered, files } = summary
    if (values.json === true) await terminal.out(`${JSON.stringify({ ...summary, outDir })}\n`)
    else if (days === 0)
      terminal.say('nothing to publish yet: the store has no checkpoint; run "wharfage scrape" twice')
    else await terminal.out(`${outDir}: ${days} days, ${rendered.length} pages rendered, ${files} files written\n`)
    return 0
  },
}

/** How far a publish has come, in a line. */
export function progressLine(what: 'read' | 'rendered', done: number, of: number): string {
  return `${what} ${done} of ${of} ${what === 'read' ? 'days' : 'pages'}`
}
