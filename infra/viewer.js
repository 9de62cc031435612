/**
 * The viewer lock: who may read the pages, and which file is meant. CloudFront runs it at every request, before its cache
 * (runtime cloudfront-js-2.0: ECMAScript 5.1 with const, let and arrow functions; at most 10 kB).
 *
 * With a password and addresses both are needed; with one of the two, that one; with neither nobody passes. The password
 * is asked for by HTTP Basic, with any user name. Of a password only its SHA-256 is here, and whoever can read that can
 * try candidates; so packaging takes none of fewer than 16 characters.
 *
 * No template strings: the packager would take their placeholders for its own.
 */
const crypto = require('crypto')

// Packaging writes the real one here. As it stands, nobody passes.
const LOCK = { salt: '', passwordSha256: '', ranges: [], headers: {} }

const MAX_AUTHORIZATION = 1024 // characters

function handler(event) {
  const refused = refusal(event.viewer.ip, event.request.headers)
  return refused === null ? route(event.request) : refused
}

/** The answer to somebody who may not read the pages, or null for who may. */
function refusal(ip, headers) {
  const byPassword = LOCK.passwordSha256 !== ''
  const byAddress = LOCK.ranges.length > 0
  if (!byPassword && !byAddress) {
    return answer(403, 'Forbidden', 'these pages are closed; give aws.viewers a password or addresses and deploy again')
  }
  if (byAddress && !isInRanges(ip)) {
    return answer(403, 'Forbidden', 'these pages are not open to your address; ask for it to be added to aws.viewers')
  }
  if (byPassword && !knowsPassword(headers.authorization)) {
    return answer(401, 'Unauthorized', 'these pages need their password, with any user name', {
      'www-authenticate': { value: 'Basic realm="Wharfage", charset="UTF-8"' },
    })
  }
  return null
}

/** Compares hashes, whose bytes nobody can choose: how long that takes tells nothing. */
function knowsPassword(authorization) {
  // Of two headers nobody knows which one counts.
  if (authorization === undefined || authorization.multiValue !== undefined) return false
  if (authorization.value.length > MAX_AUTHORIZATION) return false
  const credentials = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization.value)
  if (credentials === null) return false
  const bytes = Buffer.from(credentials[1], 'base64')
  const colon = bytes.indexOf(58)
  if (colon < 0) return false
  const hash = crypto.createHash('sha256').update(LOCK.salt)
  return hash.update(bytes.subarray(colon + 1)).digest('hex') === LOCK.passwordSha256
}

function isInRanges(ip) {
  const words = wordsOf(ip)
  return words !== null && LOCK.ranges.some((range) => isInRange(words, range))
}

function isInRange(words, range) {
  if (words.length !== range.words.length) return false
  return words.every((word, i) => {
    const bits = Math.min(16, Math.max(0, range.bits - 16 * i))
    const mask = 0xffff << (16 - bits)
    return (word & mask) === (range.words[i] & mask)
  })
}

/** An address as 16-bit words, two of IPv4 and eight of IPv6; null for what is none. */
function wordsOf(address) {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const bytes = address.split('.').map(Number)
    return bytes.every((byte) => byte < 256) ? [bytes[0] * 256 + bytes[1], bytes[2] * 256 + bytes[3]] : null
  }
  const halves = address.split('::')
  const head = groupsOf(halves[0])
  const tail = halves.length === 2 ? groupsOf(halves[1]) : []
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null
  const groups = head.concat(new Array(missing).fill('0'), tail)
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? groups.map((group) => parseInt(group, 16)) : null
}

function groupsOf(half) {
  return half === '' ? [] : half.split(':')
}

/** The request for the file that is meant, or the answer that sends elsewhere: a page ends with a slash. */
function route(request) {
  const segments = segmentsOf(request.uri)
  if (segments === null) return answer(404, 'Not Found', 'there is no such page')
  const path = '/'.concat(segments.join('/'))
  if (request.uri.endsWith('/')) {
    request.uri = path === '/' ? '/index.html' : path.concat('/index.html')
    return request
  }
  // Every published file has a dot in its name, and no folder has one.
  if (segments[segments.length - 1].includes('.')) {
    request.uri = path
    return request
  }
  return answer(308, 'Permanent Redirect', 'this page ends with a slash', {
    location: { value: path.concat('/', queryOf(request.querystring)) },
  })
}

/**
 * The decoded parts of a path, or null for one that no published file has. Only plain names pass, so that a location made
 * of them leads to no other host (`//name`, a backslash) and needs no encoding.
 */
function segmentsOf(uri) {
  if (!uri.startsWith('/')) return null
  try {
    const segments = uri.split('/').filter((segment) => segment !== '')
    const names = segments.map((segment) => decodeURIComponent(segment))
    return names.every((name) => /^[A-Za-z0-9_=@~+-][A-Za-z0-9_=@~+.-]*$/.test(name)) ? names : null
  } catch (_) {
    return null // a broken percent sign
  }
}

function queryOf(querystring) {
  const pairs = []
  Object.keys(querystring).forEach((name) => {
    const values = querystring[name].multiValue === undefined ? [querystring[name]] : querystring[name].multiValue
    values.forEach((each) => {
      pairs.push(each.value === '' ? name : [name, each.value].join('='))
    })
  })
  const query = pairs.join('&')
  return /^[!-~]+$/.test(query) ? '?'.concat(query) : ''
}

function answer(statusCode, statusDescription, sentence, headers) {
  const common = { 'content-type': { value: 'text/plain; charset=utf-8' }, 'cache-control': { value: 'no-store' } }
  return {
    statusCode: statusCode,
    statusDescription: statusDescription,
    headers: Object.assign({}, LOCK.headers, common, headers),
    body: { encoding: 'text', data: sentence.concat('\n') },
  }
}
