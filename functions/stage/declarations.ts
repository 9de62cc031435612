/**
 * The declarations in a store: recording them, and what held on a day. Nothing that was recorded is ever changed: what is
 * declared for a day on which something was declared before stands beside it, and the one recorded last holds.
 */
import {
  type CostsInForce,
  type CostsOn,
  DECLARATION_KINDS,
  type Declaration,
  type DeclarationContents,
  type DeclarationKind,
  type DeclarationLink,
  type Declared,
  type DeclaredOn,
  decodeDeclaration,
  encodeDeclaration,
  type InForce,
} from '#core/declarations.ts'
import { defaultRules } from '#core/findings/rules.ts'
import { sha256 } from '#core/hash.ts'
import { type DeclarationPlace, declarationKey, declarationsPrefix, parseDeclarationKey } from '#core/keys.ts'
import { compareText } from '#core/order.ts'
import { isoDate, isoInstant, SECOND_MS } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { readRecorded } from './recorded.ts'

/** What to record, and from which day on it holds. */
export type NewDeclaration = {
  [K in DeclarationKind]: { kind: K; content: DeclarationContents[K]; from?: string } // YYYY-MM-DD, by default today
}[DeclarationKind]

export interface Recorded {
  isNew: boolean // false: the same held on that day already, and nothing was written
  key: string
}

/**
 * Records what was declared, unless the same held on its first day already. Throws when the store does, or holds a
 * declaration that cannot be read, or when prices are in another currency than those before: sums over days would have none.
 */
export async function recordDeclaration(
  store: Store,
  { kind, content, from }: NewDeclaration,
  now: () => number = Date.now,
): Promise<Recorded> {
  const time = Math.floor(now() / SECOND_MS) * SECOND_MS
  const first = from ?? isoDate(time)
  const declarations = await Declarations.read(store)
  const before = declarations.placeOn(kind, first)
  if (kind === 'prices') await checkCurrency(declarations, content.currency)
  if (before !== null && before.from <= first) {
    const { content: held } = await declarations.declaration(before)
    if (JSON.stringify(held) === JSON.stringify(content)) return { isNew: false, key: declarationKey(before) }
  }
  const recorded = isoInstant(time)
  const bytes = encodeDeclaration({ schema: 1, kind, from: first, recorded, content })
  const key = declarationKey({ kind, from: first, recorded, sha256: sha256(bytes) })
  await store.put(key, bytes, 'absent')
  return { isNew: true, key }
}

async function checkCurrency(declarations: Declarations, currency: string): Promise<void> {
  for (const place of declarations.all().filter(({ kind }) => kind === 'prices')) {
    const { content } = (await declarations.declaration(place)) as Declaration<'prices'>
    if (content.currency === currency) return
    throw new Error(
      `prices are in ${currency}, and this ledger is priced in ${content.currency} since ${place.recorded.slice(0, 10)}; state them in ${content.currency}`,
    )
  }
}

/** Records all that a configuration declares, and gives the keys of what is new. */
export async function recordDeclared(
  store: Store,
  declared: Declared,
  now: () => number = Date.now,
): Promise<string[]> {
  const keys: string[] = []
  for (const kind of DECLARATION_KINDS) {
    const content = declared[kind]
    if (content === null) continue
    const { isNew, key } = await recordDeclaration(store, { kind, content } as NewDeclaration, now)
    if (isNew) keys.push(key)
  }
  return keys
}

/** All declarations of a store: listed once, and read when they are asked for. */
export class Declarations {
  readonly #store: Store
  readonly #places: ReadonlyMap<string, readonly DeclarationPlace[]> // by kind; oldest day first, then as recorded
  readonly #read = new Map<string, Promise<Declaration>>() // by key
  readonly #inForce = new Map<string, Promise<InForce>>() // by what judges
  readonly #costsInForce = new Map<string, Promise<CostsInForce>>() // by what prices

