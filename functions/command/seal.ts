import { resolve } from 'node:path'
import { makeLocalKey } from '../signing/local-key.ts'
import { openSigner } from '../signing/open-signer.ts'
import { SealRefusal, type SealSummary, sealDays } from '../stage/seal.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, noWords, storeOf, type Terminal } from './command.ts'

export const seal: Command = {
  name: 'seal',
  summary: 'seal the days that are over, and sign the seals',
  usage: '[--json] [--config FILE] | --new-key FILE',
  help: [
    'Writes one small file for each UTC day that is over: where the chain of every target stood, and the SHA-256 of the',
    'seal before. Keep the last line somewhere else, by mail or on paper: with it, "wharfage verify --seal SHA256" proves',
    'years later that nothing before it was altered, removed or inserted.',
    '',
    'A day is sealed two hours after its end. A target that is behind is waited for, a day at most. One whose chain does not',
    'hold is left where it was sealed last, and the command fails.',
    '',
    'With "signing:" in the configuration each seal gets a signature beside it, in seal.sig, and the public key lies in',
    'keys/. Seals of earlier days that have none are signed, too, once the chain of all seals holds. So a signature proves',
    'who vouches for a seal, not since when: it may be younger than its day. What bounds the time is what was kept elsewhere.',
    '',
    '--new-key makes an Ed25519 key in a file that nobody else may read, and prints its public key: give that to whoever is',
    'to verify. Another key may follow later; what the one before signed stays signed by it.',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    'new-key': { type: 'string', value: 'FILE', help: 'make a key to sign with, and do nothing else' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    noWords(words)
    if (values['new-key'] !== undefined) return newKey(resolve(terminal.cwd, String(values['new-key'])), terminal)
    const config = await configOf(values, terminal)
    const store = storeOf(config)
    const signer = () => openSigner(config.signing)
    try {
      const progress = (date: string) => terminal.progress(`sealed ${date}`)
      await tell(await sealDays(store, { progress, signer }), values.json === true, terminal)
      return 0
    } catch (error) {
      if (!(error instanceof SealRefusal)) throw error
      await tell(error.summary, values.json === true, terminal)
      throw error
    }
  },
}

async function newKey(path: string, terminal: Terminal): Promise<number> {
  const { keyId, pem } = await makeLocalKey(path)
  terminal.say(`${path} is a new signing key; keep it where only "wharfage seal" reads it, and a copy in a safe`)
  terminal.say(`say "signing: { key: file:${path} }" in the configuration; this is its public key, ${keyId}:`)
  await terminal.out(pem)
  return 0
}

async function tell(summary: SealSummary, json: boolean, terminal: Terminal): Promise<void> {
  const { sealed, signed, newest, remaining, waiting, notes } = summary
  if (json) {
    await terminal.out(`${JSON.stringify(summary)}\n`)
    return
  }
  for (const line of [...notes, ...waiting]) terminal.say(line)
  if (remaining > 0 && waiting.length === 0)
    terminal.say(`${remaining} days are left to seal; run "wharfage seal" again`)
  if (newest === null && waiting.length === 0)
    terminal.say('nothing to seal yet: the store has no rollup of a day that is over')
  const earlier = signed.filter((date) => !sealed.includes(date))
  if (earlier.length > 0) {
    terminal.say(`signed afterwards: ${spanOf(earlier)}; their signatures are younger than their days`)
  }
  if (newest !== null) {
    await terminal.out(`sealed ${spanOf(sealed)}\n${newest.date} ${newest.sha256} ${newest.key}\n`)
  }
}

function spanOf(dates: readonly string[]): string {
  return dates.length > 1 ? `${dates.length} days, ${dates[0]} to ${dates.at(-1)}` : (dates[0] ?? 'no new day')
}
