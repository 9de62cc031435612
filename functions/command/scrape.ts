import { setTimeout } from 'node:timers/promises'
import type { Target } from '#core/target.ts'
import { parseDuration } from '#core/time.ts'
import { scrapeTarget } from '../stage/scrape.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  noWords,
  storeOf,
  TARGET_OPTION,
  targetsOf,
  UsageError,
} from './command.ts'

export const scrape: Command = {
  name: 'scrape',
  summary: 'scrape each target once, or again and again',
  usage: '[--target NAME] [--every 60s] [--new-chain] [--config FILE]',
  help: [
    'Writes a line of JSON for each scrape: target, seq, watermark, samples, series, flows, closedHours, skipped,',
    'warnings, durationMs. The first scrape of a target is its baseline and books nothing.',
    '',
    'With --every it goes on until it is interrupted. Run it as often as you like, from as many places as you like: a',
    'scrape that overlaps another one, or repeats it, adds nothing.',
    '',
    'Examples:',
    '  wharfage scrape --every 15s        watch a ledger begin; then try publish and export',
    '  wharfage scrape --target prod-eu   once, for a scheduler of your own',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    ...TARGET_OPTION,
    every: { type: 'string', value: '60s', help: 'again after this long, until interrupted' },
    'new-chain': { type: 'boolean', help: 'go on beside rollups whose checkpoint is lost; their chain is continued' },
  },
  async run(values, words, terminal) {
    noWords(words)
    const everySeconds = values.every === undefined ? null : duration(String(values.every))
    const config = await configOf(values, terminal)
    const store = storeOf(config)
    const targets = targetsOf(config, values).map((target) => ({
      ...target,
      intervalSeconds: everySeconds ?? target.intervalSeconds,
    }))
    const failures = new Map<string, string>()
    let failed = false
    const round = async () => {
      await Promise.all(targets.map(scrapeOnce))
    }
    const scrapeOnce = async (target: Target) => {
      const began = performance.now()
      try {
        const options = { lastFailure: failures.get(target.name), newChain: values['new-chain'] === true }
        const summary = await scrapeTarget(target, store, options)
        failures.delete(target.name)
        const durationMs = Math.round(performance.now() - began)
        await terminal.out(`${JSON.stringify({ ...summary, durationMs })}\n`)
      } catch (error) {
        failed = true
        failures.set(target.name, (error as Error).message)
        terminal.say((error as Error).message)
      }
    }
    if (everySeconds === null) {
      await round()
      return failed ? 1 : 0
    }
    await repeat(round, everySeconds, terminal.stop)
    return 0
  },
}

function duration(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new UsageError(`--every: ${(error as Error).message}`)
  }
}

/** Keeps to the clock: a slow round shortens the wait, and one slower than the interval skips a beat. */
async function repeat(round: () => Promise<void>, everySeconds: number, stop: AbortSignal): Promise<void> {
  const everyMs = everySeconds * 1000
  const began = performance.now()
  while (!stop.aborted) {
    await round()
    const elapsed = performance.now() - began
    await setTimeout(everyMs - (elapsed % everyMs), undefined, { signal: stop }).catch(() => {})
  }
}
