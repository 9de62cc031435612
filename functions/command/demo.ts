import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DAY_MS } from '#core/time.ts'
import { compareWithTruth, demoPlaces, runDemo } from '../demo/run.ts'
import { FROM, instant } from '../demo/world.ts'
import { loadSite } from '../pages.ts'
import { buildSite } from '../site-build.ts'
import { publish } from '../stage/publish.ts'
import { folderStore } from '../store/folder.ts'
import { type Command, noWords, numberOf, type Terminal } from './command.ts'
import { progressLine } from './publish.ts'
import { DEFAULT_PORT, serveUntilStopped } from './serve.ts'

const DEFAULT_FOLDER = fileURLToPath(new URL('../../wharfage-demo', import.meta.url))

export const demo: Command = {
  name: 'demo',
  summary: 'five weeks of two simulated meshes through the real pipe, then serve',
  usage: '[--port N] [--days N] [--seed N] [--out DIR] [--truth] [--no-serve]',
  help: [
    'Two meshes with known truth are served as real /federate and query APIs in simulated time, and scraped every five',
    'minutes by the same code as in production. The same seed gives the same figures on every machine.',
    '',
    'The ledger stays: "wharfage verify --config wharfage-demo/wharfage.yaml" walks its chains.',
  ].join('\n'),
  options: {
    port: { type: 'string', value: 'N', help: `where to serve the pages (default: ${DEFAULT_PORT})` },
    days: { type: 'string', value: 'N', help: 'only the first N days, of 36' },
    seed: { type: 'string', value: 'N', help: 'another world' },
    out: { type: 'string', value: 'DIR', help: 'where to keep the ledger and the pages (default: wharfage-demo)' },
    truth: { type: 'boolean', help: 'print what was booked beside what is true' },
    'no-serve': { type: 'boolean', help: 'end when the pages are there' },
  },
  async run(values, words, terminal) {
    noWords(words)
    const port = numberOf(values, 'port', { min: 0, max: 65535 }) ?? DEFAULT_PORT
    const days = numberOf(values, 'days', { min: 1, max: 36 })
    const seed = numberOf(values, 'seed', { min: 0, max: 2 ** 31 }) ?? undefined
    const places = demoPlaces(values.out === undefined ? DEFAULT_FOLDER : resolve(terminal.cwd, String(values.out)))
    const until = days === null || days === 36 ? null : instant(FROM) + days * DAY_MS
    const span = until === null ? 'five weeks' : `${days} ${days === 1 ? 'day' : 'days'}`
    terminal.say(`simulating ${span} of two meshes, and scraping them every five minutes`)
    const [outcomes] = await Promise.all([
      runDemo(places, { seed, until, progress: progressOn(terminal) }),
      buildSite((line) => terminal.say(line)),
    ])
    const scrapes = outcomes.reduce((sum, outcome) => sum + outcome.scrapes, 0)
    terminal.say(`scraped ${scrapes} times; rendering the pages`)
    await publish(folderStore(places.data), folderStore(places.site, { durable: false }), await loadSite(), {
      title: 'Egress of two simulated meshes',
      progress: (what, done, of) => terminal.progress(progressLine(what, done, of)),
    })
    if (values.truth === true) await terminal.out(compareWithTruth(outcomes))
    if (values['no-serve'] === true) return 0
    terminal.say('the pages are served here until you stop it with Ctrl-C:')
    await serveUntilStopped(places.site, port, terminal)
    return 0
  },
}

/** A line that is replaced on a terminal, and every fifth of the way elsewhere. */
function progressOn(terminal: Terminal): (done: Record<string, number>) => void {
  let said = 0
  return (done) => {
    const shares = Object.values(done)
    const whole = shares.reduce((sum, share) => sum + share, 0) / shares.length
    terminal.progress(
      Object.entries(done)
        .map(([mesh, share]) => `${mesh} ${bar(share)} ${String(Math.floor(share * 100)).padStart(3)} %`)
        .join('   '),
    )
    if (!process.stderr.isTTY && Math.floor(whole * 5) > said) {
      said = Math.floor(whole * 5)
      terminal.say(`${said * 20} % scraped`)
    }
  }
}

function bar(share: number): string {
  const filled = Math.round(share * 20)
  return '█'.repeat(filled) + '░'.repeat(20 - filled)
}
