/** Price books: dated prices of a provider with their sources, as a file has them. */
import type { PriceEntry, PriceUnit } from '#core/costs/prices.ts'
import type { EntryData } from './price-book-schema.ts'
import { shortestDecimal } from './price-values.ts'

export interface PriceBook {
  name: string // as the file of prices names it
  file: string // its path, in sentences
  currency: string
  entries: PlacedEntry[]
}

/** A price with where it stands. */
export interface PlacedEntry {
  entry: PriceEntry
  file: string // path
  line: number // from 1
  column: number // from 1
  path: string // 'entries[3]'; '' where the line says it all
}

/** What holds for all entries of a book that do not say it themselves. */
export interface BookHead {
  book: string // as it was named
  provider: string
  unit?: PriceUnit
  source?: string
  retrieved?: string
}

/** An entry as it is declared: defaults filled in, decimals in their shortest text. Of one that is in order by itself. */
export function toPriceEntry(data: EntryData, head: BookHead): PriceEntry {
  const { kind, region, tier = '', to = '', service = '', endpoint = '', from, until = '', free, price = '0' } = data
  const isHourly = kind === 'nat-hours' || kind === 'endpoint-hours'
  const place = [kind, region, tier].filter((part) => part !== '')
  const end = [endpoint, service].filter((part) => part !== '')
  return {
    id: [head.provider, ...place, ...(to === '' ? [] : ['to', to]), ...end, from].join(' '),
    book: head.book,
    provider: head.provider,
    kind,
    region,
    tier,
    to,
    service,
    endpoint,
    bytes: data.bytes ?? 'egress',
    unit: isHourly ? 'hour' : (data.unit ?? head.unit ?? 'GB'),
    from,
    until,
    free: free === undefined ? null : { quantity: shortestDecimal(free.quantity), pool: free.pool },
    tiers: (data.tiers ?? [{ price }]).map(({ upTo, price }: { upTo?: string; price: string }) => ({
      upTo: upTo === undefined ? '' : shortestDecimal(upTo),
      price: shortestDecimal(price),
    })),
    pool: data.pool ?? [...place, to, ...end].filter((part) => part !== '').join(' '),
    source: data.source ?? head.source ?? '',
    retrieved: data.retrieved ?? head.retrieved ?? '',
  }
}
