/** What may stand in a VirtualService: by which routes traffic goes. */
import * as z from 'zod'
import { count, destination, exportTo, flag, labels, oneOf, text, texts, whole } from './manifest-field.ts'

const headerOperations = z.strictObject({ add: labels, remove: texts, set: labels }).partial()
const headers = z.strictObject({ request: headerOperations, response: headerOperations }).partial()
const stringMatch = z.strictObject({ exact: text, prefix: text, regex: text }).partial()
const stringMatches = z.record(text, stringMatch)
const percent = z.strictObject({ value: z.number() }).partial()

const httpRoute = z
  .strictObject({
    corsPolicy: z
      .strictObject({
        allowCredentials: flag,
        allowHeaders: texts,
        allowMethods: texts,
        allowOrigin: texts,
        allowOrigins: z.array(stringMatch),
        exposeHeaders: texts,
        maxAge: text,
        unmatchedPreflights: oneOf(['UNSPECIFIED', 'FORWARD', 'IGNORE']),
      })
      .partial(),
    delegate: z.strictObject({ name: text, namespace: text }).partial(),
    directResponse: z.strictObject({
      body: z.strictObject({ bytes: text, string: text }).partial().optional(),
      status: count,
    }),
    fault: z
      .strictObject({
        abort: z.strictObject({ grpcStatus: text, http2Error: text, httpStatus: whole, percentage: percent }).partial(),
        delay: z
          .strictObject({ exponentialDelay: text, fixedDelay: text, percent: whole, percentage: percent })
          .partial(),
      })
      .partial(),
    headers,
    match: z.array(
      z
        .strictObject({
          authority: stringMatch,
          gateways: texts,
          headers: stringMatches,
          ignoreUriCase: flag,
          method: stringMatch,
          name: text,
          port: count,
          queryParams: stringMatches,
          scheme: stringMatch,
          sourceLabels: labels,
          sourceNamespace: text,
          statPrefix: text,
          uri: stringMatch,
          withoutHeaders: stringMatches,
        })
        .partial(),
    ),
    mirror: destination,
    mirror_percent: count,
    mirrorPercent: count,
    mirrorPercentage: percent,
    mirrors: z.array(z.strictObject({ destination, percentage: percent.optional() })),
    name: text,
    redirect: z
      .strictObject({
        authority: text,
        derivePort: oneOf(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']),
        port: count,
        prefixRewrite: text,
        redirectCode: count,
        scheme: text,
        uri: text,
      })
      .partial(),
    retries: z
      .strictObject({
        attempts: whole,
        backoff: text,
        perTryTimeout: text,
        retryIgnorePreviousHosts: flag,
        retryOn: text,
        retryRemoteLocalities: flag,
      })
      .partial(),
    rewrite: z
      .strictObject({
        authority: text,
        uri: text,
        uriRegexRewrite: z.strictObject({ match: text, rewrite: text }).partial(),
      })
      .partial(),
    route: z.array(z.strictObject({ destination, headers: headers.optional(), weight: whole.optional() })),
    timeout: text,
  })
  .partial()

const layer4Match = {
  destinationSubnets: texts,
  gateways: texts,
  port: count,
  sourceLabels: labels,
  sourceNamespace: text,
}
const layer4Route = z.array(z.strictObject({ destination, weight: whole.optional() })).optional()

export const virtualService = z
  .strictObject({
    exportTo,
    gateways: texts,
    hosts: texts,
    http: z.array(httpRoute),
    tcp: z.array(
      z.strictObject({
        match: z.array(z.strictObject({ ...layer4Match, sourceSubnet: text }).partial()).optional(),
        route: layer4Route,
      }),
    ),
    tls: z.array(
      z.strictObject({
        match: z.array(
          z
            .strictObject(layer4Match)
            .partial()
            .extend({ sniHosts: texts.describe('the names of TLS handshakes that it matches') }),
        ),
        route: layer4Route,
      }),
    ),
  })
  .partial()
