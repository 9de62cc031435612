import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, noWords, storeOf } from './command.ts'

export const check: Command = {
  name: 'check',
  summary: 'read the configuration and say all that is wrong with it',
  usage: '[--json] [--config FILE]',
  help: 'Says every mistake at once, with line and column. It connects to nothing and writes nothing.',
  options: { ...CONFIG_OPTION, ...JSON_OPTION },
  async run(values, words, terminal) {
    noWords(words)
    const config = await configOf(values, terminal)
    storeOf(config)
    const { path, store, targets, site } = config
    if (values.json === true) {
      await terminal.out(`${JSON.stringify({ path, store, targets, site })}\n`)
      return 0
    }
    const place = store.kind === 'folder' ? store.path : `s3://${store.bucket}/${store.prefix}`
    const lines = [
      `configuration ${path} is in order`,
      `store   ${place}`,
      ...targets.map(({ name, url, intervalSeconds }) => `target  ${name}  ${url}  every ${intervalSeconds} s`),
      `site    "${site.title}" into ${site.outDir}`,
    ]
    await terminal.out(`${lines.join('\n')}\n`)
    return 0
  },
}
