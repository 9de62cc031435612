/** Rules of transport: what left without being declared, or without encryption. */
import { type EdgeRule, ofNamespace, ofPair } from '#core/findings/edge-rule.ts'
import { parseSource, sourceMatches } from '#core/register/source.ts'

/** What left undeclared from where only what is declared should. */
export const passthrough: EdgeRule = {
  name: 'passthrough',
  looksAtBlocked: false,
  subjectOf: ofPair,
  judge: ({ inForce: { rules } }) => {
    const patterns = rules.registryOnly.map(parseSource).filter((pattern) => pattern !== null)
    return (edge) => {
      if (edge.destinationClass !== 'passthrough') return null
      if (edge.traffic.outboundMode === 'REGISTRY_ONLY') {
        return ' as passthrough, although Istio’s configuration says REGISTRY_ONLY there'
      }
      const isExpected = patterns.some((pattern) => sourceMatches(pattern, edge))
      return isExpected ? ' as passthrough, where the rules of findings expect REGISTRY_ONLY' : null
    }
  },
}

/** What left without encryption, as far as that is certain, and nobody meant to encrypt it. */
export const plaintext: EdgeRule = {
  name: 'plaintext',
  looksAtBlocked: false,
  subjectOf: ofNamespace,
  judge: () => {
    return ({ traffic: { tls } }) => (tls.verdict === 'plaintext' && !tls.silent ? ' in plaintext' : null)
  },
}

/** What left without encryption although somebody declared TLS, which does not take hold. */
export const silentPlaintext: EdgeRule = {
  name: 'silent-plaintext',
  looksAtBlocked: false,
  subjectOf: ofNamespace,
  judge: () => {
    return ({ traffic: { tls } }) => {
      if (tls.verdict !== 'plaintext' || !tls.silent) return null
      return ` in plaintext, although TLS is declared. ${asEnd(tls.reason)}`
    }
  },
}

/** A sentence as the end of another. */
export function asEnd(sentence: string): string {
  return sentence.replace(/\.$/, '')
}
