/**
 * What may stand in the specs of Istio's resources: every field of the schemas published with Istio 1.31, which are the
 * same in v1alpha3, v1beta1 and v1. What decides nothing here is read all the same, so that a misspelt field is found.
 */
import * as z from 'zod'
import {
  address,
  count,
  destination,
  exportTo,
  flag,
  host,
  labels,
  oneOf,
  port,
  targetPort,
  text,
  texts,
} from './manifest-field.ts'
import { clientTls, connectionPool, trafficPolicy } from './manifest-policy-schema.ts'

export { clientTls } from './manifest-policy-schema.ts'
export { virtualService } from './manifest-route-schema.ts'

export const destinationRule = z.strictObject({
  exportTo: exportTo.optional(),
  host,
  subsets: z
    .array(z.strictObject({ labels: labels.optional(), name: text, trafficPolicy: trafficPolicy.optional() }))
    .optional(),
  trafficPolicy: trafficPolicy.optional(),
  workloadSelector: z.strictObject({ matchLabels: labels }).partial().optional(),
})

const workloadSelector = z.strictObject({ labels }).partial()

export const serviceEntry = z.strictObject({
  addresses: z.array(address).optional(),
  endpoints: z
    .array(
      z
        .strictObject({
          address: text,
          labels,
          locality: text,
          network: text,
          ports: z.record(text, count),
          serviceAccount: text,
          weight: count,
        })
        .partial(),
    )
    .optional(),
  exportTo: exportTo.optional(),
  hosts: z.array(host).min(1, 'must have at least one host').describe('the hosts it declares'),
  location: oneOf(['MESH_EXTERNAL', 'MESH_INTERNAL']).optional(),
  ports: z
    .array(
      z.strictObject({
        name: text.describe('a name for the port').optional(),
        number: port,
        protocol: text
          .refine(isProtocol, 'must be HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TLS, TCP, MONGO, MYSQL, REDIS or UDP')
          .optional(),
        targetPort: targetPort.optional(),
      }),
    )
    .optional(),
  resolution: oneOf(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS']).optional(),
  subjectAltNames: texts.optional(),
  workloadSelector: workloadSelector.optional(),
})

function isProtocol(value: string): boolean {
  return /^(http|https|http2|http_proxy|grpc|grpc-web|tls|tcp|mongo|mysql|redis|udp)?$/i.test(value)
}

const serverTls = z
  .strictObject({
    caCertCredentialName: text,
    caCertificates: text,
    caCrl: text,
    cipherSuites: texts,
    credentialName: text,
    credentialNames: texts,
    httpsRedirect: flag,
    insecureSkipVerify: flag,
    maxProtocolVersion: oneOf(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']),
    minProtocolVersion: oneOf(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']),
    mode: oneOf(['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL']),
    privateKey: text,
    serverCertificate: text,
    subjectAltNames: texts,
    tlsCertificates: z.array(
      z.strictObject({ caCertificates: text, privateKey: text, serverCertificate: text }).partial(),
    ),
    verifyCertificateHash: texts,
    verifyCertificateSpki: texts,
  })
  .partial()

const captureMode = oneOf(['DEFAULT', 'IPTABLES', 'NONE'])
const sidecarPort = z.strictObject({ name: text, number: targetPort, protocol: text, targetPort }).partial()

export const sidecar = z
  .strictObject({
    egress: z.array(
      z.strictObject({
        bind: text.optional(),
        captureMode: captureMode.optional(),
        hosts: z
          .array(text.regex(/^[^/]*\/[^/]+$/, "must be 'namespace/host', as './*' or '*/api.example.com'"))
          .describe("the hosts it sees, as 'namespace/host'"),
        port: sidecarPort.optional(),
      }),
    ),
    inboundConnectionPool: connectionPool,
    ingress: z.array(
      z
        .strictObject({
          bind: text,
          captureMode,
          connectionPool,
          defaultEndpoint: text,
          tls: serverTls,
        })
        .partial()
        .extend({ port: sidecarPort.describe('the port it listens on') }),
    ),
    outboundTrafficPolicy: z
      .strictObject({ egressProxy: destination, mode: oneOf(['REGISTRY_ONLY', 'ALLOW_ANY']) })
      .partial(),
    workloadSelector,
  })
  .partial()

export const gateway = z
  .strictObject({
    selector: labels,
    servers: z.array(
      z
        .strictObject({
          bind: text,
          defaultEndpoint: text,
          name: text,
          tls: serverTls,
        })
        .partial()
        .extend({
          hosts: texts.describe('the hosts it is for'),
          port: z
            .strictObject({
              name: text.optional(),
              number: targetPort.describe('the number of the port'),
              protocol: text.describe('the protocol of the port'),
              targetPort: targetPort.optional(),
            })
            .describe('the port it listens on'),
        }),
    ),
  })
  .partial()

/** Of MeshConfig only what decides where traffic goes; its other fields are known by name and not looked into. */
export const meshConfig = z.strictObject({
  outboundTrafficPolicy: z
    .strictObject({ mode: oneOf(['REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS']), tls: clientTls })
    .partial()
    .optional(),
  rootNamespace: text.optional(),
  defaultServiceExportTo: exportTo.optional(),
  defaultDestinationRuleExportTo: exportTo.optional(),
  defaultVirtualServiceExportTo: exportTo.optional(),
  ...Object.fromEntries(
    [
      'accessLogEncoding',
      'accessLogFile',
      'accessLogFormat',
      'ca',
      'caCertificates',
      'certificates',
      'configSources',
      'connectTimeout',
      'defaultConfig',
      'defaultHttpRetryPolicy',
      'defaultProviders',
      'defaultTrafficPolicy',
      'disableEnvoyListenerLog',
      'discoverySelectors',
      'dnsRefreshRate',
      'enableAutoMtls',
      'enableEnvoyAccessLogService',
      'enablePrometheusMerge',
      'enableTracing',
      'extensionProviders',
      'h2UpgradePolicy',
      'hboneIdleTimeout',
      'inboundClusterStatName',
      'inboundTrafficPolicy',
      'ingressClass',
      'ingressControllerMode',
      'ingressSelector',
      'ingressService',
      'localityLbSetting',
      'meshMTLS',
      'outboundClusterStatName',
      'pathNormalization',
      'protocolDetectionTimeout',
      'proxyHttpPort',
      'proxyInboundListenPort',
      'proxyListenPort',
      'serviceEntryVisibility',
      'serviceScopeConfigs',
      'serviceSettings',
      'tcpKeepalive',
      'tlsDefaults',
      'trustDomain',
      'trustDomainAliases',
      'verifyCertificateAtClient',
      'zoneAwareLbSetting',
    ].map((name) => [name, z.unknown().optional()]),
  ),
})
