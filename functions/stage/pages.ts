/** Pages: which of those that there should be are due, and rendering them. One that cannot be rendered keeps no other from it. */
import { sha256 } from '#core/hash.ts'
import { isAsWritten, isThere, type PublishedPage } from '#core/published.ts'
import type { Download, PageReport } from '#core/report.ts'
import { mapConcurrently } from '../concurrency.ts'
import type { Site } from '../pages.ts'
import { renderPage } from './rendering.ts'
import type { SiteFiles } from './site-files.ts'

/** A page that there should be. */
export interface Plan {
  address: string // below the site's root
  links: readonly (string | null)[] // the neighbours it links to, and what else is known of its report before it is made
  isOpen: boolean // its report may be another at any time
  report(): Promise<PageReport>
  needs?(): Promise<Plan[]> // pages that it links to and that must be there before it
}

export interface PagesSettings {
  site: Site
  title: string // of the site
  files: SiteFiles
  published: Record<string, PublishedPage> // by address; those whose files are there. What is rendered is put in
  all: boolean // render pages that are as they should be, too
  isUnsure: boolean // a day cannot be read: what is made now may be otherwise once it can, and is looked at again
  stop(): boolean // asked before each page; once true, the pages that are left wait
  progress(rendered: number, due: number): void
}

/** So many pages that cannot be rendered are no accident of one page. */
const FAILURES_AT_MOST = 5

export class Pages {
  readonly rendered = new Set<string>() // addresses
  readonly failures = new Map<string, string>() // by address
  readonly #settings: PagesSettings
  readonly #looked = new Map<string, string>() // by address: the frame in which it is right
  readonly #due = new Set<string>()
  readonly #running = new Map<string, Promise<void>>()

  constructor(settings: PagesSettings) {
    this.#settings = settings
  }

  /** True when a page is there that others may link to. */
  has(address: string): boolean {
    const { published, files } = this.#settings
    return Object.hasOwn(published, address) && isThere(published[address], files.there)
  }

  /** What can be downloaded from a day's page that is there; null when it is not known any more. */
  downloadsOf(address: string): Download[] | null {
    return this.has(address) ? (this.#settings.published[address].downloads ?? null) : null
  }

  /** True when a page is not there, or not as it should be, or when only its report can tell. */
  isDue({ address, links, isOpen }: Plan): boolean {
    const frame = this.#frame(links)
    const looked = this.#looked.get(address)
    if (looked !== undefined) return looked !== frame
    return (
      isOpen ||
      this.#settings.all ||
      !this.#isCurrent(address, frame) ||
      this.#settings.published[address].stale === true
    )
  }

  /** Renders those of the pages that are due, some at a time, and gives how many are left for want of time. */
  async renderAll(plans: readonly Plan[], atATime: number): Promise<number> {
    for (const { address } of plans.filter((plan) => this.isDue(plan))) this.#due.add(address)
    await Array.fromAsync(mapConcurrently(plans, atATime, (plan) => this.render(plan)))
    return plans.filter((plan) => this.isLeft(plan)).length
  }

  /** Renders a page, after those it needs, if it is due; but not when its report is the one that it was made from. */
  render(plan: Plan): Promise<void> {
    const { address } = plan
    const running = this.#running.get(address) ?? this.#render(plan).finally(() => this.#running.delete(address))
    this.#running.set(address, running)
    return running
  }

  async #render(plan: Plan): Promise<void> {
    const { address, links } = plan
    if (!this.isLeft(plan) || this.#stops()) return
    const { site, files, published, all, isUnsure } = this.#settings
    const frame = this.#frame(links)
    this.#due.add(address)
    try {
      const needs = (await plan.needs?.()) ?? []
      for (const need of needs) await this.render(need)
      if (needs.some((need) => this.isLeft(need))) return
      const report = await plan.report()
      const hash = shortHash(report)
      const isRight = this.#isCurrent(address, frame) && published[address].report === hash
      if (!isRight || (all && !this.rendered.has(address))) {
        const write = (key: string, bytes: Uint8Array) => files.write(key, bytes)
        const { files: written, downloads } = await renderPage({ site, write }, address, report)
        const told = report.page === 'day' ? { downloads } : {}
        published[address] = { frame, report: hash, files: written, ...told }
        this.rendered.add(address)
      }
      if (isUnsure) published[address].stale = true
      else delete published[address].stale
      this.#looked.set(address, frame)
      this.#settings.progress(this.#looked.size, this.#due.size)
    } catch (error) {
      this.failures.set(address, (error as Error).message)
    }
  }

  /** True for what is due and could be rendered. */
  isLeft(plan: Plan): boolean {
    return this.isDue(plan) && !this.failures.has(plan.address)
  }

  #stops(): boolean {
    return this.failures.size >= FAILURES_AT_MOST || this.#settings.stop()
  }

  #isCurrent(address: string, frame: string): boolean {
    const { published, files } = this.#settings
    const page = Object.hasOwn(published, address) ? published[address] : undefined
    return page?.frame === frame && isAsWritten(page, files.there)
  }

  #frame(links: Plan['links']): string {
    const { site, title } = this.#settings
    return shortHash([site.version, title, links])
  }
}

function shortHash(value: unknown): string {
  return sha256(Buffer.from(JSON.stringify(value))).slice(0, 16)
}
