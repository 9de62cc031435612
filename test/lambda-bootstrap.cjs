// What Lambda's own runtime for Node does, in short: requires the handler, asks for an event, and tells what came of it.
const dns = require('node:dns')
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { request } = require('node:http')

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path: `/2018-06-01/runtime${path}` }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

function errorOf(error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return JSON.stringify({ errorType: name, errorMessage: message, stackTrace: String(stack).split('\n') })
}

// In kB. The kernel's own count begins with exec; that of getrusage begins with the parent's.
function peakMemory() {
  const status = '/proc/self/status'
  if (!existsSync(status)) return Math.round(process.memoryUsage.rss() / 1024)
  return /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))[1]
}

// Names of a private zone, which no resolver outside of it knows.
const { PRIVATE_ZONE = '{}' } = process.env
const zone = new Map(Object.entries(JSON.parse(PRIVATE_ZONE)))
const { lookup } = dns
dns.lookup = (name, options, callback) => {
  const address = zone.get(name)
  if (address === undefined) return lookup(name, options, callback)
  const found = { address, family: 4 }
  return options.all ? callback(null, [found]) : callback(null, address, 4)
}

function load() {
  const [file, name] = process.env._HANDLER.split('.')
  const handler = require(join(process.env.LAMBDA_TASK_ROOT, `${file}.cjs`))[name]
  if (typeof handler !== 'function') throw new Error(`${process.env._HANDLER} is no function`)
  return handler
}

async function run() {
  let handler
  try {
    handler = load()
  } catch (error) {
    await call('POST', '/init/error', errorOf(error))
    process.exit(1)
  }
  for (;;) {
    const { headers, body } = await call('GET', '/invocation/next')
    const id = headers['lambda-runtime-aws-request-id']
    const deadline = Number(headers['lambda-runtime-deadline-ms'])
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      awsRequestId: id,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    }
    let outcome
    try {
      outcome = ['response', JSON.stringify((await handler(JSON.parse(body), context)) ?? null)]
    } catch (error) {
      outcome = ['error', errorOf(error)]
    }
    // The last line of this invocation: whoever reads the log has all of it then.
    const report = `REPORT RequestId: ${id} Max Memory Used: ${peakMemory()} kB\n`
    await new Promise((resolve) => process.stdout.write(report, resolve))
    await call('POST', `/invocation/${id}/${outcome[0]}`, outcome[1])
  }
}

// A runtime that is told to go, or whose test is gone, has nobody to tell.
run().catch(() => process.exit(1))
