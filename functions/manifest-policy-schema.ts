/** What may stand in a trafficPolicy: how proxies connect to a service. */
import * as z from 'zod'
import { count, flag, oneOf, port, text, texts, whole } from './manifest-field.ts'

const tcpKeepalive = z.strictObject({ interval: text, probes: count, time: text }).partial()
export const connectionPool = z
  .strictObject({
    http: z
      .strictObject({
        h2UpgradePolicy: oneOf(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']),
        http1MaxPendingRequests: whole,
        http2KeepAlive: z.strictObject({ interval: text, timeout: text }).partial(),
        http2MaxRequests: whole,
        idleTimeout: text,
        maxConcurrentStreams: whole,
        maxRequestsPerConnection: whole,
        maxRetries: whole,
        useClientProtocol: flag,
      })
      .partial(),
    tcp: z
      .strictObject({
        connectTimeout: text,
        idleTimeout: text,
        maxConnectionDuration: text,
        maxConnections: whole,
        tcpKeepalive,
      })
      .partial(),
  })
  .partial()

const failover = z.array(z.strictObject({ from: text, to: text }).partial())
const loadBalancer = z
  .strictObject({
    consistentHash: z
      .strictObject({
        httpCookie: z
          .strictObject({
            attributes: z.array(z.strictObject({ name: text, value: text.optional() })),
            path: text,
            ttl: text,
          })
          .partial()
          .extend({ name: text }),
        httpHeaderName: text,
        httpQueryParameterName: text,
        maglev: z.strictObject({ tableSize: whole }).partial(),
        minimumRingSize: whole,
        ringHash: z.strictObject({ minimumRingSize: whole }).partial(),
        useSourceIp: flag,
      })
      .partial(),
    localityLbSetting: z
      .strictObject({
        distribute: z.array(z.strictObject({ from: text, to: z.record(text, count) }).partial()),
        enabled: flag,
        failover,
        failoverPriority: texts,
      })
      .partial(),
    simple: oneOf(['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST']),
    warmup: z.strictObject({ aggression: z.number(), minimumPercent: z.number() }).partial().extend({ duration: text }),
    warmupDurationSecs: text,
    zoneAwareLbSetting: z
      .strictObject({ enabled: flag, failover, failoverPriority: texts, minClusterSize: whole })
      .partial(),
  })
  .partial()

const outlierDetection = z
  .strictObject({
    baseEjectionTime: text,
    consecutive5xxErrors: count,
    consecutiveErrors: whole,
    consecutiveGatewayErrors: count,
    consecutiveLocalOriginFailures: count,
    interval: text,
    maxEjectionPercent: whole,
    minHealthPercent: whole,
    outlierDetectionHttpErrorCodes: z.array(whole),
    splitExternalLocalOriginErrors: flag,
  })
  .partial()

export const clientTls = z
  .strictObject({
    caCertificates: text,
    caCrl: text,
    clientCertificate: text,
    credentialName: text,
    insecureSkipVerify: flag,
    mode: oneOf(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']),
    privateKey: text,
    sni: text,
    subjectAltNames: texts,
  })
  .partial()
  .refine(
    (tls) => tls.mode !== 'MUTUAL' || tls.credentialName !== undefined || (tls.clientCertificate && tls.privateKey),
    'must have clientCertificate and privateKey, or credentialName, for its mode is MUTUAL',
  )

const portPolicy = z
  .strictObject({
    connectionPool,
    loadBalancer,
    outlierDetection,
    tls: clientTls,
  })
  .partial()
  .extend({ port: z.strictObject({ number: port }).describe('the port of the service, as {number: 443}') })

export const trafficPolicy = z
  .strictObject({
    connectionPool,
    loadBalancer,
    outlierDetection,
    portLevelSettings: z.array(portPolicy),
    proxyProtocol: z.strictObject({ version: oneOf(['V1', 'V2']) }).partial(),
    retryBudget: z.strictObject({ budgetInterval: text, minRetryConcurrency: count, percent: z.number() }).partial(),
    tls: clientTls,
    tunnel: z.strictObject({ protocol: text.optional(), targetHost: text, targetPort: count }),
  })
  .partial()
