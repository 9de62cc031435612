/** Explanations: what could make a bill and the meshes differ, by the evidence at hand, each with its figures. */
import type { Bill } from '#core/bills/bill.ts'
import type { Explanation, ReconciledBill, SeenMonth } from '#core/bills/reconciled-bill.ts'
import { isSplit, REMAINDERS } from '#core/bills/split.ts'
import { type Money, moneyOf, nanoOf } from '#core/costs/money.ts'
import { duration, money as moneyText, percent, short } from '#core/figures.ts'
import { DAY_MS, parseInstant } from '#core/time.ts'

type Reconciled = Omit<ReconciledBill, 'explanations'>

const GIB_OF_GB = 1.073741824
const UNIT_TOLERANCE = 0.005
const OVERHEAD_AT_MOST = 0.15 // of what was billed; more is no header's doing

/** In the order in which to look at them; none where nothing speaks for it. */
export function explanationsOf(bill: Bill, reconciled: Reconciled, seen: SeenMonth): Explanation[] {
  return [
    unobserved(reconciled, seen),
    unplaced(reconciled, seen),
    otherCurrency(bill, seen),
    elsewhere(reconciled),
    outsideMesh(reconciled),
    unit(reconciled),
    overhead(reconciled, seen),
    timing(bill, reconciled),
    unbilled(reconciled),
    estimates(reconciled, seen),
    assumed(reconciled, seen),
    allowance(bill),
    accounts(bill),
    payers(reconciled, seen),
    credits(reconciled),
    sharing(reconciled),
    rounding(bill),
  ].filter((explanation) => explanation !== null)
}

function explanation(
  cause: Explanation['cause'],
  sentence: string,
  { bytes = null, money = null, share = null }: Partial<Pick<Explanation, 'bytes' | 'money' | 'share'>> = {},
): Explanation {
  return { cause, sentence, bytes, money, share }
}

function unobserved(
  { dueDays, days, complete }: Reconciled,
  { observedSeconds, targets }: SeenMonth,
): Explanation | null {
  if (complete || targets.size === 0) return null
  const due = (dueDays * DAY_MS * targets.size) / 1000
  const missing = Math.max(0, due - observedSeconds)
  const meshes = targets.size === 1 ? 'the mesh was' : `the ${targets.size} meshes were together`
  const sentence = `${meshes} watched for ${duration(observedSeconds)} of ${duration(due)} of the month, on ${days} of ${dueDays} days; what was sent in the other ${duration(missing)} is billed and not seen`
  return explanation('unobserved', sentence, { share: due === 0 ? null : missing / due })
}

function unplaced({ provider, usage }: Reconciled, { hasPlaces, targets }: SeenMonth): Explanation | null {
  if (targets.size > 0) return null
  const sentence = hasPlaces
    ? `no target runs at ${provider} by its "cloud:" in the configuration; name the provider as targets do, by --provider`
    : 'no prices were declared for these days, so nothing tells where the meshes run; add "prices:" and each target’s "cloud:"'
  return explanation('unplaced', sentence, { money: usage })
}

function otherCurrency({ currency }: Bill, { currencies }: SeenMonth): Explanation | null {
  const others = [...currencies].filter((one) => one !== currency).sort()
  if (others.length === 0) return null
  const sentence = `the bill is in ${currency} and prices are declared in ${others.join(' and ')}, so what was priced in ${others.length === 1 ? 'that' : 'those'} is not compared with it; nothing is converted`
  return explanation('currency', sentence)
}

function elsewhere({ unattributedBy, currency }: Reconciled): Explanation | null {
  const reasons: readonly string[] = [REMAINDERS.elsewhere, REMAINDERS.other, REMAINDERS.ingress]
  const found = unattributedBy.filter(({ reason }) => reasons.includes(reason))
  if (found.length === 0) return null
  const { bytes, money } = totalOf(found)
  const sentence = `${short(bytes, 'bytes')} for ${moneyText(money, currency)} were billed where no mesh runs, for transfer in, or for what other services of the cloud send`
  return explanation('elsewhere', sentence, { bytes, money })
}

