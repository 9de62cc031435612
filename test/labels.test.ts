import fc from 'fast-check'
import {
  decodeSeries,
  formatSeries,
  type Labels,
  learnExternalLabels,
  proxyIdentity,
  seriesIdentity,
} from '#core/labels.ts'

const labels = (entries: Record<string, string> = {}): Labels => new Map(Object.entries(entries))
const decode = (text: string) => decodeSeries(Buffer.from(text))

test.each<[string, string, Record<string, string>]>([
  ['up', 'up', {}],
  ['up{}', 'up', {}],
  ['up{job="pods"}', 'up', { job: 'pods' }],
  ['up{job="pods",}', 'up', { job: 'pods' }],
  ['up { job = "pods" , a = "b" }', 'up', { job: 'pods', a: 'b' }],
  ['agg:noinstance{instance=""}', 'agg:noinstance', {}], // an empty label is no label
  ['up{host="evil\\"host\\\\x"}', 'up', { host: 'evil"host\\x' }],
  ['up{host="two\\nlines"}', 'up', { host: 'two\nlines' }],
  ['up{host="},{=\\""}', 'up', { host: '},{="' }],
  ['{"my.name",a="b"}', 'my.name', { a: 'b' }],
  ['{a="b","my.name"}', 'my.name', { a: 'b' }],
  ['{"my name","a b"="c"}', 'my name', { 'a b': 'c' }],
  ['up{"a.b"="c"}', 'up', { 'a.b': 'c' }],
  ['up{host="例え.テスト"}', 'up', { host: '例え.テスト' }],
])('decodes %s', (text, name, expected) => {
  expect(decode(text)).toEqual({ name, labels: labels(expected) })
})

test.each([
  '',
  '{}',
  '{a="b"}',
  '1up',
  'my-name',
  'up{',
  'up}',
  'up{a}',
  'up{a=}',
  'up{a=b}',
  'up{a="b"',
  'up{a="b}',
  'up{a="b"}}',
  'up{a="b"}c',
  'up{a="b" c="d"}',
  'up{,}',
  'up{a="b",,}',
  'up{1a="b"}',
  'up{a-b="c"}',
  'up{""="c"}',
  'up{a="b",a="b"}',
  'up{a="b","a"="c"}',
  'up{a="\\t"}',
  'up{a="\\',
  'up{__name__="down"}',
  '{"up","down"}',
  'up{"down"}',
  '{""}',
])('refuses %j', (text) => {
  expect(decode(text)).toBeNull()
})

test('refuses bytes that are no UTF-8', () => {
  expect(decodeSeries(Buffer.from('up{a="\xff"}', 'latin1'))).toBeNull()
  expect(decodeSeries(Buffer.from('up{a="\xed\xa0\x80"}', 'latin1'))).toBeNull() // half a surrogate pair
})

test('writes a series as a federation endpoint of Prometheus does', () => {
  const external = labels({
    prometheus_replica: 'prometheus-k8s-0',
    cluster: 'prod-eu1',
    namespace: 'should-not-override',
    prometheus: 'monitoring/k8s',
  })
  // lines of a real one
  expect(formatSeries('agg:noinstance', labels(), external)).toBe(
    'agg:noinstance{cluster="prod-eu1",instance="",namespace="should-not-override",prometheus="monitoring/k8s",prometheus_replica="prometheus-k8s-0"}',
  )
  expect(formatSeries('weird', labels({ job: 'kubernetes-pods', k: '1e6', instance: '10.244.9.9:1' }), external)).toBe(
    'weird{instance="10.244.9.9:1",job="kubernetes-pods",k="1e6",cluster="prod-eu1",namespace="should-not-override",prometheus="monitoring/k8s",prometheus_replica="prometheus-k8s-0"}',
  )
  expect(formatSeries('up', labels({ namespace: 'shop', instance: 'a:1' }), external)).toBe(
    'up{instance="a:1",namespace="shop",cluster="prod-eu1",prometheus="monitoring/k8s",prometheus_replica="prometheus-k8s-0"}',
  )
})

test('without external labels Prometheus still appends an empty instance, the query API never', () => {
  expect(formatSeries('agg', labels({ a: 'b' }), labels())).toBe('agg{a="b",instance=""}')
  expect(formatSeries('agg', labels({ a: 'b' }))).toBe('agg{a="b"}')
  expect(formatSeries('up', labels())).toBe('up')
})

test('quotes what the format cannot take bare, and escapes what quotes cannot hold', () => {
  expect(formatSeries('my.name', labels({ 'a.b': 'c' }))).toBe('{"my.name","a.b"="c"}')
  expect(formatSeries('up', labels({ host: 'evil"host\\x\n' }))).toBe('up{host="evil\\"host\\\\x\\n"}')
})

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
const labelSet = fc
  .uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 6 })
  .map((entries): Labels => new Map(entries.filter(([name]) => name !== '__name__')))

test('decodes every series that can be written back into itself', () => {
  fc.assert(
    fc.property(text, labelSet, (name, set) => {
      expect(decode(formatSeries(name, set))).toEqual({ name, labels: set })
    }),
  )
})

