/** Verifies files and the chain of a month inside the page; labels and names are only ever written as text. */
import type { DownloadsReport } from '#core/reports/downloads.ts'
import { grouped, shownLabel, spelledOut } from '../format.ts'
import { keyIdsIn } from '../signatures.ts'
import { sha256Of, type VerifiedMonth, verifyMonth } from '../verification.ts'

const FILES_AT_A_TIME = 4
const PROBLEMS_SHOWN = 50

interface ListedFile {
  row: HTMLElement
  name: string
  address: string
  sha256: string
}

async function fetchBytes(address: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address, { cache: 'no-cache', signal }).catch((error: Error) => {
    throw error.name === 'AbortError' ? error : new Error('it cannot be fetched')
  })
  if (!response.ok) throw new Error(`it cannot be fetched: answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

function listedFiles(): ListedFile[] {
  return [...document.querySelectorAll<HTMLElement>('tr[data-sha256]')].map((row) => ({
    row,
    name: row.dataset.name ?? '',
    address: row.dataset.file ?? '',
    sha256: row.dataset.sha256 ?? '',
  }))
}

function mark({ row }: ListedFile, verdict: 'good' | 'altered' | 'missing' | 'pending', words: string): void {
  const cell = row.querySelector('[data-check]')
  const said = document.createElement('span')
  said.className = `mark ${verdict}`
  said.textContent = words
  cell?.replaceChildren(said)
  row.dataset.verdict = verdict
}

/** Why nothing can be verified here; '' when it can. */
function obstacle(): string {
  if (globalThis.crypto?.subtle) return ''
  return 'This browser lends SHA-256 to pages only over HTTPS or from localhost. Verify offline, as told beside.'
}

function item(list: Element, verdict: string, text: string): void {
  const entry = document.createElement('li')
  entry.className = `mark ${verdict}`
  entry.textContent = spelledOut(text)
  list.append(entry)
}

class MonthData {
  readonly base: string
  #report: Promise<DownloadsReport> | undefined

  constructor(base: string) {
    this.base = base
  }

  /** The month's report, with every link of its chains. */
  read(): Promise<DownloadsReport> {
    this.#report ??= fetchBytes(`${this.base}report.json`).then((bytes) => JSON.parse(new TextDecoder().decode(bytes)))
    this.#report.catch(() => {
      this.#report = undefined
    })
    return this.#report
  }
}

/** What a month knows by this hash, in words; null when it knows nothing. */
async function nameOf(sha256: string, data: MonthData): Promise<string | null> {
  const file = listedFiles().find((one) => one.sha256 === sha256)
  if (file !== undefined) return file.name
  const { seals, chains } = await data.read()
  const seal = seals.find((one) => one.sha256 === sha256)
  if (seal !== undefined) return `the seal of ${seal.date}`
  for (const { target, links } of chains) {
    const link = links.find((one) => one.sha256 === sha256)
    if (link !== undefined)
      return `rollup ${grouped(link.number)} of ${target}, the hour from ${link.hour.slice(0, 16).replace('T', ' ')} UTC`
  }
  return null
}

async function lookFor(files: Iterable<File>, list: Element, data: MonthData): Promise<void> {
  list.replaceChildren()
  for (const file of files) {
    const name = shownLabel(file.name).text
    try {
      const bytes = new Uint8Array(await file.arrayBuffer())
      const keyIds = await keyIdsIn(bytes)
      for (const keyId of keyIds) await compareKey(keyId, name, list, data)
      if (keyIds.length > 0) continue
      const sha256 = await sha256Of(bytes)
      const known = await nameOf(sha256, data)
      if (known !== null) item(list, 'good', `${name} is ${known}, unaltered.`)
      else item(list, 'altered', `${name} is none of this month's: nothing here has SHA-256 ${sha256}.`)
    } catch (error) {
      item(list, 'missing', obstacle() || `${name} could not be looked for: ${(error as Error).message}.`)
    }
  }
}

/** Says whether a key that the reader was given signs here, which the site's own copy of a key cannot prove. */
async function compareKey(keyId: string, name: string, list: Element, data: MonthData): Promise<void> {
  const { seals, keys } = await data.read()
  const signed = seals.filter((seal) => seal.keyId === keyId).length
  const of = `${grouped(signed)} of ${grouped(seals.length)} seals here`
  if (signed > 0)
    item(
      list,
      'good',
      `${name} holds key ${keyId}, by which ${of} say they are signed; verify the chain to see that their signatures hold.`,
    )
  else if (keys.length === 0) item(list, 'missing', `${name} holds key ${keyId}, and no seal here is signed.`)
  else item(list, 'altered', `${name} holds key ${keyId}, and no seal here is signed by it.`)
}