  private constructor(store: Store, places: readonly DeclarationPlace[]) {
    this.#store = store
    this.#places = Map.groupBy(places, ({ kind }) => kind)
  }

  /** Lists what a store has. */
  static async read(store: Store): Promise<Declarations> {
    const keys = (await store.list(declarationsPrefix)).map(({ key }) => key).sort(compareText)
    return new Declarations(
      store,
      keys.map(parseDeclarationKey).filter((place) => place !== null),
    )
  }

  /** What was ever declared, by kind, then by the day from which it holds, then as recorded. */
  all(): DeclarationPlace[] {
    return DECLARATION_KINDS.flatMap((kind) => this.#places.get(kind) ?? [])
  }

  /**
   * What holds on a day (YYYY-MM-DD): the newest that was declared for it or before it. For want of one it is what holds on
   * the first day for which there is any, of which the first draft may have been corrected on that very day.
   */
  placeOn(kind: DeclarationKind, date: string): DeclarationPlace | null {
    const places = this.#places.get(kind) ?? []
    if (places.length === 0) return null
    const on = date < places[0].from ? places[0].from : date
    return places.findLast(({ from }) => from <= on) ?? null
  }

  /** What judges a day. */
  on(date: string): DeclaredOn {
    const link = (kind: DeclarationKind) => this.#link(kind, date)
    return { istio: link('istio'), register: link('register'), rules: link('rules') }
  }

  /** What prices a day. */
  costsOn(date: string): CostsOn {
    const link = (kind: DeclarationKind) => this.#link(kind, date)
    return { prices: link('prices'), owners: link('owners'), budgets: link('budgets') }
  }

  /** What judges a day, with its contents; the same object for days on which the same holds. */
  inForce(date: string): Promise<InForce> {
    const links = this.on(date)
    const state = JSON.stringify(links)
    const known = this.#inForce.get(state) ?? this.#readInForce(date, links)
    this.#inForce.set(state, known)
    return known
  }

  /** What prices a day, likewise. */
  costsInForce(date: string): Promise<CostsInForce> {
    const links = this.costsOn(date)
    const state = JSON.stringify(links)
    const known = this.#costsInForce.get(state) ?? this.#readCosts(date, links)
    this.#costsInForce.set(state, known)
    return known
  }

  /** One declaration; throws one sentence when it is not there, not as it was recorded, or of a newer version. */
  declaration(place: DeclarationPlace): Promise<Declaration> {
    const key = declarationKey(place)
    const known = this.#read.get(key) ?? this.#get(key, place)
    this.#read.set(key, known)
    return known
  }

  async #readInForce(date: string, links: DeclaredOn): Promise<InForce> {
    const content = <K extends DeclarationKind>(kind: K) => this.#content(kind, date)
    const [istio, register, rules] = await Promise.all([content('istio'), content('register'), content('rules')])
    return { links, istio, register, rules: rules ?? defaultRules() }
  }

  async #readCosts(date: string, links: CostsOn): Promise<CostsInForce> {
    const content = <K extends DeclarationKind>(kind: K) => this.#content(kind, date)
    const [prices, owners, budgets] = await Promise.all([content('prices'), content('owners'), content('budgets')])
    return { links, prices, owners, budgets }
  }

  async #content<K extends DeclarationKind>(kind: K, date: string): Promise<DeclarationContents[K] | null> {
    const place = this.placeOn(kind, date)
    return place === null ? null : ((await this.declaration(place)) as Declaration<K>).content
  }

  #link(kind: DeclarationKind, date: string): DeclarationLink | null {
    const place = this.placeOn(kind, date)
    if (place === null) return null
    const { from, recorded, sha256 } = place
    return { from, recorded, sha256, isLater: from > date }
  }

  async #get(key: string, place: DeclarationPlace): Promise<Declaration> {
    return decodeDeclaration(await readRecorded(this.#store, 'declaration', key, place.sha256), key)
  }
}
