/** A sample of residency: namespaces of two meshes by where their destinations are declared to be. */
import type { PlaceVerdict } from '#core/register/approval.ts'
import type { DeclaredPlace, ResidencyCell, ResidencyReport, ResidencyRow } from '#core/reports/residency.ts'
import { sampleDates, sampleDownload } from '../report-sample.ts'
import { judgedDay } from './compliance.ts'
import { THROUGH } from './findings.ts'
import { totalsOf } from './totals.ts'

const GB = 1e9

const PLACES: DeclaredPlace[] = [
  { country: 'IE', region: 'eu-west-1', provider: 'AWS' },
  { country: 'DE', region: '', provider: 'Cloudinary' },
  { country: 'US', region: 'us-east-1', provider: 'Pricecompare' },
  { country: 'NL', region: '', provider: 'Fraudscore' },
  { country: '', region: '', provider: '' },
]

const cell = (verdict: PlaceVerdict, gigabytes: number, hosts: number): ResidencyCell => ({
  verdict,
  totals: totalsOf(gigabytes * 90_000, 0, gigabytes * GB),
  hosts,
  lastOutside: verdict === 'outside' ? THROUGH : '',
})

const row = (target: string, namespace: string, rule: string, cells: (ResidencyCell | null)[]): ResidencyRow => ({
  ...{ target, namespace, rule, cells },
})

const EU = 'shop stays in the EU'

export function sampleResidency(): ResidencyReport {
  const days = sampleDates().filter((date) => date <= THROUGH)
  return {
    schema: 1,
    page: 'residency',
    title: 'Egress',
    downloads: [sampleDownload('matrix.csv', 'Namespaces by declared places', 12)],
    from: days[0],
    through: THROUGH,
    rules: [
      { name: EU, from: ['prod-eu:shop', 'prod-eu:bookinfo'], countries: ['DE', 'FR', 'IE', 'NL'], regions: [] },
      { name: 'payments stay with us', from: ['prod-us:payments'], countries: [], regions: ['us-east-1', 'us-west-2'] },
    ],
    places: PLACES,
    rows: [
      row('prod-eu', 'bookinfo', EU, [null, null, null, null, cell('undeclared', 2.7, 1)]),
      row('prod-eu', 'legacy', '', [null, null, null, null, cell('unrestricted', 43, 1)]),
      row('prod-eu', 'recipes', '', [null, cell('unrestricted', 36, 1), null, null, cell('unrestricted', 0.66, 1)]),
      row('prod-eu', 'shop', EU, [
        cell('allowed', 222, 2),
        cell('allowed', 16, 1),
        cell('outside', 13, 1),
        cell('allowed', 7.1, 1),
        null,
      ]),
      row('prod-us', 'payments', 'payments stay with us', [
        null,
        null,
        cell('allowed', 5.2, 1),
        null,
        cell('undeclared', 0.4, 2),
      ]),
    ],
    days: days.map((date) => {
      const { observation, complete, byPlace: verdicts } = judgedDay(date)
      return { date, observation, complete, verdicts }
    }),
  }
}
