/** Manifests are read strictly and whole: what is wrong is told with file, line and what was expected, all at once. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManifestError, readManifests } from '../functions/manifests.ts'

async function* text(yaml: string) {
  yield Buffer.from(yaml)
}

const read = (yaml: string) => readManifests([{ path: '-', target: null }], text(yaml))

/** What is said to be wrong with a text, line by line and without the name of the file. */
async function mistakes(yaml: string): Promise<string[]> {
  const error = await read(yaml).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ManifestError)) throw new Error(`no mistake was found, but ${error}`)
  return error.message
    .split('\n')
    .slice(1)
    .map((line) => line.replace('  (standard input):', ''))
}

const entry = (spec: string, metadata = 'name: one, namespace: egress') =>
  `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { ${metadata} }\nspec:\n  ${spec.replaceAll('\n', '\n  ')}\n`

const kind = (name: string, spec: string) =>
  `apiVersion: networking.istio.io/v1\nkind: ${name}\nmetadata: { name: one }\nspec:\n  ${spec.replaceAll('\n', '\n  ')}\n`

test.each([
  // the resource
  [
    'a misspelt field',
    entry('hosts: [a.com]\nresolutoin: DNS'),
    '6:3 spec.resolutoin: is no key of the ServiceEntry; did you mean resolution?',
  ],
  [
    'a field that only protocol buffers have',
    entry('hosts: [a.com]\nexport_to: ["."]'),
    '6:3 spec.export_to: is no key of the ServiceEntry; did you mean exportTo?',
  ],
  ['no hosts', entry('resolution: DNS'), '5:3 spec.hosts: is missing; give the hosts it declares'],
  ['an empty list of hosts', entry('hosts: []'), '5:10 spec.hosts: must have at least one host'],
  [
    'a host that is none',
    entry('hosts: ["a b.com"]'),
    '5:11 spec.hosts[0]: must be a host name, or * and the ending of one, not "a b.com"',
  ],
  [
    'a port that is a text',
    entry('hosts: [a.com]\nports: [{ number: "80", name: http }]'),
    '6:21 spec.ports[0].number: must be a number, not "80"',
  ],
  [
    'a port out of range',
    entry('hosts: [a.com]\nports: [{ number: 70000, name: http }]'),
    '6:21 spec.ports[0].number: must be at most 65535, not 70000',
  ],
  [
    'a protocol of nobody',
    entry('hosts: [a.com]\nports: [{ number: 80, name: http, protocol: HTPP }]'),
    '6:47 spec.ports[0].protocol: must be HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TLS, TCP, MONGO, MYSQL, REDIS or UDP, not "HTPP"',
  ],
  [
    'an address that is none',
    entry('hosts: [a.com]\naddresses: [10.0.0.0/40]'),
    '6:15 spec.addresses[0]: must be an IP address or a CIDR such as 10.0.0.0/8, not "10.0.0.0/40"',
  ],
  [
    'an exportTo that YAML reads as null',
    entry('hosts: [a.com]\nexportTo: [~]'),
    '6:14 spec.exportTo[0]: must be a text, not null',
  ],
  [
    'an exportTo that is no namespace',
    entry('hosts: [a.com]\nexportTo: [Team_A]'),
    "6:14 spec.exportTo[0]: must be a namespace, '.' for its own, '*' for all or '~' for none, not \"Team_A\"",
  ],
  [
    'a resolution of nobody',
    entry('hosts: [a.com]\nresolution: dns'),
    '6:15 spec.resolution: must be one of NONE, STATIC, DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS, not "dns"',
  ],
  ['a spec that is a list', entry('- hosts: [a.com]'), '5:3 spec: must be a mapping of keys to values, not a list'],
  [
    'no name',
    entry('hosts: [a.com]', 'namespace: egress'),
    '3:11 metadata.name: is missing; give the name of the ServiceEntry',
  ],
  [
    'a namespace that is a number',
    entry('hosts: [a.com]', 'name: one, namespace: 7'),
    '3:35 metadata.namespace: must be a namespace, not 7',
  ],
  [
    'a time that is none',
    entry('hosts: [a.com]', 'name: one, creationTimestamp: yesterday'),
    '3:43 metadata.creationTimestamp: must be a time such as 2026-11-20T09:00:00Z, not "yesterday"',
  ],
  [
    'a version of tomorrow',
    entry('hosts: [a.com]').replace('/v1', '/v2'),
    '1:13 apiVersion: must be networking.istio.io/ with one of v1, v1beta1, v1alpha3, not "networking.istio.io/v2"',
  ],
  [
    'no version at all',
    entry('hosts: [a.com]').replace('apiVersion: networking.istio.io/v1\n', ''),
    '1:1 is a ServiceEntry without apiVersion; write networking.istio.io/v1',
  ],
  // other kinds
  [
    'mutual TLS without a certificate',
    kind('DestinationRule', 'host: a.com\ntrafficPolicy: { tls: { mode: MUTUAL } }'),
    '6:25 spec.trafficPolicy.tls: must have clientCertificate and privateKey, or credentialName, for its mode is MUTUAL',
  ],
  [
    'a mode of TLS that is none',
    kind('DestinationRule', 'host: a.com\ntrafficPolicy: { tls: { mode: simple } }'),
    '6:33 spec.trafficPolicy.tls.mode: must be one of DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL, not "simple"',
  ],
  [
    'a rule without a host',
    kind('DestinationRule', 'trafficPolicy: {}'),
    '5:3 spec.host: is missing; give a host name',
  ],
  [
    'a route without a destination',
    kind('VirtualService', 'hosts: [a.com]\nhttp: [{ route: [{ weight: 1 }] }]'),
    '6:20 spec.http[0].route[0].destination: is missing; give where it goes, as {host: api.example.com}',
  ],
  [
    'a Sidecar host without a namespace',
    kind('Sidecar', 'egress: [{ hosts: [a.com] }]'),
    "5:22 spec.egress[0].hosts[0]: must be 'namespace/host', as './*' or '*/api.example.com', not \"a.com\"",
  ],
  [
    'a Sidecar mode that only the mesh has',
    kind('Sidecar', 'outboundTrafficPolicy: { mode: ALLOW_ANY_DYNAMIC_DNS }'),
    '5:34 spec.outboundTrafficPolicy.mode: must be one of REGISTRY_ONLY, ALLOW_ANY, not "ALLOW_ANY_DYNAMIC_DNS"',
  ],
  [
    'a server without a port',
    kind('Gateway', 'servers: [{ hosts: ["*"] }]'),
    '5:13 spec.servers[0].port: is missing; give the port it listens on',
  ],
  [
    'a mode of the mesh that is none',
    'meshConfig:\n  outboundTrafficPolicy: { mode: DENY }',
    '2:34 meshConfig.outboundTrafficPolicy.mode: must be one of REGISTRY_ONLY, ALLOW_ANY, ALLOW_ANY_DYNAMIC_DNS, not "DENY"',
  ],
  [
    'a field of the mesh that is none',
    'outboundTrafficPolicy: { mode: ALLOW_ANY }\ntrustDomian: x',
    '2:1 trustDomian: is no key of the MeshConfig; did you mean trustDomain?',
  ],
  [
    'a mistake inside a ConfigMap',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: istio }\ndata:\n  mesh: |-\n    accessLogFile: /dev/stdout\n    outboundTrafficPolicy:\n      mode: DENY\n',
    '8:1 data.mesh.outboundTrafficPolicy.mode: must be one of REGISTRY_ONLY, ALLOW_ANY, ALLOW_ANY_DYNAMIC_DNS, not "DENY"',
  ],
  // YAML
  ['no YAML', 'kind: [', '1:8 flow sequence in block collection must be sufficiently indented and end with a ]'],
  [
    'a template',
    '{{- if .Values.on }}\nkind: ServiceEntry\n{{- end }}\n',
    '; this looks like a template: render it, as with `helm template`, and name what comes out',
  ],
  ['a key twice', `kind: ServiceEntry\nkind: Sidecar\n`, '2:1 this key stands here a second time; keep one'],
  ['an alias of itself', 'a: &a [*a]', '1:8 this alias stands in what it names; write the value out'],
  [
    'aliases that multiply',
    'a: &a [x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n',
    '1:1 its aliases repeat more than is read',
  ],
  ['an alias of nothing', 'a: *b', '1:1 its aliases repeat more than is read, or name no anchor'],
  ['too many levels', `${'['.repeat(200)}${']'.repeat(200)}`, 'nests deeper than 100 levels'],
])('%s is told in one sentence', async (_, yaml, said) => {
  const all = await mistakes(yaml)
  expect(all).toHaveLength(1)
  expect(all[0]).toContain(said)
})

