/** The benchmark of memory, small: that it runs, and that a scrape of 40,000 series, 48 MB of text, never holds the text. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

test('a scrape takes a fraction of what its body would, at the baseline, later, and when an hour closes', async () => {
  const script = join(import.meta.dirname, 'benchmark', 'memory.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, '40000'])
  const peaks = [...stdout.matchAll(/^(\w+) +40000 series +(\d+) MB/gm)].map(([, name, peak]) => [name, Number(peak)])
  expect(peaks.map(([name]) => name)).toEqual(['baseline', 'warm', 'closing'])
  // Some 100 MB are Node.js itself.
  for (const [, peak] of peaks) expect(peak).toBeLessThan(300)
}, 120_000)
