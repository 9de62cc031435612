/** Evidence for a destination's name, as far as Istio's configuration says more than labels do. */
import type { EdgeEnds } from '#core/edge.ts'
import type { Evidence } from '#core/evidence.ts'
import type { Client } from '#core/istio/client.ts'
import { cited } from '#core/istio/precedence.ts'
import type { Exit } from '#core/istio/route.ts'
import { type Declared, isOfPattern } from '#core/istio/service-entry.ts'

/** The evidence of a registered edge: that of the weakest exit it may have taken; null when none is known. */
export function evidenceOfExits(
  edge: EdgeEnds,
  client: Client,
  declared: Declared,
  exits: readonly Exit[],
): Evidence | null {
  const all = exits.map((exit) => evidenceOfExit(edge, client, declared, exit))
  if (all.length === 0) return null
  const weakest = all.reduce((weak, next) => (next.grade > weak.grade ? next : weak))
  if (!declared.isAmbiguous) return weakest
  const names = declared.entries.map((entry) => cited('ServiceEntry', entry)).join(' and ')
  return {
    ...weakest,
    sentence: `${weakest.sentence} ${names} declare this host; which of them Istio takes is not known.`,
  }
}

function evidenceOfExit(edge: EdgeEnds, client: Client, declared: Declared, exit: Exit): Evidence {
  const { entry, port, taken } = exit
  const name = cited('ServiceEntry', entry)
  if (isOfPattern(declared)) return evidenceOfPattern(edge.host, declared.host, exit)
  // A listener on an address of its own takes what comes to it; on any other it goes by the name in the handshake.
  const bySni = taken === 'tls' && client.kind !== 'ztunnel' && entry.addresses.every((one) => one.includes('/'))
  const isKept = entry.resolution === 'NONE' // it went to the address that the client wanted
  if (edge.protocol === 'tcp' && client.kind === 'sidecar' && !bySni && entry.addresses.length === 0) {
    const bare = `${name} declares port ${port.number} as plain TCP without addresses`
    return isKept
      ? { grade: 'E', sentence: `${bare}: all traffic on that port carries this name, wherever it went.` }
      : {
          grade: 'C',
          sentence: `${bare}: all traffic on that port was sent there, whatever the client meant to reach.`,
        }
  }
  if (!isKept) {
    const sentence = `${name} declares this host, and the proxy itself chose where to connect (${entry.resolution}).`
    return { grade: 'A', sentence }
  }
  const chosen = `with resolution NONE on port ${port.number} the client chose the address`
  if (bySni)
    return { grade: 'B', sentence: `The name is that of the TLS handshake, which ${name} declares; ${chosen}.` }
  if (edge.protocol === 'tcp')
    return { grade: 'B', sentence: `The address is one of those that ${name} declares for it; ${chosen}.` }
  return {
    grade: 'C',
    sentence: `The name is that of the Host header, which ${name} declares; ${chosen}, perhaps another’s.`,
  }
}

function evidenceOfPattern(host: string, pattern: string, { entry }: Exit): Evidence {
  const name = cited('ServiceEntry', entry)
  if (host === pattern) {
    const sentence = `${name} declares every name of this pattern, at any depth; which one was called is not recorded.`
    return { grade: 'C', sentence }
  }
  const claimed = `${name} declares every name of ${pattern}; this one is what the client wrote`
  return entry.resolution === 'NONE'
    ? { grade: 'C', sentence: `${claimed}, and it chose the address too.` }
    : { grade: 'B', sentence: `${claimed}, and the proxy itself asked DNS for it.` }
}
