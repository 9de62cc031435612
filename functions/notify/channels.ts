/** The channels of a configuration. */
import type { SecretRef } from '#core/target.ts'
import type { Channel } from './channel.ts'
import { snsTopic } from './sns.ts'
import { webhook } from './webhook.ts'

/** Where new findings are sent; null where nothing is named. */
export interface NotifyTargets {
  webhook: SecretRef | null // of its URL
  sns: string | null // ARN of a topic
}

export function channelsOf(targets: NotifyTargets): Channel[] {
  return [
    ...(targets.webhook === null ? [] : [webhook(targets.webhook)]),
    ...(targets.sns === null ? [] : [snsTopic(targets.sns)]),
  ]
}
