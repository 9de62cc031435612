/** Saving words: what each rule asks, what was seen of a saving, and what to do about it, in sentences. */
import { CHATTY_REQUESTS_PER_DAY, DOWNLOAD_BYTES_PER_DAY, SMALL_REQUEST_BYTES } from '#core/costs/assumed-savings.ts'
import type { Saving, SavingRule } from '#core/costs/saving.ts'
import { grouped, short } from '#core/figures.ts'
import { counted, hostNamed, named, workloadNamed } from '#core/findings/words.ts'

export const RULE_SENTENCES: Readonly<Record<SavingRule, string>> = {
  'gateway-endpoint':
    'A service of the mesh’s own region is reached through NAT or over the internet, and a gateway endpoint would carry it for less.',
  'interface-endpoint':
    'A service of the mesh’s own region is reached through NAT or over the internet, and an interface endpoint would carry it for less, its hours in every zone included.',
  'regional-twin':
    'A service is called in another region, and its provider has it in the mesh’s own region, too; only the transfer is weighed.',
  'nat-downloads': `More comes back through NAT from one host than goes out to it, ${short(DOWNLOAD_BYTES_PER_DAY, 'bytes')} a day or more.`,
  chatter: `A workload sends one host ${grouped(CHATTY_REQUESTS_PER_DAY)} requests a day or more, of ${grouped(SMALL_REQUEST_BYTES)} bytes or fewer on average.`,
}

type Told = Pick<
  Saving,
  'rule' | 'certainty' | 'target' | 'service' | 'region' | 'hosts' | 'twin' | 'callers' | 'evidence'
>

/** What was seen. Bytes of incomplete days are lower bounds, and have their sign. */
export function savingSentence(told: Told, isWhole: boolean): string {
  const { rule, certainty, target, region, twin, evidence } = told
  const host = hostNamed(told.hosts[0])
  const atLeast = isWhole ? '' : '≥\u00a0'
  const out = atLeast + short(evidence.egressBytes, 'bytes')
  const back = atLeast + short(evidence.ingressBytes, 'bytes')
  const when = evidence.first === evidence.last ? `on ${evidence.first}` : `from ${evidence.first} to ${evidence.last}`
  switch (rule) {
    case 'gateway-endpoint':
    case 'interface-endpoint':
      return `${target} sent ${out} to ${named(told.service)} in ${named(region)}, its own region, and got ${back} back, past any endpoint, ${when}.`
    case 'regional-twin': {
      const known =
        certainty === 'strong'
          ? `it calls ${named(twin)} of its own region already`
          : `by the provider’s naming ${named(twin)} is in its own`
      return `${target} sent ${out} to ${host} in ${named(region)} ${when}; ${known}.`
    }
    case 'nat-downloads':
      return `${target} got ${back} back from ${host} through NAT ${when}, and sent ${out}.`
    case 'chatter': {
      const mean = Math.round(evidence.egressBytes / evidence.requests)
      const requests = counted(evidence.requests, 'request', isWhole)
      return `${workloadNamed(told.callers[0])} sent ${host} ${requests} of ${grouped(mean)} bytes on average, ${when}.`
    }
  }
}

/** What to do about it. */
export function savingRemedy({ rule, target, service, hosts, twin }: Told): string {
  const type = rule === 'gateway-endpoint' ? 'gateway' : 'interface'
  switch (rule) {
    case 'gateway-endpoint':
    case 'interface-endpoint':
      return `Create ${type === 'gateway' ? 'a gateway' : 'an interface'} endpoint for ${named(service)} in the network of ${target}, and name it among the target’s endpoints, so that its prices hold from then on.`
    case 'regional-twin':
      return `Call ${named(twin)}; keep what is asked for there, or have it copied there once.`
    case 'nat-downloads':
      if (hosts[0] === '')
        return 'Declare these hosts with ServiceEntries, so that their names tell what could be kept nearer.'
      if (service !== '') return 'Reach it through an endpoint, or keep a copy in the mesh’s own region.'
      return 'Keep what is asked for again and again in a mirror or cache inside the network, or ask its owner for a private endpoint.'
    case 'chatter':
      return 'Compress what is sent, or send several requests as one.'
  }
}
