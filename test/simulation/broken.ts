/**
 * Broken variants of the protocol: each is the real code but for one change, and must be caught. What the simulation lets
 * through here it would let through anywhere.
 */
import type { Invariant } from './invariants.ts'
import type { RunOptions } from './simulation.ts'
import type { Patch } from './worker.ts'

export interface Variant {
  name: string
  patches: readonly Patch[]
  caughtBy: readonly Invariant[] // any of them
  only?: RunOptions['only'] // weather that shows it soon; else whatever the seeds have
  ordered?: true // shown by runs of one schedule with and without repeated bodies
}

const SCRAPE = 'stage/scrape.ts'
const COMMIT =
  "await commit(store, key, encodeCheckpoint(checkpoint), etag === undefined ? 'absent' : { ifMatch: etag }, where)"

export const VARIANTS: readonly Variant[] = [
  {
    name: 'writes rollups before the commit and forgets them',
    patches: [
      {
        file: SCRAPE,
        from: '  checkpoint.seq++\n',
        to: '  await writeRollups(checkpoint, store, where, warnings)\n  checkpoint.seq++\n',
      },
    ],
    caughtBy: ['recovers', 'conserved', 'dense'],
  },
  {
    name: 'commits without finished rollups and writes them after it',
    patches: [
      {
        file: SCRAPE,
        from: `  ${COMMIT}\n`,
        to: `  const held = { ...checkpoint, finished: [...checkpoint.finished] }\n  checkpoint.finished.length = 0\n  ${COMMIT}\n  await writeRollups(held, store, where, warnings)\n`,
      },
    ],
    caughtBy: ['conserved', 'dense', 'recovers'],
  },
  {
    name: 'writes the checkpoint unconditionally',
    patches: [
      {
        file: SCRAPE,
        from: 'result = await store.put(key, bytes, condition)',
        to: "result = await store.put(key, bytes, 'always')",
      },
    ],
    caughtBy: ['conserved', 'recovers', 'halts', 'immutable', 'no-data'],
  },
  {
    name: 'forgets a rollup whose write failed',
    patches: [
      {
        file: SCRAPE,
        from: '      break\n    }\n  }\n  checkpoint.finished.splice(0, written)',
        to: '      written++\n    }\n  }\n  checkpoint.finished.splice(0, written)',
      },
    ],
    caughtBy: ['dense', 'recovers'],
  },
  {
    name: 'replaces rollups',
    patches: [
      {
        file: SCRAPE,
        from: "store.put(rollup.key, rollup.bytes, 'absent')",
        to: "store.put(rollup.key, rollup.bytes, 'always')",
      },
    ],
    caughtBy: ['immutable', 'dense', 'recovers'],
  },
  {
    name: 'closes hours again at every writing, so that their bytes differ',
    patches: [
      {
        file: SCRAPE,
        from: '      const result = await store.put(rollup.key, rollup.bytes',
        to: "      if (where !== '') rollup.bytes = new Uint8Array([...rollup.bytes, checkpoint.seq % 256])\n      const result = await store.put(rollup.key, rollup.bytes",
      },
    ],
    caughtBy: ['recovers', 'dense', 'immutable'],
  },
  {
    name: 'closes hours before they have ended, when nobody asks for their tails in time',
    patches: [
      { file: 'core/closing.ts', from: 'const LOOKBACK_MS = 5 * 60_000', to: 'const LOOKBACK_MS = -30 * 60_000' },
    ],
    caughtBy: ['no-data', 'dense', 'conserved', 'recovers'],
  },
  {
    name: 'closes hours by its own clock',
    patches: [
      {
        file: 'core/closing.ts',
        from: 'export function closeHours(checkpoint: Checkpoint, tails: boolean): number {',
        to: 'export function closeHours(checkpoint: Checkpoint, tails: boolean, clock: number): number {',
      },
      { file: 'core/closing.ts', from: '    if (checkpoint.watermark < due) break', to: '    if (clock < due) break' },
      {
        file: 'core/closing.ts',
        from: '!asked && checkpoint.watermark < due + TAIL_PATIENCE_MS',
        to: '!asked && clock < due + TAIL_PATIENCE_MS',
      },
      {
        file: SCRAPE,
        from: 'closeHours(checkpoint, target.tails)',
        to: 'closeHours(checkpoint, target.tails, (options.now ?? Date.now)())',
      },
    ],
    caughtBy: ['no-data', 'conserved', 'recovers'],
  },
  {
    name: 'believes samples older than the last one',
    patches: [
      {
        file: 'core/delta.ts',
        from: '  if (sample.time <= previous.time) return NOTHING\n',
        to: '  if (sample.time === previous.time) return NOTHING\n',
      },
      {
        file: 'core/watermark.ts',
        from: '    if (watermark < checkpoint.watermark) {',
        to: '    if (watermark < 0) {',
      },
    ],
    caughtBy: ['conserved', 'lower-bound', 'telescopes', 'no-data'],
  },
  {
    name: 'lowers the watermark',
    patches: [
      {
        file: 'core/watermark.ts',
        from: '    if (watermark < checkpoint.watermark) {',
        to: '    if (watermark < 0) {',
      },
    ],
    caughtBy: ['conserved', 'no-data', 'recovers'],
  },
  {
    name: 'takes the body it has taken once more',
    patches: [{ file: 'core/watermark.ts', from: '    if (watermark === checkpoint.watermark) return null\n', to: '' }],
    caughtBy: ['order'],
    ordered: true,
  },
  {
    name: 'counts every new series in full',
    patches: [
      {
        file: 'core/delta.ts',
        from: "  if (!birth.expected) return { basis: 'baseline', amount, from: sample.time }\n",
        to: "  if (amount > 0) return { basis: 'birth', amount, from: Math.min(lastScrape, sample.time) }\n",
      },
    ],
    caughtBy: ['lower-bound', 'conserved'],
  },
  {
    name: 'books resets as nothing',
    patches: [
      {
        file: 'core/delta.ts',
        from: "basis: 'reset', amount: wholeValue(sample.value), from }",
        to: "basis: 'reset', amount: 0, from }",
      },
    ],
    caughtBy: ['conserved', 'telescopes'],
  },
  {
    name: 'takes every relabelled series for a new one',
    patches: [
      {
        file: 'core/observe.ts',
        from: "    if (typeof relabelled === 'number') {\n      this.carry(relabelled, unknown, fresh, proxy, i)",
        to: "    if (relabelled === ('never' as unknown)) {\n      this.carry(relabelled, unknown, fresh, proxy, i)",
      },
    ],
    caughtBy: ['conserved', 'lower-bound', 'telescopes'],
  },
  {
    name: 'lets a series that returns go on as itself, whatever another replica showed meanwhile',
    patches: [{ file: 'core/observe.ts', from: '        if (this.returns(row, i)) returned.push(row)\n', to: '' }],
    caughtBy: ['conserved', 'lower-bound'],
    only: { replica: 1, tagged: 1 },
  },
  {
    name: 'takes a tail under other labels for that of the process remembered',
    patches: [
      {
        file: 'core/tails.ts',
        from: "relabelled === null || (delta.basis === 'difference' && isOldest(columns.proxy[row], relabelled))",
        to: 'true',
      },
    ],
    caughtBy: ['conserved', 'lower-bound'],
    only: { replica: 1, churn: 1 },
  },
  {
    name: 'books a tail again at every asking',
    patches: [
      {
        file: 'core/tails.ts',
        from: '    columns.value[row] = value\n    columns.tailedAt[row] = watermark',
        to: '    columns.tailedAt[row] = watermark',
      },
    ],
    caughtBy: ['conserved', 'lower-bound'],
  },
  {
    name: 'books the whole of what a restarted counter had reached',
    patches: [
      {
        file: 'core/restarts.ts',
        from: 'wholeValue(peak) - wholeValue(previous.value)',
        to: 'wholeValue(peak)',
      },
    ],
    caughtBy: ['conserved', 'lower-bound'],
  },
  {
    name: 'asks what a restarted counter had reached from before its own last scrape on',
    patches: [
      {
        file: 'core/restarts.ts',
        from: 'Math.max(latest, settledThrough), 0)',
        to: 'Math.max(latest, settledThrough), 0) - 3_600_000',
      },
    ],
    caughtBy: ['conserved', 'lower-bound'],
    only: { restarts: 1 },
  },
  {
    name: 'takes what a counter has reached since its restart for what it had before',
    patches: [{ file: 'core/restarts.ts', from: 'fell(peak, sample.value) ?', to: 'peak > 0 ?' }],
    caughtBy: ['conserved', 'lower-bound'],
  },
  {
    name: 'counts a gap as observed',
    patches: [
      {
        file: 'core/observe.ts',
        from: 'this.recent ? null : this.settings.gapReason',
        to: 'this.recent ? null : null',
      },
    ],
    caughtBy: ['no-data'],
  },
  {
    name: 'goes on under a schema it does not know',
    patches: [
      {
        file: 'core/checkpoint.ts',
        from: '  if (schema !== String(CHECKPOINT_SCHEMA)) {',
        to: "  if (schema === '') {",
      },
    ],
    caughtBy: ['halts'],
    only: { 'new release': 1 },
  },
  {
    name: 'names no predecessor in the chain',
    patches: [{ file: 'core/closing.ts', from: '    previous: checkpoint.head,', to: '    previous: null,' }],
    caughtBy: ['dense', 'sealed', 'recovers'],
  },
]
