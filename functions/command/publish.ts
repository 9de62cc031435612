import { resolve } from 'node:path'
import type { ComplianceHistory } from '#core/compliance-history.ts'
import { clusterDomainsOf } from '#core/target.ts'
import type { Config } from '../config.ts'
import { loadDeclared } from '../declared.ts'
import { channelsOf } from '../notify/channels.ts'
import { loadSite } from '../pages.ts'
import { buildSite } from '../site-build.ts'
import { recordDeclared } from '../stage/declarations.ts'
import { notify } from '../stage/notify.ts'
import { publish as publishStage } from '../stage/publish.ts'
import { folderStore } from '../store/folder.ts'
import type { Store } from '../store/store.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, noWords, storeOf, type Terminal } from './command.ts'

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
    const declared = await loadDeclared(config)
    await buildSite((line) => terminal.say(line))
    const store = storeOf(config)
    await recordDeclared(store, declared)
    const { compliance, ...summary } = await publishStage(store, folderStore(outDir), await loadSite(), {
      title: config.site.title,
      url: config.site.url,
      clusterDomains: clusterDomainsOf(config.targets),
      all: values.all === true,
      progress: (what, done, of) => terminal.progress(progressLine(what, done, of)),
    })
    const { days, rendered, files } = summary
    if (values.json === true) await terminal.out(`${JSON.stringify({ ...summary, outDir })}\n`)
    else if (days === 0)
      terminal.say('nothing to publish yet: the store has no checkpoint; run "wharfage scrape" twice')
    else await terminal.out(`${outDir}: ${days} days, ${rendered.length} pages rendered, ${files} files written\n`)
    if (compliance !== null) await tell(config, store, compliance, terminal)
    return 0
  },
}

/** Sends new findings where the configuration says. */
async function tell(config: Config, store: Store, compliance: ComplianceHistory, terminal: Terminal): Promise<void> {
  const { title, url } = config.site
  const { told, waiting } = await notify({ store, channels: channelsOf(config.notify), title, url, compliance })
  if (waiting)
    terminal.say('another publish is sending new findings at this moment; what it leaves is sent by the next')
  for (const [channel, findings] of Object.entries(told)) {
    if (findings > 0) terminal.say(`sent ${findings} new ${findings === 1 ? 'finding' : 'findings'} to ${channel}`)
  }
}

/** How far a publish has come, in a line. */
export function progressLine(what: 'read' | 'judged' | 'priced' | 'rendered', done: number, of: number): string {
  return `${what} ${done} of ${of} ${what === 'rendered' ? 'pages' : 'days'}`
}