test('learns the external labels from any target that both sides show', () => {
  fc.assert(
    fc.property(fc.array(labelSet, { minLength: 1, maxLength: 5 }), labelSet, (queried, external) => {
      const own = queried.map((set, index) => new Map([...set, ['instance', `10.0.0.${index}`]]))
      const federated = own.map((set) => new Map([...external, ...set]))
      const learnt = learnExternalLabels(federated, own)
      const hidden = new Set(own.flatMap((set) => [...set.keys()]))
      for (const [name, value] of external) if (!hidden.has(name)) expect(learnt?.get(name)).toBe(value)
      for (const [name, value] of learnt ?? []) expect(external.get(name)).toBe(value)
    }),
  )
})

test('learns the largest set, since a label of a target hides an external one of its name', () => {
  const external = { cluster: 'prod', namespace: 'monitoring' }
  const federated = [labels({ instance: 'a', ...external, namespace: 'shop' }), labels({ instance: 'b', ...external })]
  const queried = [labels({ instance: 'a', namespace: 'shop' }), labels({ instance: 'b' })]
  expect(learnExternalLabels(federated, queried)).toEqual(labels(external))
  expect(learnExternalLabels(federated, [...queried].reverse())).toEqual(labels(external))
})

test('takes no new label of a target for an external one, though the query API knows the target without it, too', () => {
  const external = { cluster: 'prod' }
  const federated = [
    labels({ instance: 'a', zone: 'z1', ...external }),
    labels({ instance: 'b', zone: 'z1', ...external }),
  ]
  const queried = [labels({ instance: 'a' }), labels({ instance: 'a', zone: 'z1' })]
  expect(learnExternalLabels(federated, queried)).toEqual(labels(external))
  const untouched = labels({ instance: 'c', ...external })
  expect(learnExternalLabels([...federated, untouched], [labels({ instance: 'a' })])).toBeNull()
})

test('learns nothing from targets that only one side shows, or that several could be', () => {
  expect(learnExternalLabels([], [labels({ instance: 'a' })])).toBeNull()
  expect(learnExternalLabels([labels({ instance: 'b', cluster: 'x' })], [labels({ instance: 'a' })])).toBeNull()
  const twice = [labels({ job: 'pods', pod: 'a' }), labels({ job: 'pods', pod: 'b' })]
  expect(learnExternalLabels(twice, [labels({ job: 'pods' })])).toBeNull()
})

test('a target both sides show alike has no external labels', () => {
  expect(learnExternalLabels([labels({ instance: 'a' })], [labels({ instance: 'a' })])).toEqual(labels())
})

const series = (entries: Record<string, string>, name = 'istio_requests_total') => ({
  name,
  labels: labels({
    pod: 'checkout-1',
    instance: '10.0.0.1:15020',
    reporter: 'source',
    source_app: 'checkout',
    ...entries,
  }),
})

test.each<[string, Record<string, string>]>([
  ['an external label', { cluster: 'prod-eu' }],
  ['the job', { job: 'envoy' }],
  ['the instance of a pod', { instance: '10.0.0.9:15020' }],
])('a series keeps its identity under a change of %s', (_, changed) => {
  expect(seriesIdentity(series(changed))).toBe(seriesIdentity(series({})))
})

test.each<[string, Record<string, string>]>([
  ['the pod', { pod: 'checkout-2' }],
  ['the response code', { response_code: '404' }],
  ['the gRPC status', { grpc_response_status: '5' }],
  ['the destination', { destination_service: 'api.stripe.com' }],
  ['the server name, where it is a label', { requested_server_name: 'api.stripe.com' }],
  ['the reporter', { reporter: 'waypoint' }],
])('a series is another one under a change of %s', (_, changed) => {
  expect(seriesIdentity(series(changed))).not.toBe(seriesIdentity(series({})))
})

test('a series of another metric is another one', () => {
  expect(seriesIdentity(series({}, 'istio_request_bytes_sum'))).not.toBe(seriesIdentity(series({})))
})

test('a pod may go by its older label', () => {
  const older = { name: 'istio_requests_total', labels: labels({ kubernetes_pod_name: 'checkout-1', instance: 'a' }) }
  const newer = { name: 'istio_requests_total', labels: labels({ pod: 'checkout-1', instance: 'b' }) }
  expect(seriesIdentity(older)).toBe(seriesIdentity(newer))
})

test('a process is told by namespace, pod and instance, and by nothing of what it counts', () => {
  const process = { namespace: 'shop', pod: 'checkout-1', instance: '10.0.0.1:15020' }
  const identity = proxyIdentity(labels(process))
  expect(proxyIdentity(labels({ ...process, job: 'envoy', source_app: 'checkout' }))).toBe(identity)
  expect(proxyIdentity(labels({ ...process, instance: '10.0.0.9:15020' }))).not.toBe(identity)
  expect(proxyIdentity(labels({ ...process, namespace: 'blog' }))).not.toBe(identity)
  expect(proxyIdentity(labels({ instance: '10.0.0.1:15020' }))).not.toBe('')
  expect(proxyIdentity(labels({ namespace: 'shop', job: 'pods' }))).toBe('')
})