function outsideMesh({ unattributedBy, currency }: Reconciled): Explanation | null {
  const reasons: readonly string[] = [REMAINDERS.more, REMAINDERS.nothing]
  const found = unattributedBy.filter(({ reason }) => reasons.includes(reason))
  if (found.length === 0) return null
  const { bytes, money } = totalOf(found)
  const sentence = `${short(bytes, 'bytes')} for ${moneyText(money, currency)} were billed beyond what the meshes sent there: pods outside the mesh or on the host’s network, the nodes’ own pulls and updates, QUIC and other UDP, machines and databases beside the clusters`
  return explanation('outside-mesh', sentence, { bytes, money })
}

/** What was both billed and seen, in the same place: only there a quotient says something of how bytes are counted. */
function compared({ places }: Reconciled): { meshBytes: number; billedBytes: number }[] {
  return places.flatMap(({ meshBytes, billedBytes }) => {
    return meshBytes > 0 && billedBytes !== null && billedBytes > 0 ? [{ meshBytes, billedBytes }] : []
  })
}

function quotientOf(places: readonly { meshBytes: number; billedBytes: number }[]) {
  const meshBytes = places.reduce((sum, one) => sum + one.meshBytes, 0)
  const billedBytes = places.reduce((sum, one) => sum + one.billedBytes, 0)
  return { missing: billedBytes - meshBytes, quotient: billedBytes / meshBytes, billedBytes }
}

function unit(reconciled: Reconciled): Explanation | null {
  const places = compared(reconciled)
  if (!reconciled.complete || places.length === 0) return null
  const areNear = (of: number) =>
    places.every(({ meshBytes, billedBytes }) => Math.abs(billedBytes / meshBytes / of - 1) < UNIT_TOLERANCE)
  if (!areNear(GIB_OF_GB) && !areNear(1 / GIB_OF_GB)) return null
  const { quotient } = quotientOf(places)
  const sentence = `billed bytes are ${quotient.toFixed(3)} times the meshes’, which is about the quotient of GiB and GB; check which of them the bill’s unit means`
  return explanation('unit', sentence, { share: quotient })
}

function overhead(reconciled: Reconciled, { overheadFactors }: SeenMonth): Explanation | null {
  const places = compared(reconciled)
  const { missing, quotient, billedBytes } = quotientOf(places)
  if (places.length === 0 || missing <= 0 || missing > billedBytes * OVERHEAD_AT_MOST) return null
  const factors = [...overheadFactors].sort()
  const needed =
    factors.length === 1
      ? `; an overheadFactor of ${(Number(factors[0]) * quotient).toFixed(4)} would make them equal, ${factors[0]} is declared`
      : ''
  const sentence = `where both are, billed bytes are ${percent(quotient - 1)} above the meshes’; proxies count neither TLS nor TCP and IP headers nor what was sent again${needed}`
  return explanation('overhead', sentence, { bytes: missing, share: quotient - 1 })
}

/** Both too much and too little was seen of one kind, in periods shorter than the month. */
function timing(bill: Bill, { kinds }: Reconciled): Explanation | null {
  const month = 27 * DAY_MS
  const hasShort = bill.lines.some(
    (line) => isSplit(line) && parseInstant(line.until) - parseInstant(line.from) < month,
  )
  const shifted = kinds.reduce((sum, { meshBytes, billedBytes, attributed, unattributed }) => {
    const isBoth =
      nanoOf(attributed) > 0n && nanoOf(unattributed) > 0n && billedBytes !== null && meshBytes >= billedBytes
    return isBoth ? sum + meshBytes : sum
  }, 0)
  if (!hasShort || shifted === 0) return null
  const sentence =
    'some periods have more bytes of the meshes than were billed and others fewer, though over the month they have enough: proxies count a request when it ends, which may be hours after its bytes were billed; a bill by the day or the month splits more of it'
  return explanation('timing', sentence, { bytes: shifted })
}

function unbilled({ kinds }: Reconciled): Explanation | null {
  const more = kinds.filter(
    ({ kind, meshBytes, billedBytes }) => !kind.endsWith('-hours') && meshBytes > (billedBytes ?? 0),
  )
  if (more.length === 0) return null
  const bytes = more.reduce((sum, { meshBytes, billedBytes }) => sum + meshBytes - (billedBytes ?? 0), 0)
  const named = more.map(({ kind }) => kind).join(', ')
  const sentence = `the meshes sent ${short(bytes, 'bytes')} more than the bill has, as ${named}: destinations may be of another kind than was told, another account or provider may pay, or the file may lack lines`
  return explanation('unbilled', sentence, { bytes })
}