test('all mistakes of all files are told at once, in the order of files and lines', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wharfage-manifests-'))
  try {
    await mkdir(join(folder, 'b'))
    await writeFile(
      join(folder, 'b', 'two.yml'),
      `${entry('hosts: [a.com]\nresolution: dns')}---\n${entry('hosts: []', 'name: two')}`,
    )
    await writeFile(join(folder, 'a.yaml'), entry('host: a.com'))
    await writeFile(join(folder, 'fine.json'), '{"apiVersion":"v1","kind":"Pod"}')
    await writeFile(join(folder, 'notes.txt'), 'no manifest: [')
    const sources = [folder, join(folder, 'gone')].map((path) => ({ path, target: null }))
    const error = (await readManifests(sources).catch((thrown: unknown) => thrown)) as ManifestError
    expect(
      error.problems.map(
        ({ file, line, path }) =>
          `${file.slice(file.lastIndexOf('wharfage-')).replace(/^[^/]*\//, '')}:${line} ${path}`,
      ),
    ).toEqual([
      'gone:1 ',
      'a.yaml:5 spec.hosts',
      'a.yaml:5 spec.host',
      'b/two.yml:6 spec.resolution',
      'b/two.yml:12 spec.hosts',
    ])
    expect(error.message).toContain('Istio’s configuration has 5 mistakes:')
    expect(error.message).toContain('is not there; name a file or a folder that is')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a folder is read with all below it, in one order, without hidden files and links to folders', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wharfage-manifests-'))
  try {
    const names = ['z.yaml', 'a/b/c.yml', 'a/a.json', 'B.YAML']
    await mkdir(join(folder, 'a', 'b'), { recursive: true })
    await mkdir(join(folder, '.git'))
    for (const [i, name] of names.entries()) await writeFile(join(folder, name), entry('hosts: [a.com]', `name: n${i}`))
    await writeFile(join(folder, '.git', 'x.yaml'), entry('hosts: [a.com]', 'name: hidden'))
    await symlink(folder, join(folder, 'loop'))
    await symlink(join(folder, 'z.yaml'), join(folder, 'a', '.hidden.yaml'))
    const { configs, read, skipped } = await readManifests([{ path: folder, target: 'prod-eu' }])
    const place = folder.slice(folder.lastIndexOf('/') + 1)
    expect(
      configs['prod-eu'].serviceEntries.map(({ name, origin }) => `${name} ${origin.file.slice(place.length)}`),
    ).toEqual(['n3 /B.YAML', 'n2 /a/a.json', 'n1 /a/b/c.yml', 'n0 /z.yaml'])
    expect(read.ServiceEntry).toBe(4)
    expect(skipped).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what is of another kind is passed over and counted, whatever it holds', async () => {
  const {
    read: counts,
    skipped,
    configs,
  } = await read(
    'apiVersion: apps/v1\nkind: Deployment\nspec: { anything: [1, 2] }\n---\njust a text\n---\n# only a comment\n---\n' +
      'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nspec: { gatewayClassName: istio }\n---\n' +
      'apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec: { odd: true }\n---\n' +
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: istio-ca-root-cert }\ndata: { root-cert.pem: x }\n',
  )
  expect(skipped).toBe(5)
  expect(Object.values(counts).every((count) => count === 0)).toBe(true)
  expect(configs).toEqual({})
})

