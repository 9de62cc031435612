/** Frameworks: which of their requirements the ledger has evidence for, what each asks in our words, and what it cannot show. */
import type { FrameworkName } from '#core/audit/audit.ts'
import type { StatementName } from '#core/audit/statements.ts'

export interface Framework {
  name: FrameworkName
  title: string
  scope: string // what of the framework this report is about, and what it is not
  controls: Control[]
}

export interface Control {
  number: string // as the framework numbers it
  topic: string
  asks: string // in our own words; the framework's text is what binds
  shows: StatementName[] // the evidence that belongs to it
  cannot: string
}

const NO_PROXY =
  'Traffic that passes no proxy: pods on the host’s network, ports and addresses excluded from redirection, UDP and QUIC, pods outside the mesh.'

const PCI: Framework = {
  name: 'pci',
  title: 'PCI DSS 4.0.1',
  scope:
    'Requirements on outbound traffic and on its records. Which namespaces belong to the cardholder data environment is for ' +
    'the assessed organisation to say; entries of the register bear it as a tag.',
  controls: [
    {
      number: '1.2.5',
      topic: 'Allowed services, protocols and ports are known, approved and needed',
      asks: 'That everything which network security controls let through is identified, approved by somebody, and has a business need.',
      shows: ['approvals', 'register'],
      cannot: `Whether a business need that is written down is true, and the port of a flow where no label tells it. ${NO_PROXY}`,
    },
    {
      number: '1.2.6',
      topic: 'Insecure services and protocols are mitigated',
      asks: 'That for services, protocols and ports considered insecure, security features are defined and in use.',
      shows: ['encryption'],
      cannot:
        'Versions and ciphers of TLS, and whether certificates are checked: the mesh counts flows and does not look into them.',
    },
    {
      number: '1.2.7',
      topic: 'Configurations are reviewed every six months',
      asks: 'That configurations of network security controls are reviewed at least once every six months.',
      shows: ['reviews', 'changes'],
      cannot: 'How thorough a review was: the register says who reviewed an entry and when, by that person’s word.',
    },
    {
      number: '1.3.2',
      topic: 'Outbound traffic from the cardholder data environment is restricted',
      asks: 'That only necessary traffic leaves the cardholder data environment, and everything else is denied.',
      shows: ['enforcement', 'approvals', 'tagged'],
      cannot:
        'That nothing can leave by another way: REGISTRY_ONLY is no security boundary by Istio’s own word, and in ambient mode ' +
        `ztunnel does not enforce it. Firewalls and network policies must be shown beside this. ${NO_PROXY}`,
    },
    {
      number: '4.2.1',
      topic: 'Cardholder data is encrypted over open networks',
      asks: 'That strong cryptography protects account data when it crosses open, public networks.',
      shows: ['encryption'],
      cannot:
        'Which flows carry account data, and how strong an encryption is. A flow that the application encrypts itself is known by its protocol alone.',
    },
    {
      number: '10.3.4',
      topic: 'Records cannot be changed unseen',
      asks: 'That audit logs are watched so that existing data cannot be changed without an alert.',
      shows: ['integrity'],
      cannot:
        'What happened before a record was first sealed, and what a proxy or Prometheus left out before the ledger read it.',
    },
    {
      number: '10.5.1',
      topic: 'Twelve months are kept, three at hand',
      asks: 'That the history is kept for at least twelve months, of which the last three are available at once.',
      shows: ['retention', 'coverage'],
      cannot: 'Logs of anything but outbound traffic, and whether a bucket’s own settings keep objects from its owner.',
    },
    {
      number: '11.5.1',
      topic: 'Unusual traffic is found',
      asks: 'That intrusions into the network are detected or prevented, and somebody is alerted.',
      shows: ['findings'],
      cannot:
        'Content: exfiltration over an approved destination within its usual volume looks like ordinary use. This is no intrusion-detection system.',
    },
  ],
}

