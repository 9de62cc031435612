import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkpointKey, rollupKey } from '../functions/core/keys.ts'
import { folderStore } from '../functions/store/folder.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { storeContract } from './store-contract.ts'

const folders: string[] = []
const newFolder = async (): Promise<string> => {
  folders.push(await mkdtemp(join(tmpdir(), 'wharfage-store-')))
  return folders[folders.length - 1]
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

storeContract('memory', async () => memoryStore())
storeContract('folder', async () => folderStore(join(await newFolder(), 'not', 'yet'), { durable: false }))
storeContract('durable folder', async () => folderStore(join(await newFolder(), 'not', 'yet')))

const key = checkpointKey('prod-eu')
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const string = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A real process that runs `body` with `store` on the folder and `print` to its standard output. */
function childProcess(
  folder: string,
  body: string,
): { kill(): void; firstLine: Promise<unknown>; output: Promise<string> } {
  const source = `
    import { writeSync } from 'node:fs'
    import { folderStore } from ${JSON.stringify(join(import.meta.dirname, '../functions/store/folder.ts'))}
    const store = folderStore(${JSON.stringify(folder)}, { durable: false })
    const text = (value) => new TextEncoder().encode(value)
    const print = (value) => writeSync(1, value + '\\n')
    ${body}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  return {
    kill: () => child.kill('SIGKILL'),
    firstLine: once(child.stdout, 'data'),
    output: once(child, 'close').then(() => output),
  }
}

const incrementUntilKilled = `
  for (;;) {
    const object = await store.get('${key}')
    const next = Number(new TextDecoder().decode(object.bytes).split(' ')[0]) + 1
    const put = await store.put('${key}', text(next + ' '.padEnd(100000, 'x')), { ifMatch: object.etag })
    if (put.outcome === 'written') print(next)
  }`

test('several stores and processes on one folder lose no increment and count none twice', async () => {
  const folder = await newFolder()
  const stores = Array.from({ length: 5 }, () => folderStore(folder, { durable: false }))
  await stores[0].put(key, text('0'), 'absent')
  const increments = `
    let won = 0
    for (let i = 0; i < 150; i++) {
      const object = await store.get('${key}')
      const next = Number(new TextDecoder().decode(object.bytes)) + 1
      if ((await store.put('${key}', text(String(next)), { ifMatch: object.etag })).outcome === 'written') won++
    }
    print(won)`
  const children = Array.from({ length: 3 }, () => childProcess(folder, increments))
  const here = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const store = stores[i % stores.length]
      const object = (await store.get(key))!
      const put = await store.put(key, text(String(Number(string(object.bytes)) + 1)), { ifMatch: object.etag })
      return put.outcome === 'written' ? 1 : 0
    }),
  )
  const there = (await Promise.all(children.map((child) => child.output))).map(Number)
  const won = [...here, ...there].reduce((a, b) => a + b, 0)
  expect(there.every((count) => count > 0)).toBe(true)
  expect(string((await stores[0].get(key))!.bytes)).toBe(String(won))
})

test('a process killed at any moment leaves the old bytes or the new ones and stops nobody', async () => {
  const folder = await newFolder()
  const store = folderStore(folder, { durable: false })
  await store.put(key, text('0 '), 'absent')
  let printed = 0
  for (let round = 0; round < 12; round++) {
    const child = childProcess(folder, incrementUntilKilled)
    await child.firstLine
    await sleep((round * 7) % 40)
    child.kill()
    const numbers = (await child.output).trim().split('\n').filter(Boolean).map(Number)
    const object = (await store.get(key))!
    const current = Number(string(object.bytes).split(' ')[0])
    const expected = numbers.at(-1) ?? printed
    // Killed between the swap and the print, the process has written one more than it could tell.
    expect([expected, expected + 1]).toContain(current)
    if (current > 0) expect(object.bytes.length).toBe(String(current).length + 100000)
    printed = current
  }
  expect(printed).toBeGreaterThan(12)
  expect(await store.list('')).toHaveLength(1)
})

test('a process killed while it creates objects leaves each of them whole or not there', async () => {
  const folder = await newFolder()
  const store = folderStore(folder, { durable: false })
  for (let round = 0; round < 6; round++) {
    const child = childProcess(
      folder,
      `for (let i = 0; ; i++) for (const kind of ['checkpoints', 'daily']) {
         await store.put(kind + '/${round}-' + i, text('y'.repeat(300000)), 'absent')
         print(i)
       }`,
    )
    await child.firstLine
    await sleep(round * 7)
    child.kill()
    await child.output
  }
  const objects = await store.list('')
  expect(objects.length).toBeGreaterThan(6)
  expect(new Set(objects.map(({ size }) => size))).toEqual(new Set([300000]))
  for (const { key } of objects) expect(await store.put(key, text('z'), 'absent')).toEqual({ outcome: 'refused' })
})

test('a writer that slept while its generation was pruned is refused and leaves nothing behind', async () => {
  const folder = await newFolder()
  const store = folderStore(folder, { durable: false })
  await store.put(key, text('0'), 'absent')
  const asleep = (await store.get(key))!.etag
  // The sleeper has read the pointer and written its bytes; the rename is all that is left of its put.
  const sleeper = async (): Promise<void> =>
    rename(
      join(folder, `${key}@`, `${asleep}.current`),
      join(folder, `${key}@`, `${asleep.replace(/^0+1/, '000000000002')}.current`),
    )
  for (let i = 1; i <= 6; i++) await store.put(key, text(String(i)), { ifMatch: (await store.get(key))!.etag })
  await expect(sleeper()).rejects.toThrow('ENOENT')
  const before = await readdir(join(folder, `${key}@`))
  expect(await store.put(key, text('stale'), { ifMatch: asleep })).toEqual({ outcome: 'refused' })
  expect(await readdir(join(folder, `${key}@`))).toEqual(before)
  expect(string((await store.get(key))!.bytes)).toBe('6')
})

test('keeps the last three generations and one pointer, and nothing in its incoming folder', async () => {
  const folder = await newFolder()
  const store = folderStore(folder)
  for (let i = 1; i <= 9; i++) await store.put(key, text(String(i)), 'always')
  const names = (await readdir(join(folder, `${key}@`))).sort()
  expect(names.map((name) => [Number(name.slice(0, 12)), name.endsWith('.current')])).toEqual([
    [7, false],
    [8, false],
    [9, false],
    [9, true],
  ])
  expect(await readdir(join(folder, '.incoming'))).toEqual([])
})

test('bytes left without a pointer by a crash are never read and go when their generation is pruned', async () => {
  const folder = await newFolder()
  const store = folderStore(folder, { durable: false })
  await store.put(key, text('1'), 'absent')
  const orphan = join(folder, `${key}@`, `000000000002-${'0'.repeat(64)}-${'0'.repeat(16)}`)
  await writeFile(orphan, 'half')
  expect(string((await store.get(key))!.bytes)).toBe('1')
  for (let i = 2; i <= 5; i++) await store.put(key, text(String(i)), 'always')
  await expect(readFile(orphan)).rejects.toThrow('ENOENT')
})

test('says so when a checkpoint was altered, or its bytes or its pointer are gone', async () => {
  const folder = await newFolder()
  const store = folderStore(folder, { durable: false })
  await store.put(key, text('1'), 'absent')
  const { etag } = (await store.get(key))!
  await writeFile(join(folder, `${key}@`, etag), '2')
  await expect(store.get(key)).rejects.toThrow('are not those that were written')
  await unlink(join(folder, `${key}@`, etag))
  await expect(store.get(key)).rejects.toThrow('are gone')
  await unlink(join(folder, `${key}@`, `${etag}.current`))
  await expect(store.get(key)).rejects.toThrow('names no current generation')
})

test('follows no symbolic link inside the folder, and does follow one to it', async () => {
  const outside = await newFolder()
  await writeFile(join(outside, 'secret'), 'secret')
  const folder = await newFolder()
  await symlink(outside, join(folder, 'daily'))
  await symlink(join(outside, 'secret'), join(folder, 'link'))
  const store = folderStore(folder)
  await expect(store.get('daily/secret')).rejects.toThrow('symbolic link')
  await expect(store.put('daily/new', text('x'), 'always')).rejects.toThrow('symbolic link')
  await expect(store.get('link')).rejects.toThrow('symbolic link')
  await expect(store.list('')).rejects.toThrow('symbolic link')
  await symlink(outside, join(folder, 'published.json@'))
  await expect(store.get('published.json')).rejects.toThrow('symbolic link')
  await expect(store.put('published.json', text('x'), 'absent')).rejects.toThrow('symbolic link')
  expect(await readdir(outside)).toEqual(['secret'])

  const alias = join(await newFolder(), 'alias')
  await symlink(outside, alias)
  expect(string((await folderStore(alias).get('secret'))!.bytes)).toBe('secret')
})

test('a rollup is never replaced by etag', async () => {
  const store = folderStore(await newFolder())
  const rollup = rollupKey('prod-eu', 0)
  await store.put(rollup, text('x'), 'absent')
  const { etag } = (await store.get(rollup))!
  await expect(store.put(rollup, text('y'), { ifMatch: etag })).rejects.toThrow('only checkpoints')
})

test('tells the key, the folder and what to do when it cannot write', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'daily'), 'a file')
  await expect(folderStore(folder).put('daily/x', text('x'), 'absent')).rejects.toThrow(
    /^store \/.*: cannot write daily\/x: .*daily is no folder; move it away$/,
  )
  await mkdir(join(folder, 'seals', 'x'), { recursive: true })
  await expect(folderStore(folder).put('seals/x', text('x'), 'always')).rejects.toThrow(
    /cannot write seals\/x: a folder is where a file should be; move it away \(EISDIR\)$/,
  )
  await expect(folderStore('/dev/full/store').put('a', text('x'), 'absent')).rejects.toThrow(/ENOTDIR/)
  await expect(folderStore('/proc/store').put('a', text('x'), 'absent')).rejects.toThrow(/cannot write a: /)
  if (process.getuid?.() === 0) return
  await chmod(folder, 0o500)
  await expect(folderStore(folder).put('a', text('x'), 'absent')).rejects.toThrow(/permission denied.*\(EACCES\)$/)
  await chmod(folder, 0o700)
})
