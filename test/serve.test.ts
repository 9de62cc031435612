import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { CONTENT_SECURITY_POLICY, type Serving, serveFolder } from '../functions/serve.ts'

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

const LONG = 'figures,'.repeat(1000)
let dir: string
let serving: Serving

beforeAll(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'wharfage-serve-'))
  dir = join(parent, 'site')
  await mkdir(join(dir, 'days/2026-11-20'), { recursive: true })
  await mkdir(join(dir, '_assets'))
  await mkdir(join(parent, 'site-secret'))
  await writeFile(join(parent, 'secret.txt'), 'secret')
  await writeFile(join(parent, 'site-secret/x.txt'), 'secret')
  await writeFile(join(dir, 'index.html'), '<p>index')
  await writeFile(join(dir, '404.html'), '<p>not here')
  await writeFile(join(dir, 'days/2026-11-20/index.html'), '<p>day')
  await writeFile(join(dir, 'days/2026-11-20/flows.csv'), LONG)
  await writeFile(join(dir, '_assets/abc.js'), 'let a')
  await writeFile(join(dir, '.hidden'), 'secret')
  await writeFile(join(dir, 'empty.txt'), '')
  await symlink(join(parent, 'secret.txt'), join(dir, 'link.txt'))
  await symlink(join(parent, 'site-secret'), join(dir, 'linked'))
  serving = await serveFolder(dir, { port: 0 })
})

afterAll(() => serving.close())

/** Asks with the path as it is written, which fetch would tidy first. */
function ask(path: string, { method = 'GET', headers = {} as Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(serving.url)
    request({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
      .on('error', reject)
      .end()
  })
}

test('a folder answers with its index page', async () => {
  expect((await ask('/')).body.toString()).toBe('<p>index')
  expect((await ask('/days/2026-11-20/')).body.toString()).toBe('<p>day')
})

test('a folder without its slash is redirected, with the query kept', async () => {
  const { status, headers } = await ask('/days/2026-11-20?a=1?b')
  expect([status, headers.location]).toEqual([308, '/days/2026-11-20/?a=1?b'])
})

test('a path that begins with two slashes is never redirected to another host', async () => {
  const { status, headers } = await ask('//days')
  expect([status, headers.location]).toEqual([308, '/days/'])
})

test.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/days/..%2f..%2fsecret.txt',
  '/%252e%252e/secret.txt',
  '/..%5csecret.txt',
  '/link.txt',
  '/linked/x.txt',
  '/../site-secret/x.txt',
  '/.hidden',
  '/index.html/',
  '/index.html%00.css',
  '/%',
  '/nowhere',
])('%s is not found', async (path) => {
  const { status, body } = await ask(path)
  expect([status, body.toString()]).toEqual([404, '<p>not here'])
})

test.each([
  ['/', 'text/html; charset=utf-8'],
  ['/days/2026-11-20/flows.csv', 'text/csv; charset=utf-8'],
  ['/_assets/abc.js', 'text/javascript; charset=utf-8'],
  ['/empty.txt', 'text/plain; charset=utf-8'],
])('%s has the type %s, which may not be guessed otherwise', async (path, type) => {
  const { headers } = await ask(path)
  expect(headers['content-type']).toBe(type)
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test.each(['/', '/nowhere', '/days'])('%s is answered under the content security policy', async (path) => {
  expect((await ask(path)).headers['content-security-policy']).toBe(CONTENT_SECURITY_POLICY)
  expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe')
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
  const { status, headers } = await ask('/', { method })
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
})

test('HEAD has the headers of GET and no body', async () => {
  const [head, get] = [await ask('/', { method: 'HEAD' }), await ask('/')]
  expect(head.body).toHaveLength(0)
  expect({ ...head.headers, date: '' }).toEqual({ ...get.headers, date: '' })
})

test('an unchanged page is not sent twice, a changed one is', async () => {
  const first = await ask('/')
  const again = await ask('/', { headers: { 'if-none-match': `"other", W/${first.headers.etag}` } })
  expect([again.status, again.body.length]).toEqual([304, 0])
  await writeFile(join(dir, 'index.html'), '<p>newer index')
  const changed = await ask('/', { headers: { 'if-none-match': String(first.headers.etag) } })
  expect([changed.status, changed.body.toString()]).toEqual([200, '<p>newer index'])
  await writeFile(join(dir, 'index.html'), '<p>index')
})

test.each([
  ['br', brotliDecompressSync],
  ['gzip', gunzipSync],
])('%s is used when it is accepted, and holds the same bytes', async (encoding, decompress) => {
  const path = '/days/2026-11-20/flows.csv'
  const { headers, body } = await ask(path, { headers: { 'accept-encoding': encoding } })
  expect([headers['content-encoding'], headers.vary]).toEqual([encoding, 'accept-encoding'])
  expect(decompress(body).toString()).toBe(LONG)
  expect(headers.etag).not.toBe((await ask(path)).headers.etag)
})

test('an encoding that is refused by its weight is not used', async () => {
  const { headers, body } = await ask('/days/2026-11-20/flows.csv', {
    headers: { 'accept-encoding': 'br;q=0, gzip;q=0.0' },
  })
  expect(headers['content-encoding']).toBeUndefined()
  expect(body.toString()).toBe(LONG)
})

test('assets may be kept for ever, pages are asked for again', async () => {
  expect((await ask('/_assets/abc.js')).headers['cache-control']).toContain('immutable')
  expect((await ask('/')).headers['cache-control']).toBe('no-cache')
})

test('a foreign name that was pointed at this machine is refused', async () => {
  expect((await ask('/', { headers: { host: 'evil.example:8080' } })).status).toBe(421)
  expect((await ask('/', { headers: { host: 'localhost:8080' } })).status).toBe(200)
})

test('a taken port is one sentence that says so', async () => {
  const port = Number(new URL(serving.url).port)
  await expect(serveFolder(dir, { port })).rejects.toThrow(`serve: port ${port} of 127.0.0.1 is taken; stop what`)
})

test('what is no folder is one sentence that names it', async () => {
  await expect(serveFolder('/nowhere', { port: 0 })).rejects.toThrow(
    'serve: /nowhere is no folder; publish into it first',
  )
  await expect(serveFolder(join(dir, 'index.html'), { port: 0 })).rejects.toThrow('is no folder')
})
