import { SealRefusal, type SealSummary, sealDays } from '../stage/seal.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, noWords, storeOf, type Terminal } from './command.ts'

export const seal: Command = {
  name: 'seal',
  summary: 'seal the days that are over',
  usage: '[--json] [--config FILE]',
  help: [
    'Writes one small file for each UTC day that is over: where the chain of every target stood, and the SHA-256 of the',
    'seal before. Keep the last line somewhere else, by mail or on paper: with it, "wharfage verify --seal SHA256" proves',
    'years later that nothing before it was altered, removed or inserted.',
    '',
    'A day is sealed two hours after its end. A target that is behind is waited for, a day at most. One whose chain does not',
    'hold is left where it was sealed last, and the command fails.',
  ].join('\n'),
  options: { ...CONFIG_OPTION, ...JSON_OPTION },
  async run(values, words, terminal) {
    noWords(words)
    const store = storeOf(await configOf(values, terminal))
    try {
      const progress = (date: string) => terminal.progress(`sealed ${date}`)
      await tell(await sealDays(store, { progress }), values.json === true, terminal)
      return 0
    } catch (error) {
      if (!(error instanceof SealRefusal)) throw error
      await tell(error.summary, values.json === true, terminal)
      throw error
    }
  },
}

async function tell(summary: SealSummary, json: boolean, terminal: Terminal): Promise<void> {
  const { sealed, newest, remaining, waiting, notes } = summary
  if (json) {
    await terminal.out(`${JSON.stringify(summary)}\n`)
    return
  }
  for (const line of [...notes, ...waiting]) terminal.say(line)
  if (remaining > 0 && waiting.length === 0)
    terminal.say(`${remaining} days are left to seal; run "wharfage seal" again`)
  if (newest === null && waiting.length === 0)
    terminal.say('nothing to seal yet: the store has no rollup of a day that is over')
  if (newest !== null) {
    const days =
      sealed.length > 1 ? `${sealed.length} days, ${sealed[0]} to ${sealed.at(-1)}` : (sealed[0] ?? 'no new day')
    await terminal.out(`sealed ${days}\n${newest.date} ${newest.sha256} ${newest.key}\n`)
  }
}
