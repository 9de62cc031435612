/** A target's Prometheus as the scrape stage sees it: three questions, answered whole or refused. */
import type { ChunkedBody } from '#core/reading.ts'
import type { Target } from '#core/target.ts'
import type { EndpointOptions } from './endpoint.ts'
import { federate } from './federate.ts'
import { type MatrixSeries, queryInstant, queryRange, type VectorSample } from './query-api.ts'

export interface Prometheus {
  federate(selectors: string[]): Promise<Uint8Array | ChunkedBody>
  queryInstant(expression: string, timeMs: number): Promise<VectorSample[]>
  queryRange(rangeSelector: string, timeMs: number): Promise<MatrixSeries[]>
}

/** The Prometheus behind a target's url. */
export function prometheusOf(target: Target, options: EndpointOptions = {}): Prometheus {
  return {
    federate: (selectors) => federate(target, selectors, options),
    queryInstant: (expression, timeMs) => queryInstant(target, expression, timeMs, options),
    queryRange: (rangeSelector, timeMs) => queryRange(target, rangeSelector, timeMs, options),
  }
}
