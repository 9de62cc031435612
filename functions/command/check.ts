import type { AwsSettings, Config } from '../config.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, noWords } from './command.ts'

export const check: Command = {
  name: 'check',
  summary: 'read the configuration and say all that is wrong with it',
  usage: '[--json] [--config FILE]',
  help: 'Says every mistake at once, with line and column. It connects to nothing and writes nothing.',
  options: { ...CONFIG_OPTION, ...JSON_OPTION },
  async run(values, words, terminal) {
    noWords(words)
    const config = await configOf(values, terminal)
    await terminal.out(values.json === true ? `${JSON.stringify(config)}\n` : describe(config))
    return 0
  },
}

function describe({ path, store, retention, targets, site, aws }: Config): string {
  const place = store.kind === 'folder' ? store.path : `s3://${store.bucket}/${store.prefix}`
  const kept = retention === null ? '' : `, held for ${retention.days} days in ${retention.mode} mode`
  const lines = [
    `configuration ${path} is in order`,
    `store   ${place}${kept}`,
    ...targets.map(({ name, url, intervalSeconds }) => `target  ${name}  ${url}  every ${intervalSeconds} s`),
    `site    "${site.title}" into ${site.outDir}`,
    ...(aws === null ? [] : describeAws(aws)),
  ]
  return `${lines.join('\n')}\n`
}

function describeAws({ region, stack, bucket, vpc, scrapeMemory, alarms, viewers }: AwsSettings): string[] {
  const scrapes = vpc === null ? 'outside of any VPC' : `in ${vpc.subnets.join(', ')}`
  const known = [
    ...(viewers.password === null ? [] : [`who knows the password in ${viewers.password}`]),
    ...(viewers.addresses.length === 0 ? [] : [`from ${viewers.addresses.join(', ')}`]),
  ]
  return [
    `aws     stack ${stack} in ${region}, ${bucket === 'create' ? 'with' : 'without'} the bucket; scrapes ${scrapes} with ${scrapeMemory} MB`,
    `alarms  when samples are ${alarms.headAgeMinutes} minutes old, to ${alarms.email ?? "the topic's subscribers"}`,
    `viewers ${known.length === 0 ? 'nobody; give aws.viewers a password, addresses or both' : known.join(', ')}`,
  ]
}
