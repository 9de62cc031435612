/** The command line: the same stages that run on a schedule, for a person at a terminal. */
import { parseArgs } from 'node:util'
import { audit } from './command/audit.ts'
import { bill } from './command/bill.ts'
import { check } from './command/check.ts'
import { type Command, type OptionSpec, type Terminal, UsageError } from './command/command.ts'
import { demo } from './command/demo.ts'
import { exportCommand } from './command/export.ts'
import { istio } from './command/istio.ts'
import { publish } from './command/publish.ts'
import { query } from './command/query.ts'
import { readiness } from './command/readiness.ts'
import { register } from './command/register.ts'
import { scrape } from './command/scrape.ts'
import { seal } from './command/seal.ts'
import { serve } from './command/serve.ts'
import { verify } from './command/verify.ts'
import { ConfigError } from './config.ts'
import { DeclaredError } from './declared.ts'

const COMMANDS: readonly Command[] = [
  ...[check, scrape, publish, exportCommand, register, readiness, istio],
  ...[bill, seal, verify, audit, serve, query, demo],
]

const HELP_OPTION: Record<string, OptionSpec> = { help: { type: 'boolean', help: 'this text' } }

/** Runs a command; gives the exit code: 0 done, 1 failed, 2 wrong usage or configuration. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    await terminal.out(overview())
    return 0
  }
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) {
    terminal.say(`wharfage has no command "${name}"; it has ${COMMANDS.map((one) => one.name).join(', ')}`)
    return 2
  }
  try {
    const { values, positionals } = parse(command, rest)
    if (values.help === true) {
      await terminal.out(helpOf(command))
      return 0
    }
    return await command.run(values, positionals, terminal)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const wrong = [UsageError, ConfigError, DeclaredError].some((kind) => error instanceof kind)
    terminal.say(error instanceof UsageError ? `${name}: ${error.message}\n${usageOf(command)}` : error.message)
    return wrong ? 2 : 1
  }
}

function parse(command: Command, args: string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...HELP_OPTION }).map(([name, { type }]) => [name, { type }]),
  )
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0])
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  return [
    'wharfage: a permanent, provable ledger of what leaves an Istio service mesh',
    '',
    'usage: wharfage COMMAND [OPTIONS]',
    '',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Begin with "wharfage demo" for a simulated mesh; or copy wharfage.example.yaml to wharfage.yaml, name your',
    'Prometheus in it, and run "wharfage check", "wharfage scrape --every 15s" and, a minute later, "wharfage publish".',
    '"wharfage COMMAND --help" tells more. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.',
    '',
  ].join('\n')
}

function helpOf({ name, summary, usage, help, options }: Command): string {
  const entries = Object.entries({ ...options, ...HELP_OPTION })
  const words = entries.map(([option, { value }]) => `--${option}${value === undefined ? '' : ` ${value}`}`)
  const width = Math.max(...words.map((word) => word.length))
  const lines = entries.map(([, { help: text }], index) => `  ${words[index].padEnd(width)}  ${text}`)
  return [`wharfage ${name}: ${summary}`, '', usageOf({ name, usage }), '', help, '', ...lines, ''].join('\n')
}

const USAGE_WIDTH = 120

/** How a command is called, in lines of a terminal; what stands in brackets is not torn. */
function usageOf({ name, usage }: Pick<Command, 'name' | 'usage'>): string {
  const lines = [`usage: wharfage ${name}`]
  for (const part of usage.match(/\[[^\]]*\]|\S+/g) ?? []) {
    const last = lines.length - 1
    if (lines[last].length + part.length < USAGE_WIDTH) lines[last] += ` ${part}`
    else lines.push(`         ${part}`)
  }
  return lines.join('\n')
}

/** This process as a terminal: npm moves to the package's root, and says where the person was. */
function processTerminal(): Terminal {
  let stopping: AbortController | null = null
  let progressing = false
  const clear = () => {
    if (progressing) process.stderr.write('\r\x1b[K')
    progressing = false
  }
  return {
    // Only what asks for it ends by itself; anything else, and whoever is asked twice, is ended by the signal.
    get stop() {
      if (stopping === null) {
        stopping = new AbortController()
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping?.abort())
      }
      return stopping.signal
    },
    cwd: ['wharfage', 'start'].includes(process.env.npm_lifecycle_event ?? '')
      ? (process.env.INIT_CWD ?? process.cwd())
      : process.cwd(),
    out: (bytes) => {
      clear()
      return new Promise((resolve, reject) =>
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())),
      )
    },
    say: (line) => {
      clear()
      process.stderr.write(`${line}\n`)
    },
    progress: (line) => {
      if (!process.stderr.isTTY) return
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`)
      progressing = true
    },
  }
}

if (import.meta.main) {
  // Whoever reads our output may stop reading: `wharfage export … | head` is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    process.stderr.write(`standard output cannot be written: ${error.message}\n`)
    process.exit(1)
  })
  process.exitCode = await main(process.argv.slice(2), processTerminal())
}