function estimates({ meshBytes }: Reconciled, { estimatedBytes }: SeenMonth): Explanation | null {
  if (estimatedBytes === 0) return null
  const sentence = `${short(estimatedBytes, 'bytes')} of the meshes’ transfers are HTTP and gRPC, whose bytes the proxies estimate, usually within 5 %`
  return explanation('estimates', sentence, {
    bytes: estimatedBytes,
    share: meshBytes === 0 ? null : estimatedBytes / meshBytes,
  })
}

function assumed({ meshBytes }: Reconciled, { assumedBytes }: SeenMonth): Explanation | null {
  if (assumedBytes === 0) return null
  const sentence = `of ${short(assumedBytes, 'bytes')} of the meshes’ transfers nothing told where they go, and internet was assumed; declare those destinations’ provider and region in the register`
  return explanation('assumed', sentence, {
    bytes: assumedBytes,
    share: meshBytes === 0 ? null : assumedBytes / meshBytes,
  })
}

function allowance({ lines }: Bill): Explanation | null {
  const free = lines.filter((line) => isSplit(line) && line.bytes !== null && nanoOf(line.cost) === 0n)
  const bytes = free.reduce((sum, line) => sum + (line.bytes ?? 0), 0)
  if (bytes === 0) return null
  const sentence = `${short(bytes, 'bytes')} were billed at 0, such as a free allowance; flows share it by their bytes, whichever was sent first`
  return explanation('allowance', sentence, { bytes, money: '0' })
}

function accounts({ accounts: billed }: Bill): Explanation | null {
  if (billed.length < 2) return null
  const sentence = `the bill is of ${billed.length} accounts, which no label of the meshes tells apart: lines of all of them are split over the same flows; where some have no mesh, import only the others’ lines`
  return explanation('accounts', sentence)
}

function payers({ provider }: Reconciled, { beside, unclaimed }: SeenMonth): Explanation | null {
  if (beside === 0 || unclaimed.size === 0) return null
  const others = beside === 1 ? 'another bill' : `${beside} other bills`
  const named = [...unclaimed].sort()
  const sentence = `${others} by ${provider} for the month ${beside === 1 ? 'is' : 'are'} split over the flows of ${named.slice(0, 3).join(', ')}${named.length > 3 ? ', …' : ''}, too, so that their bytes explain each; name each target’s billing account as its payer`
  return explanation('accounts', sentence)
}

function credits({ credits: credited, adjustments, currency }: Reconciled): Explanation | null {
  const apart = nanoOf(credited) + nanoOf(adjustments)
  if (credited === '0' && adjustments === '0') return null
  const sentence = `credits of ${moneyText(credited, currency)} and taxes, refunds and corrections of ${moneyText(adjustments, currency)} are in the bill and split to nobody`
  return explanation('credits', sentence, { money: moneyOf(apart) })
}

function sharing({ kinds, currency }: Reconciled): Explanation | null {
  const hours = kinds.filter(({ kind }) => kind.endsWith('-hours'))
  const shared = moneyOf(hours.reduce((sum, { attributed }) => sum + nanoOf(attributed), 0n))
  if (shared === '0') return null
  const sentence = `${moneyText(shared, currency)} for hours of NAT gateways and endpoints, which nobody uses by the byte, are split by the bytes that were processed in them`
  return explanation('sharing', sentence, { money: shared })
}

function rounding({ rounded, currency }: Bill): Explanation | null {
  if (rounded === '0') return null
  const sentence = `amounts finer than a billionth of ${currency} were rounded line by line, by ${rounded} together`
  return explanation('rounding', sentence)
}

function totalOf(found: readonly { bytes: number; money: Money }[]): { bytes: number; money: Money } {
  const bytes = found.reduce((sum, one) => sum + one.bytes, 0)
  return { bytes, money: moneyOf(found.reduce((sum, one) => sum + nanoOf(one.money), 0n)) }
}
