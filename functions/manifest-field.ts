/** Fields of manifests: the kinds of values that recur in Istio's resources. */
import { isIP } from 'node:net'
import * as z from 'zod'

const HOST = /^(\*|(\*?[-.]?)?[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*\.?)$/i
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const MAX_PORT = 65_535
const MAX_UINT32 = 4_294_967_295

export const text = z.string()
export const flag = z.boolean()
export const whole = z.int()
export const count = z.int().min(0, 'must be at least 0').max(MAX_UINT32, `must be at most ${MAX_UINT32}`)
export const texts = z.array(text)
export const labels = z.record(text, text)
export const port = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(MAX_PORT, `must be at most ${MAX_PORT}`)
export const targetPort = z
  .int('must be a whole number')
  .min(0, 'must be at least 0')
  .max(MAX_PORT, `must be at most ${MAX_PORT}`)
export const host = text.regex(HOST, 'must be a host name, or * and the ending of one').describe('a host name')
export const address = text
  .refine(isAddress, 'must be an IP address or a CIDR such as 10.0.0.0/8')
  .describe('an IP address or a CIDR')
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` }).describe(`one of ${values.join(', ')}`)
export const exportTo = z.array(
  text.refine(
    (value) => ['.', '*', '~'].includes(value) || NAMESPACE.test(value),
    "must be a namespace, '.' for its own, '*' for all or '~' for none",
  ),
)

function isAddress(value: string): boolean {
  const [ip, bits, ...more] = value.split('/')
  const family = isIP(ip)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

const portSelector = z.strictObject({ number: port }).partial()
export const destination = z
  .strictObject({ host, port: portSelector.optional(), subset: text.optional() })
  .describe('where it goes, as {host: api.example.com}')
