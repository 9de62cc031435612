/** The shape of the code itself: imports go one way, types hold, the form is the formatter's. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
}

/** What a file imports: our own files as paths from the root, others by name. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8')
  return [...source.matchAll(/^(?:import|export)\b[^'"]*?\bfrom '([^']+)'/gm)].map(([, name]) => {
    if (name.startsWith('#core/')) return name.replace('#core/', 'functions/core/')
    return name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), name)) : name
  })
}

test('the core reaches nothing outside: no network, file, process or clock', () => {
  // Of Node only what computes; of packages only the Parquet format, which is computing too.
  const pure = ['node:crypto', 'node:zlib', 'node:net', 'hyparquet', 'hyparquet-writer']
  const files = sources('functions/core')
  expect(files.length).toBeGreaterThan(20)
  const outside = files.flatMap((file) => importsOf(file).map((name) => `${file} imports ${name}`))
  expect(
    outside.filter(
      (line) => !/ imports functions\/core\//.test(line) && !pure.some((name) => line.endsWith(` imports ${name}`)),
    ),
  ).toEqual([])
  const impure = files.filter((file) =>
    /\b(process\.|Date\.now|new Date\(\)|Math\.random|performance\.now|fetch\(|setTimeout)/.test(
      readFileSync(join(ROOT, file), 'utf8'),
    ),
  )
  expect(impure).toEqual([])
})

test('no file imports itself through others', () => {
  const files = sources('functions')
  const graph = new Map(files.map((file) => [file, importsOf(file).filter((name) => name.startsWith('functions/'))]))
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '))
    else if (!done.has(file)) for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('the types hold and the form is the formatter’s', () => {
  const run = (tool: string, ...args: string[]) => {
    try {
      execFileSync(process.execPath, [join(ROOT, 'node_modules', tool), ...args], { cwd: ROOT, encoding: 'utf8' })
      return ''
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return stdout + stderr
    }
  }
  expect(run('typescript/bin/tsc', '-p', '.')).toBe('')
  expect(run('@biomejs/biome/bin/biome', 'check', '.')).toBe('')
}, 120_000)
