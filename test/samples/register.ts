/** A sample register: what a shop and its payments may call, its use through one day, and what it lacks. */
import type { Protocol } from '#core/flow.ts'
import type { RegisterReport, RegisterRow } from '#core/reports/register.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import { FIRST_DAY, SCRIPT_HOST, sampleDownload } from '../report-sample.ts'
import { THROUGH } from './findings.ts'
import { totalsOf } from './totals.ts'

const GB = 1e9

/** An entry that was approved, is used, and holds, unless told otherwise. */
function entry(
  name: string,
  destination: string,
  [port, protocol]: [number, Protocol],
  from: string[],
  [owner, need]: [string, string],
  [approvedBy, approvedOn, ticket]: [string, string, string],
  [requests, connections, egressBytes]: [number, number, number],
  more: Partial<RegisterRow> = {},
): RegisterRow {
  const due = approvedOn === '' ? '' : isoDate(parseDate(approvedOn) + 184 * DAY_MS)
  return {
    ...{ name, destination, ports: [port], protocols: [protocol], from, owner, need },
    ...{ approvedBy, approvedOn, ticket, reviews: [], reviewBy: '', expires: '', dataClass: 'internal' },
    ...{ provider: '', country: '', region: '', tags: [], state: 'approved', dueBy: due },
    ...{ first: FIRST_DAY, last: THROUGH, days: 34, unusedDays: 0, sources: from.length },
    totals: totalsOf(requests, connections, egressBytes),
    ...more,
  }
}

const review = (on: string, by: string, note = '') => ({ reviews: [{ on, by, note }] })
const never = { first: '', last: '', days: 0, sources: 0, totals: totalsOf(0, 0, 0) }

