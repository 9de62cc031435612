/**
 * Makes the addresses of scripts and styles relative to the page, so that the same files work from any sub-path.
 * Links that pages write themselves are relative already.
 */
import { defineMiddleware } from 'astro:middleware'
import { rootOf } from './root.ts'

// A quote inside a value is written as an entity, so `="/_assets/` is never a label's text.
const asset = /(\s(?:src|href))="\/(_assets\/|favicon\.svg)/g

export const onRequest = defineMiddleware(async (context, next) => {
  const response = await next()
  // The page for what is not found is served at any depth, and can only name its assets from the root.
  if (context.isPrerendered && context.routePattern === '/404') return response
  const html = (await response.text()).replace(asset, `$1="${rootOf(context.url.pathname)}$2`)
  return new Response(html, { status: response.status, headers: response.headers })
})