async function verifyFiles(progress: HTMLProgressElement, signal: AbortSignal): Promise<string> {
  const files = listedFiles()
  const bad: string[] = []
  let next = 0
  let done = 0
  progress.max = files.length
  for (const file of files) mark(file, 'pending', '…')
  const worker = async () => {
    while (next < files.length && !signal.aborted) {
      const file = files[next++]
      try {
        const sha256 = await sha256Of(await fetchBytes(file.address, signal))
        if (sha256 === file.sha256) mark(file, 'good', 'good')
        else {
          mark(file, 'altered', `altered: ${sha256.slice(0, 12)}…`)
          bad.push(`${file.name} is altered`)
        }
      } catch (error) {
        if (signal.aborted) return
        mark(file, 'missing', (error as Error).message)
        bad.push(`${file.name}: ${(error as Error).message}`)
      }
      progress.value = ++done
    }
  }
  await Promise.all(Array.from({ length: FILES_AT_A_TIME }, worker))
  if (signal.aborted) return `Stopped after ${grouped(done)} of ${grouped(files.length)} files.`
  if (bad.length === 0) return `All ${grouped(files.length)} files are as listed.`
  const named = bad.slice(0, 5).join('; ')
  const advice = 'If a file was published again since this page was loaded, load it again.'
  return `${grouped(files.length - bad.length)} of ${grouped(files.length)} files are as listed. Not so: ${named}${bad.length > 5 ? `; and ${grouped(bad.length - 5)} more` : ''}. ${advice}`
}

async function verifyChain(output: Element, data: MonthData): Promise<void> {
  const said = document.createElement('p')
  output.replaceChildren(said)
  try {
    const { rollups, seals, problems, newestSeal, signatures } = await verifyMonth(await data.read(), (file) =>
      fetchBytes(data.base + file),
    )
    const walked = `${grouped(rollups)} rollups and ${grouped(seals)} seals`
    said.className = problems.length === 0 ? 'mark good' : 'mark altered'
    said.textContent =
      problems.length === 0
        ? `Whole: ${walked}.`
        : `${grouped(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'} in ${walked}:`
    const list = document.createElement('ul')
    for (const { kind, key, message } of problems.slice(0, PROBLEMS_SHOWN))
      item(list, 'altered', `${kind}: ${key}: ${message}`)
    if (problems.length > 0) output.append(list)
    if (newestSeal === null) return
    const keep = document.createElement('p')
    keep.className = 'soft'
    keep.textContent = `Newest seal, of ${newestSeal.date}: ${newestSeal.sha256}`
    output.append(keep, ofSignatures(signatures, seals))
  } catch (error) {
    said.className = 'mark missing'
    said.textContent = obstacle() || `The chain could not be walked: ${(error as Error).message}.`
  }
}

function ofSignatures({ hold, unknown, keyIds }: VerifiedMonth['signatures'], seals: number): HTMLElement {
  const said = document.createElement('p')
  said.className = 'soft'
  const by = `by key ${keyIds.join(', ')}; compare it with the one that you were given`
  if (keyIds.length === 0) said.textContent = 'No seal here is signed.'
  else if (unknown > 0) said.textContent = `${grouped(unknown)} signatures cannot be verified in this browser.`
  else said.textContent = `${grouped(hold)} of ${grouped(seals)} seals have a signature that holds, ${by}.`
  return said
}

function startVerification(root: HTMLElement): void {
  const data = new MonthData(root.dataset.verify ?? './')
  const find = <T extends Element>(selector: string) => root.querySelector<T>(selector) as T
  const [drop, verdicts] = [find<HTMLElement>('[data-drop]'), find('[data-verdicts]')]
  const chosen = find<HTMLInputElement>('[data-files]')
  chosen.addEventListener('change', () => lookFor(chosen.files ?? [], verdicts, data))
  for (const type of ['dragover', 'dragleave', 'drop'] as const) {
    drop.addEventListener(type, (event) => {
      event.preventDefault()
      drop.classList.toggle('over', type === 'dragover')
      if (type === 'drop') lookFor(event.dataTransfer?.files ?? [], verdicts, data)
    })
  }

  const button = find<HTMLButtonElement>('[data-verify-files]')
  const progress = find<HTMLProgressElement>('progress')
  const verdict = find('[data-files-verdict]')
  let running: AbortController | null = null
  button.addEventListener('click', async () => {
    if (running !== null) return running.abort()
    if (obstacle() !== '') {
      verdict.textContent = obstacle()
      return
    }
    running = new AbortController()
    button.textContent = 'Stop'
    progress.value = 0
    progress.hidden = false
    verdict.textContent = ''
    verdict.textContent = await verifyFiles(progress, running.signal)
    verdict.classList.toggle('good', document.querySelector('tr[data-sha256]:not([data-verdict=good])') === null)
    progress.hidden = true
    button.textContent = 'Verify the files'
    running = null
  })
  find('[data-verify-chain]').addEventListener('click', () => verifyChain(find('[data-chain-verdict]'), data))
}

const root = document.querySelector<HTMLElement>('[data-verify]')
if (root) startVerification(root)
