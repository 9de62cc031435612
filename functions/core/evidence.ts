/** Evidence: how far the name of a destination can be believed, by labels alone. */
import { isIP } from 'node:net'
import type { EdgeEnds } from '#core/edge.ts'
import { OTHER } from '#core/flow.ts'
import { INVALID_HOST } from '#core/host.ts'

export type EvidenceGrade = 'A' | 'B' | 'C' | 'D' | 'E'

export interface Evidence {
  grade: EvidenceGrade
  sentence: string // why, for a reader who does not know Istio
}

/** What of an edge tells how its destination got its name. */
export type NamedEnds = Pick<EdgeEnds, 'destinationClass' | 'host' | 'service' | 'serviceNamespace' | 'protocol'>

const UNSEEN: Evidence = { grade: 'E', sentence: 'Nothing was seen of it, so nothing vouches for its name.' }

const ALSO = 'Some of its traffic has better evidence; the grade is that of the weakest.'

/** The evidence for the name that these edges have in common: no better than that of the weakest of them. */
export function evidenceOf(edges: readonly NamedEnds[]): Evidence {
  return weakestOf(edges.map(evidenceOfEdge))
}

/** The weakest of several kinds of evidence for one name, and that there is better, if there is. */
export function weakestOf(all: readonly Evidence[]): Evidence {
  const weakest = all.reduce((weak, next) => (next.grade > weak.grade ? next : weak), all[0] ?? UNSEEN)
  return all.some(({ grade }) => grade < weakest.grade)
    ? { ...weakest, sentence: `${weakest.sentence} ${ALSO}` }
    : weakest
}

function evidenceOfEdge({ destinationClass, host, service, serviceNamespace, protocol }: NamedEnds): Evidence {
  if (host === '') {
    return {
      grade: 'E',
      sentence:
        'The proxy saw encrypted or plain TCP to a place that nothing declares, and could not know its name: this is ' +
        'all such traffic together, whatever its destinations were.',
    }
  }
  if (host === OTHER) {
    return {
      grade: 'E',
      sentence:
        'This stands for many destinations, counted as one since there were more than the ledger may tell apart.',
    }
  }
  if (host.startsWith(INVALID_HOST)) {
    return {
      grade: 'E',
      sentence:
        'What the client claimed as its destination is no name any host can have, so a placeholder stands here.',
    }
  }
  if (isIP(host) !== 0) {
    return { grade: 'D', sentence: 'This is an address and no name: whose it was then, the mesh does not know.' }
  }
  if (destinationClass !== 'registered') {
    return {
      grade: 'C',
      sentence:
        'The name is what the client wrote into its Host header; nothing checked it, and anything can be written there.',
    }
  }
  if (host.startsWith('*.')) {
    return {
      grade: 'C',
      sentence: 'A ServiceEntry declares every name of this pattern; which of them was called is not recorded.',
    }
  }
  if (protocol === 'tcp') {
    return {
      grade: 'B',
      sentence:
        'A ServiceEntry declares this host, and the proxy matched the connection to it by the name in its TLS ' +
        'handshake or by address and port; an entry for plain TCP without addresses takes all traffic on its port.',
    }
  }
  if (serviceNamespace === '' && service === host) {
    return {
      grade: 'C',
      sentence:
        'The labels name no ServiceEntry’s namespace, as with a wildcard entry that is resolved by the Host header: ' +
        'the name may be no more than what the client wrote there.',
    }
  }
  return {
    grade: 'A',
    sentence: 'A ServiceEntry declares this host, and the proxy itself chose where to connect by that declaration.',
  }
}
