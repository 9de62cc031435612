/** Media type: what a published file is, and for how long a browser may keep it; one table for a bucket and for `serve`. */
import { extname } from 'node:path'

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.yaml': 'application/yaml; charset=utf-8',
  '.atom': 'application/atom+xml; charset=utf-8',
  '.pem': 'application/x-pem-file',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.parquet': 'application/vnd.apache.parquet',
}

export interface MediaHeaders {
  contentType: string
  cacheControl: string
}

/** The content type of a published file, by its name's ending. */
export function contentType(path: string): string {
  return CONTENT_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream'
}

/** Assets, which carry a hash of their content in their name, may be kept; all else is asked for again each time. */
export function cacheControl(key: string): string {
  return key.startsWith('_assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
}

/** The headers under which a published file is stored; `key` is its path in the site, without a leading slash. */
export function mediaHeaders(key: string): MediaHeaders {
  return { contentType: contentType(key), cacheControl: cacheControl(key) }
}
