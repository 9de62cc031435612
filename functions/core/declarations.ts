/**
 * Declarations: what people had declared, and from which day on: Istio's configuration, the egress register, the rules of
 * findings; prices, owners and budgets. Each is kept in the store when it is first seen and never changed, so that a past
 * day is judged and priced by what was declared on it, whatever is declared since.
 */
import type { Budgets } from '#core/costs/budgets.ts'
import type { Owners } from '#core/costs/owners.ts'
import type { Prices } from '#core/costs/prices.ts'
import type { Rules } from '#core/findings/rules.ts'
import type { IstioConfigs } from '#core/istio/config.ts'
import { parseDeclarationKey } from '#core/keys.ts'
import type { Register } from '#core/register/register.ts'

export interface DeclarationContents {
  istio: IstioConfigs
  register: Register
  rules: Rules
  prices: Prices
  owners: Owners
  budgets: Budgets
}

/** What a configuration declares; null where it says nothing of a kind: then what was declared last goes on. */
export type Declared = { [K in keyof DeclarationContents]: DeclarationContents[K] | null }

/** What is declared where no file is named. */
export const NOTHING_DECLARED: Declared = {
  ...{ istio: null, register: null, rules: null },
  ...{ prices: null, owners: null, budgets: null },
}

export type DeclarationKind = keyof DeclarationContents

/** By what days are judged, and by what they are priced. */
export const JUDGING_KINDS = ['istio', 'register', 'rules'] as const satisfies readonly DeclarationKind[]
export const PRICING_KINDS = ['prices', 'owners', 'budgets'] as const satisfies readonly DeclarationKind[]
export const DECLARATION_KINDS: readonly DeclarationKind[] = [...JUDGING_KINDS, ...PRICING_KINDS]

export interface Declaration<K extends DeclarationKind = DeclarationKind> {
  schema: 1
  kind: K
  from: string // YYYY-MM-DD, UTC: the first day it holds for
  recorded: string // ISO 8601, UTC, whole seconds: when the ledger got it
  content: DeclarationContents[K]
}

/** A declaration as a day's judgement names it. */
export interface DeclarationLink {
  from: string
  recorded: string
  sha256: string // of its stored bytes
  isLater: boolean // declared for later days only: the first there is, for want of one that held on the day
}

/** What judged one day; null where nothing of the kind was ever declared. */
export type DeclaredOn = Record<(typeof JUDGING_KINDS)[number], DeclarationLink | null>

/** What priced one day; null likewise. */
export type CostsOn = Record<(typeof PRICING_KINDS)[number], DeclarationLink | null>

/** True when the ledger got something of what held on a day, YYYY-MM-DD, only after that day was over. */
export function isRecordedAfter(declared: DeclaredOn, date: string): boolean {
  return JUDGING_KINDS.some((kind) => (declared[kind]?.recorded.slice(0, 10) ?? '') > date)
}

/** What judged one day, with its contents. */
export interface InForce {
  links: DeclaredOn
  istio: IstioConfigs | null
  register: Register | null
  rules: Rules // the rules' defaults when none were declared
}

/** What priced one day, with its contents; null where nothing of the kind was ever declared. */
export interface CostsInForce {
  links: CostsOn
  prices: Prices | null
  owners: Owners | null
  budgets: Budgets | null
}

/** Same declaration, same bytes: JSON that a person can read. */
export function encodeDeclaration({ schema, kind, from, recorded, content }: Declaration): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ schema, kind, from, recorded, content }, null, 1)}\n`)
}

/** The inverse of encodeDeclaration; throws one sentence naming the key when the bytes are of no declaration of its kind. */
export function decodeDeclaration(bytes: Uint8Array, key: string): Declaration {
  const place = parseDeclarationKey(key)
  const declaration = parsed(bytes, key)
  if (declaration.schema !== 1) {
    throw new Error(
      `declaration ${key} has schema ${declaration.schema}, this version reads 1; install a newer wharfage`,
    )
  }
  if (declaration.kind !== place?.kind || declaration.from !== place.from || declaration.recorded !== place.recorded) {
    throw new Error(`declaration ${key} says it is of ${declaration.kind} from ${declaration.from}; it was moved`)
  }
  return declaration
}

function parsed(bytes: Uint8Array, key: string): Declaration {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Declaration
  } catch {
    throw new Error(`declaration ${key} cannot be read: its ${bytes.length} bytes are no JSON`)
  }
}
