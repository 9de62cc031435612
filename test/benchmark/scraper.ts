/**
 * One scrape in a process of its own, so that its peak of memory is its own, too: `node scraper.ts URL FOLDER` scrapes once
 * into a ledger in that folder and writes what it did as JSON.
 */
import { prometheusOf } from '../../functions/prometheus.ts'
import { scrapeTarget } from '../../functions/stage/scrape.ts'
import { folderStore } from '../../functions/store/folder.ts'
import { simulatedTarget } from '../simulated-target.ts'

const [url, folder] = process.argv.slice(2)
const target = simulatedTarget({ url, intervalSeconds: 60, maxSeries: 2_000_000 })
const start = performance.now()
const { series, flows, closedHours } = await scrapeTarget(target, folderStore(folder), {
  prometheus: prometheusOf(target, { timeoutMs: 300_000 }),
})
const seconds = (performance.now() - start) / 1000
console.log(JSON.stringify({ series, flows, closedHours, seconds, peakKilobytes: process.resourceUsage().maxRSS }))