test('anchors and merge keys are read as far as they repeat little', async () => {
  const { configs } = await read(
    'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: one }\nspec:\n  hosts: [a.com]\n' +
      '  ports:\n    - &port { number: 80, name: http, protocol: HTTP }\n    - { <<: *port, number: 81, name: alt }\n',
  )
  expect(configs['*'].serviceEntries[0].ports.map(({ number, protocol }) => `${number} ${protocol}`)).toEqual([
    '80 HTTP',
    '81 HTTP',
  ])
})

test('a resource twice is refused and says where it stands first, but not for another target', async () => {
  expect(await mistakes(`${entry('hosts: [a.com]')}---\n${entry('hosts: [b.com]')}`)).toEqual([
    '9:19 metadata.name: is ServiceEntry egress/one again, which stands in (standard input):1 already; keep one',
  ])
})

test('a MeshConfig that stands twice is one, and two that differ are refused', async () => {
  const mesh = (mode: string) => `meshConfig: { outboundTrafficPolicy: { mode: ${mode} } }\n`
  const { configs } = await read(`${mesh('REGISTRY_ONLY')}---\n${mesh('REGISTRY_ONLY')}`)
  expect(configs['*'].mesh).toMatchObject({ outboundMode: 'REGISTRY_ONLY', origin: { line: 1 } })
  expect((await mistakes(`${mesh('REGISTRY_ONLY')}---\n${mesh('ALLOW_ANY')}`))[0]).toContain(
    'is another MeshConfig than that of (standard input):1; keep one for each target',
  )
})

test('a text of too many values is refused before it is parsed', async () => {
  const started = performance.now()
  expect((await mistakes(`a: [${'b,'.repeat(400_001)}]`))[0]).toContain('more than 400000 lines and commas')
  expect(performance.now() - started).toBeLessThan(2000)
})

test('what a message repeats of a text cannot steer a terminal', async () => {
  const [line] = await mistakes(entry('hosts: ["\\u001b[2J\\u202e.com"]'))
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

test('what Kubernetes adds is ignored, and a null is a field left out', async () => {
  const { configs } = await read(
    'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata:\n  name: one\n  creationTimestamp: null\n  ownerReferences: [{}]\n' +
      'spec:\n  hosts: [API.Example.com.]\n  exportTo: null\n  ports: [{ number: 443, name: tls, protocol: https, targetPort: 0 }]\nstatus: { conditions: [] }\n',
  )
  expect(configs['*'].serviceEntries[0]).toEqual({
    name: 'one',
    namespace: 'default',
    created: '',
    origin: { file: '(standard input)', line: 1 },
    hosts: ['api.example.com'],
    addresses: [],
    ports: [{ number: 443, name: 'tls', protocol: 'HTTPS', targetPort: null }],
    location: 'MESH_EXTERNAL',
    resolution: 'NONE',
    endpoints: 0,
    exportTo: [],
  })
})
