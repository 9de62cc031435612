/**
 * Audit: one zip that tells a span of days and proves it. Every figure in it is made from rollups anew, and from nothing that
 * can be written over; the rollups and seals that prove it are verified as they will be unpacked, before a byte is written.
 */
import { createHash } from 'node:crypto'
import type { Audit, FrameworkName } from '#core/audit/audit.ts'
import { auditReadme } from '#core/audit/readme.ts'
import { auditReport } from '#core/audit/report.ts'
import { type AuditSpan, lastDay } from '#core/audit/stretch.ts'
import { auditTables, FLOW_COLUMNS, flowRows } from '#core/audit/tables.ts'
import { csvLine, formatCsv } from '#core/csv.ts'
import { byState, type Finding } from '#core/findings/finding.ts'
import { parseRollupKey, publicKeyKey } from '#core/keys.ts'
import { compareText } from '#core/order.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { Signer } from '../signing/signer.ts'
import type { Store } from '../store/store.ts'
import { ZIP_BYTES_AT_MOST, ZIP_FILES_AT_MOST, type ZipFile, zipFile } from '../zip-file.ts'
import { type JudgedSpan, judgeSpan } from './audit-judging.ts'
import { type AuditPart, auditPart, daysOf } from './audit-part.ts'

export interface AuditRequest {
  title: string // of the site
  span: AuditSpan
  framework: FrameworkName
  signer: Signer | null // signs the list of all files
  progress?: (what: 'verified' | 'judged' | 'packed', done: number, of: number) => void
}

export interface AuditSummary {
  from: string // the first day of the span that the ledger has
  through: string
  files: number
  sha256: string // of the zip
  unsignedSeals: number
  openFindings: number
}

/** Files of a pack beside those of the ledger, at most. */
const OWN_FILES = 20

/**
 * Makes the pack of a span; `write` gets its bytes in order. Throws one sentence when the ledger does not hold, before any
 * byte is written.
 */
export async function packAudit(
  store: Store,
  { title, span, framework, signer, progress = () => {} }: AuditRequest,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<AuditSummary> {
  const part = await auditPart(store, span, (done, of) => progress('verified', done, of))
  refuseTooMuch(part)
  const whole = createHash('sha256')
  const pack = packing(
    zipFile(async (bytes) => {
      whole.update(bytes)
      await write(bytes)
    }),
  )
  const about = {
    ...{ title, framework, from: span.from, through: lastDay(span), ledgerFrom: part.ledgerFrom, seals: part.seals },
    targets: [...part.stretch.hours.keys()].sort(),
    keys: part.keys.map(({ keyId }) => keyId),
    manifestKey: signer && { keyId: signer.publicKey.keyId, algorithm: signer.publicKey.algorithm },
  }
  await pack.add('README.md', auditReadme(about))
  const judged = await packFlows(store, part, pack, (done, of) => progress('judged', done, of))
  const { compliance, ...known } = judged
  const isOfSpan = ({ last, state }: Finding) => last >= span.from || state !== 'gone'
  const findings = compliance.findings.filter(isOfSpan).sort(byState)
  const audit: Audit = { ...about, ...known, findings, forgotten: compliance.forgotten }
  for (const { file, columns, rows } of auditTables(audit)) await pack.add(file, formatCsv(columns, rows))
  await pack.add('register.json', `${JSON.stringify(audit.registers, null, 1)}\n`)
  await pack.add('report.html', auditReport(audit))

  const keys = part.objects.map(({ key }) => key)
  const ownKey = signer && publicKeyKey(signer.publicKey.keyId)
  if (ownKey !== null && !keys.includes(ownKey)) await pack.add(ownKey, signer?.publicKey.pem ?? '')
  let done = 0
  const read = async (key: string) => ({ key, stored: await store.get(key) })
  for await (const { key, stored } of mapConcurrently(keys, READS_AT_A_TIME, read)) {
    if (stored === null) throw new Error(`${key} is gone since it was verified; run it again`)
    await pack.add(key, stored.bytes)
    progress('packed', ++done, keys.length)
  }
  const manifest = pack.manifest()
  await pack.add('MANIFEST.sha256', manifest)
  if (signer !== null) await pack.add('MANIFEST.sha256.sig', await signer.sign(Buffer.from(manifest)))
  await pack.end()
  return {
    from: daysOf(part)[0],
    through: about.through,
    files: pack.files(),
    sha256: whole.digest('hex'),
    unsignedSeals: part.seals.filter(({ keyId }) => keyId === '').length,
    openFindings: findings.filter(({ state }) => state === 'open').length,
  }
}

function refuseTooMuch({ objects }: AuditPart): void {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0)
  if (objects.length + OWN_FILES <= ZIP_FILES_AT_MOST && bytes <= ZIP_BYTES_AT_MOST) return
  const what = `${objects.length} files of ${Math.ceil(bytes / 1e6)} MB`
  throw new Error(`these days are ${what}, more than a zip holds that is read everywhere; choose fewer days`)
}

interface Packing {
  add(path: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void>
  manifest(): string // of all that was added so far, as sha256sum reads it
  files(): number
  end(): Promise<void>
}

function packing(zip: ZipFile): Packing {
  const hashes = new Map<string, string>()
  return {
    async add(path, content) {
      const hash = createHash('sha256')
      const chunks = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
      async function* hashed() {
        for await (const chunk of chunks) {
          const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
          hash.update(bytes)
          yield bytes
        }
      }
      // A rollup is compressed already.
      await zip.add(path, hashed(), parseRollupKey(path) === null ? 'deflate' : 'store')
      hashes.set(path, hash.digest('hex'))
    },
    manifest: () =>
      [...hashes]
        .sort(([a], [b]) => compareText(a, b))
        .map(([path, hash]) => `${hash}  ${path}\n`)
        .join(''),
    files: () => hashes.size,
    end: () => zip.end(),
  }
}

/** Judges the span, and writes each day's flows as soon as it is. */
async function packFlows(
  store: Store,
  part: AuditPart,
  pack: Packing,
  progress: (done: number, of: number) => void,
): Promise<JudgedSpan> {
  const judging = judgeSpan(store, part, progress)
  let judged: JudgedSpan | undefined
  async function* lines() {
    yield csvLine(FLOW_COLUMNS)
    for (;;) {
      const { value, done } = await judging.next()
      if (done) {
        judged = value
        return
      }
      const rows = flowRows(value).map(csvLine)
      yield rows.join('')
    }
  }
  await pack.add('flows.csv', lines())
  if (judged === undefined) throw new Error('the days were not judged to their end')
  return judged
}
