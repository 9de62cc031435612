/** Failures: what goes wrong with a request, in a sentence that says what it was and what to do. */

/** A request that failed, and whether what was refused are our credentials or a certificate, ours or the server's. */
export class GetError extends Error {
  readonly refused: Refused | null

  constructor(message: string, refused: Refused | null = null) {
    super(message)
    this.refused = refused
  }
}

export type Refused = 'credentials' | 'certificate'

const MESSAGE_CHARACTERS = 200
const PROXIES = "look at that server's log, and at proxies on the way"

/** An answer whose status is not 200, with the server's own message ('' for none) and the reference of our credentials. */
export function statusFailure(status: number, message: string, authSource: string | undefined): GetError {
  const said = message === '' ? '' : `: "${message.slice(0, MESSAGE_CHARACTERS)}"`
  const refused = status === 401 ? 'credentials' : null
  return new GetError(`answered ${status}${said}; ${advice(status, authSource)}`, refused)
}

function advice(status: number, authSource: string | undefined): string {
  if (status === 400) return 'check the url, its scheme and port included'
  if (status === 401 && authSource !== undefined)
    return `it refuses the credentials from ${authSource}; put valid ones there`
  if (status === 401) return "it wants credentials; give them as the target's auth"
  if (status === 403 && authSource !== undefined) return `let whoever has the credentials from ${authSource} read it`
  if (status === 403) return "check the target's url, and whether it wants auth"
  if (status === 414 || status === 431) return 'let that server, or the proxy before it, take longer urls'
  if (status === 429) return "ask less often, by the target's interval"
  if (status >= 500) return "look at that server's log"
  return "check the target's url"
}

export const bodyFailure = {
  cutOff: (wireBytes: number) => `body was cut off after ${wireBytes} bytes; ${PROXIES}`,
  unframed: () =>
    'body has neither a length nor chunks nor gzip, so nothing tells whether it is whole; let proxies keep to HTTP/1.1',
  overWire: (bytes: number) => `body is over ${bytes} bytes on the wire; ask for less or raise the limit`,
  overInflated: (bytes: number) => `body is over ${bytes} bytes once inflated; ask for less or raise the limit`,
  gzipCutOff: (wireBytes: number) => `gzip is cut off after ${wireBytes} bytes; ${PROXIES}`,
  gzipDamaged: (reason: string) => `gzip is damaged (${reason}); ${PROXIES}`,
  gzipFollowed: () => `something follows the end of the gzip; ${PROXIES}`,
  encoding: (encoding: string) =>
    `content-encoding is "${encoding.slice(0, MESSAGE_CHARACTERS)}", though only gzip was asked for; ${PROXIES}`,
}

export const answerFailure = {
  redirect: (status: number, host: string) =>
    `answered ${status}, a redirect to ${host.slice(0, MESSAGE_CHARACTERS)}, which is not followed; give the final url`,
  interim: (count: number) => `over ${count} interim answers came and not the answer; ${PROXIES}`,
  upgrade: () => "answered 101, a switch to another protocol; check the target's url",
  closed: () =>
    "the connection was closed before an answer came; check the url's scheme and port, auth.tls, and that server's log",
  late: (seconds: number) =>
    `no complete answer within ${seconds} s; see how busy that server is, and proxies on the way`,
  unconnected: (seconds: number) =>
    `no connection within ${seconds} s; check the url's host and port, and firewalls on the way`,
}

/** What Node's sockets, TLS and HTTP parser report. Our own errors have no code and are a sentence already. */
export function connectionFailure(error: NodeJS.ErrnoException): GetError {
  if (error instanceof GetError) return error
  const code = openSslCode(error) ?? codeOf(error)
  if (code === '') return new GetError(error.message)
  const certificate = certificateFailure(code)
  return certificate === null ? new GetError(socketFailure(code)) : new GetError(certificate, 'certificate')
}

/** Node names some of OpenSSL's errors and wraps the others as EPROTO; the name is made of its reason either way. */
function openSslCode({ code, message }: NodeJS.ErrnoException): string | null {
  const reason = code === 'EPROTO' ? /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] : undefined
  return reason === undefined ? null : `ERR_SSL_${reason.toUpperCase().replace(/\W+/g, '_')}`
}

function certificateFailure(code: string): string | null {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return "the server's certificate is for another name; check the target's url"
  if (code === 'CERT_HAS_EXPIRED') return "the server's certificate has expired; renew it there"
  if (code.includes('_ALERT_'))
    return `the server ended the handshake (${code}); check auth.tls.cert and auth.tls.key, and which TLS it speaks`
  if (!code.startsWith('ERR_') && /CERT|SIGNATURE|ISSUER/.test(code))
    return `the server's certificate is not trusted (${code}); give its CA as auth.tls.ca`
  return null
}

function socketFailure(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused; check that Prometheus listens there'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host's name was not found (${code}); check the target's url`
    case 'ECONNRESET':
    case 'EPIPE':
      return answerFailure.closed()
    case 'HPE_HEADER_OVERFLOW':
      return "the answer has more than 16 kB of headers; check the target's url"
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'EPROTO':
      return `the server does not speak TLS there (${code}); check the url's scheme and port`
  }
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${code}); check the url's scheme and port`
  if (code.startsWith('ERR_OSSL_'))
    return `auth.tls is no certificate and its key in PEM (${code}); check what it refers to`
  return `the connection failed (${code}); check the target's url, and firewalls on the way`
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
