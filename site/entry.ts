import { createApp } from 'astro/app/entrypoint'

const app = createApp({ streaming: false })

/** Renders the page at an absolute URL; the page reads the report as `Astro.locals.report`. */
export function render(url: string, report: unknown): Promise<Response> {
  return app.render(new Request(url), {
    locals: { report },
    // Without this Astro would ask the network for the page of what is not found.
    prerenderedErrorPageFetch: async () => new Response(null, { status: 404 }),
  })
}
