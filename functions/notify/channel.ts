/** A channel: where new findings are sent. */
import type { Message } from '#core/findings/telling.ts'

export interface Channel {
  name: string // under which it is recorded what was told: a-z
  /** Sends a message; throws one sentence, without anything secret, unless the other side has taken it. */
  send(message: Message): Promise<void>
}