const SOC2: Framework = {
  name: 'soc2',
  title: 'SOC 2, Trust Services Criteria 2017 (points of focus of 2022)',
  scope:
    'Common criteria on boundaries, transmission, monitoring and change, for outbound traffic of the mesh. A report covers a ' +
    'period; days may be sampled by lot with "wharfage audit sample".',
  controls: [
    {
      number: 'CC6.1',
      topic: 'Access to what is protected is restricted',
      asks: 'That logical access measures protect information assets, network segments among them.',
      shows: ['enforcement', 'approvals'],
      cannot: `Access inside the mesh, and to anything by people. ${NO_PROXY}`,
    },
    {
      number: 'CC6.6',
      topic: 'The boundary is protected',
      asks: 'That measures protect against threats from outside the system’s boundaries.',
      shows: ['enforcement', 'findings'],
      cannot:
        'Inbound traffic: this is a ledger of what leaves. Firewalls and network policies must be shown beside it.',
    },
    {
      number: 'CC6.7',
      topic: 'Transmission is restricted and protected',
      asks: 'That information is sent only to authorised parties, and protected on the way.',
      shows: ['approvals', 'register', 'encryption'],
      cannot: 'What a flow carried, and how strong its encryption is.',
    },
    {
      number: 'CC7.2',
      topic: 'Anomalies are watched for',
      asks: 'That the system is monitored for anomalies that point to malicious acts or errors.',
      shows: ['findings', 'coverage'],
      cannot:
        'Anomalies in hours that nobody observed, and those within the thresholds of the rules that were in force.',
    },
    {
      number: 'CC7.3',
      topic: 'Events are evaluated',
      asks: 'That security events are assessed, and acted on where they must be.',
      shows: ['findings', 'exceptions'],
      cannot: 'What was done about a finding outside of the register, the rules and Istio’s configuration.',
    },
    {
      number: 'CC8.1',
      topic: 'Changes are authorised',
      asks: 'That changes to the system are authorised, recorded and approved.',
      shows: ['changes', 'register'],
      cannot: 'Who changed a declaration: Git says that, and its history must be shown beside this.',
    },
    {
      number: 'CC9.2',
      topic: 'Vendors are managed',
      asks: 'That risks of vendors and business partners are assessed and managed.',
      shows: ['register', 'places'],
      cannot: 'Contracts and assessments of those vendors: the register names them, and no more.',
    },
  ],
}

const GDPR: Framework = {
  name: 'gdpr',
  title: 'GDPR, Regulation (EU) 2016/679',
  scope:
    'Traffic to destinations that are declared to be in a country. The ledger counts bytes and knows no content: it cannot say ' +
    'whether any of it was personal data, nor where a destination really is.',
  controls: [
    {
      number: 'Art. 5 (2)',
      topic: 'Accountability',
      asks: 'That who is responsible can demonstrate what was done.',
      shows: ['integrity', 'coverage'],
      cannot: 'Purposes and legal grounds of any processing.',
    },
    {
      number: 'Art. 30',
      topic: 'Records of processing',
      asks: 'That records are kept, among other things of recipients, and of transfers to third countries.',
      shows: ['register', 'places'],
      cannot: 'Categories of persons and of data beyond what somebody wrote into the register as data class.',
    },
    {
      number: 'Art. 32',
      topic: 'Security of processing',
      asks: 'That measures appropriate to the risk are taken, encryption among them, and are tested regularly.',
      shows: ['encryption', 'enforcement', 'reviews'],
      cannot: 'How strong an encryption is, and anything about data at rest.',
    },
    {
      number: 'Art. 44',
      topic: 'Transfers to third countries',
      asks: 'That data goes to a third country only under the conditions of this chapter, onward transfers included.',
      shows: ['places'],
      cannot:
        'Where a destination really is, or passes data on to: places are declarations by people. Undeclared destinations are shown as undeclared.',
    },
    {
      number: 'Art. 45 and 46',
      topic: 'Adequacy and safeguards',
      asks: 'That there is an adequacy decision for a country, or that appropriate safeguards are in place.',
      shows: ['places', 'register'],
      cannot:
        'Whether a decision or a contract is there: the register may name a ticket, which must be shown beside this.',
    },
  ],
}

export const FRAMEWORKS: Record<FrameworkName, Framework> = { pci: PCI, soc2: SOC2, gdpr: GDPR }
