/** Stored bills: a bill as the bytes that the ledger keeps of it for ever. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Bill } from '#core/bills/bill.ts'
import { parseBillKey } from '#core/keys.ts'

const UNPACKED_AT_MOST = 512 * 1024 * 1024
const LEVEL = 9 // a bill is written once

/** Same bill, same bytes. */
export function encodeBill(bill: Bill): Uint8Array {
  const { schema, month, provider, imported, file, sha256, format, version, currency } = bill
  const head = { schema, month, provider, imported, file, sha256, format, version, currency }
  const { payers, accounts, rows, rounded, lines } = bill
  const text = `${JSON.stringify({ ...head, payers, accounts, rows, rounded, lines })}\n`
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } })
}

/** The inverse of encodeBill; throws one sentence naming the key when the bytes are of no bill of its month and provider. */
export function decodeBill(bytes: Uint8Array, key: string): Bill {
  const place = parseBillKey(key)
  const bill = parsed(bytes, key)
  if (bill.schema !== 1) {
    throw new Error(`bill ${key} has schema ${bill.schema}, this version reads 1; install a newer wharfage`)
  }
  if (bill.month !== place?.month || bill.provider !== place.provider || bill.imported !== place.imported) {
    throw new Error(`bill ${key} says it is of ${bill.provider} in ${bill.month}; it was moved`)
  }
  return bill
}

/** True when two bills say the same, whenever and from whichever file they were imported. */
export function isSameBill(a: Bill, b: Bill): boolean {
  return JSON.stringify(said(a)) === JSON.stringify(said(b))
}

function said({ month, provider, currency, payers, lines }: Bill) {
  return [month, provider, currency, payers, lines]
}

function parsed(bytes: Uint8Array, key: string): Bill {
  try {
    return JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: UNPACKED_AT_MOST }).toString('utf8')) as Bill
  } catch {
    throw new Error(`bill ${key} cannot be read: its ${bytes.length} bytes are no JSON in zstd`)
  }
}
