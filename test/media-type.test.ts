import { mediaHeaders } from '../functions/media-type.ts'

test.each([
  // what a browser must recognise
  ['index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['days/2026-07-01/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['days/2026-07-01/flows.csv', 'text/csv; charset=utf-8', 'no-cache'],
  ['days/2026-07-01/report.json', 'application/json; charset=utf-8', 'no-cache'],
  ['FAVICON.SVG', 'image/svg+xml; charset=utf-8', 'no-cache'],
  // what never changes under its name
  ['_assets/page.Bd2f.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['_assets/chart.a1b2.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  // what only looks so
  ['days/_assets/page.js', 'text/javascript; charset=utf-8', 'no-cache'],
  ['_assets', 'application/octet-stream', 'no-cache'],
  // what is nothing to be shown
  ['x.exe', 'application/octet-stream', 'no-cache'],
])('%s is %s and %s', (key, contentType, cacheControl) => {
  expect(mediaHeaders(key)).toEqual({ contentType, cacheControl })
})