/** Overdue, expired and pending first, then by name. */
export const ENTRIES: readonly RegisterRow[] = [
  entry(
    'googleapis-books',
    'www.googleapis.com',
    [443, 'http'],
    ['prod-eu:bookinfo/details-v2'],
    ['bookinfo', 'Covers and ISBN data of the catalogue from Google Books'],
    ['Marta Lindqvist', '2026-05-10', 'SEC-1502'],
    [2_310_000, 0, 2.7 * GB],
    { state: 'overdue', dueBy: '2026-11-10', dataClass: 'public' },
  ),
  entry(
    'erp-unknown-hosts',
    '(unknown)',
    [0, 'tcp'],
    ['prod-eu:legacy/erp-bridge-v1'],
    ['enterprise systems', 'ERP bridge until its vendor publishes the names of its servers'],
    ['Tomás Ruiz', '2026-05-15', 'SEC-1511'],
    [0, 148_000, 43 * GB],
    { state: 'expired', ports: [], expires: '2026-11-15', dueBy: '2026-11-15', dataClass: 'confidential' },
  ),
  entry(
    'openai',
    'api.openai.example',
    [443, 'http'],
    ['prod-us:ambient-apps/assistant'],
    ['assistant', 'Answers of the support assistant; prompts hold order numbers and no names'],
    ['', '', 'SEC-1560'],
    [2_840_000, 0, 22 * GB],
    { state: 'pending', provider: 'OpenAI', country: 'US', unusedDays: null, days: 31, first: '2026-10-20' },
  ),
  entry(
    'backup-s3',
    's3.eu-west-1.amazonaws.com',
    [443, 'tcp'],
    ['prod-eu:shop/backup'],
    ['platform', 'Nightly backup of the shop’s database, encrypted before it leaves'],
    ['Marta Lindqvist', '2026-02-11', 'SEC-1390'],
    [0, 71_000, 206 * GB],
    {
      ...review('2026-08-12', 'Marta Lindqvist', 'key rotation checked'),
      ...{ dueBy: '2027-02-12', provider: 'AWS', country: 'IE', region: 'eu-west-1', dataClass: 'confidential' },
    },
  ),
  entry(
    'cloudinary',
    'images.cloudinary.example',
    [443, 'tcp'],
    ['prod-eu:recipes/website-v3'],
    ['recipes', 'Images of recipes, resized'],
    ['Ines Duarte', '2026-09-02', 'SEC-1533'],
    [0, 1_160_000, 36 * GB],
    { provider: 'Cloudinary', country: 'DE', region: '', dataClass: 'public' },
  ),
  entry(
    'fraudscore',
    'grpc.fraudscore.example',
    [443, 'grpc'],
    ['prod-eu:shop/checkout-v1'],
    ['payments', 'Risk score of an order before it is charged'],
    ['Marta Lindqvist', '2026-06-01', 'SEC-1515'],
    [3_760_000, 0, 7.1 * GB],
    { provider: 'Fraudscore', country: 'NL', tags: ['cde'], dataClass: 'cardholder' },
  ),
  entry(
    'orders-db',
    'orders-db.corp.example',
    [5432, 'tcp'],
    ['prod-eu:shop/orders-v4'],
    ['orders', 'The order database, which is still in the data centre'],
    ['Tomás Ruiz', '2026-07-20', 'SEC-1526'],
    [0, 6800, 16 * GB],
    { provider: 'own data centre', country: 'DE', region: 'fra1', dataClass: 'confidential' },
  ),
  entry(
    'partner',
    'api.partner.example',
    [443, 'http'],
    ['prod-eu:shop/orders-v4', 'prod-eu:shop/ping'],
    ['orders', 'Hands orders over to the logistics partner'],
    ['Tomás Ruiz', '2026-08-30', 'SEC-1530'],
    [1_310_000, 0, 6.4 * GB],
    { provider: 'Partner', country: 'FR', dataClass: 'personal' },
  ),
  entry(
    'pricecompare',
    'feeds.pricecompare.example',
    [443, 'http'],
    ['prod-eu:shop/feed-export'],
    ['marketing', 'Feed of products and prices, public anyway'],
    ['Ines Duarte', '2026-11-04', 'SEC-1555'],
    [2_410_000, 0, 13 * GB],
    {
      provider: 'Pricecompare',
      country: 'US',
      region: 'us-east-1',
      days: 16,
      first: '2026-11-04',
      expires: '2027-11-04',
    },
  ),
  entry(
    'stripe',
    'api.stripe.com',
    [443, 'http'],
    ['prod-eu:shop/checkout-v1', 'prod-us:payments/billing-v5'],
    ['payments', 'Card payments of the shop and of subscriptions'],
    ['Marta Lindqvist', '2026-02-11', 'SEC-1388'],
    [4_420_000, 0, 10.4 * GB],
    {
      ...review('2026-08-10', 'Jonas Weber', 'scope unchanged'),
      ...{ dueBy: '2027-02-10', provider: 'Stripe', country: 'IE', tags: ['cde', 'psp'], dataClass: 'cardholder' },
    },
  ),
  entry(
    'supplier-maps',
    'maps.example.com',
    [443, 'http'],
    ['prod-eu:shop/*'],
    ['storefront', 'Delivery map in December'],
    ['Tomás Ruiz', '2026-07-24', 'SEC-1527'],
    [0, 0, 0],
    { ...never, unusedDays: 118, country: 'AT' },
  ),
  entry(
    'wikipedia',
    '*.wikipedia.org',
    [443, 'tcp'],
    ['prod-eu:search/indexer-v2'],
    ['search', 'Articles for the index of ingredients'],
    ['Ines Duarte', '2026-10-01', 'SEC-1541'],
    [0, 530_000, 4.3 * GB],
    { provider: 'Wikimedia', country: 'NL', dataClass: 'public' },
  ),
]

export function sampleRegister(): RegisterReport {
  return {
    schema: 1,
    page: 'register',
    title: 'Egress',
    downloads: [sampleDownload('register.csv', 'Every entry, and its use', ENTRIES.length)],
    through: THROUGH,
    declared: { from: '2026-10-17', recorded: '2026-10-16T14:02:11Z', sha256: 'c4'.repeat(32), isLater: false },
    complete: false,
    entries: [...ENTRIES],
    unregistered: [
      { host: '', sources: 2, first: FIRST_DAY, last: THROUGH, totals: totalsOf(0, 660_000, 5.9 * GB) },
      {
        host: 'weights.models.example',
        sources: 1,
        first: '2026-10-23',
        last: THROUGH,
        totals: totalsOf(5900, 0, 1.5e6),
      },
      { host: 'pypi.example.org', sources: 1, first: FIRST_DAY, last: THROUGH, totals: totalsOf(44_000, 0, 13.2e6) },
      { host: SCRIPT_HOST, sources: 1, first: '2026-11-01', last: THROUGH, totals: totalsOf(51, 0, 46_000) },
    ],
  }
}
