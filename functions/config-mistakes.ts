/** The configuration's mistakes that lie between values, and where in it secrets may stand. */
import { parseDuration } from '#core/time.ts'
import { asList, asRecord, isEmpty, type Mistake, show } from './mistakes.ts'
import type { YamlPath } from './yaml.ts'

/** Mistakes that lie between values. Read from the raw data, so that they are told beside all the others. */
export function contradictions(data: unknown): Mistake[] {
  const config = asRecord(data)
  return [
    ...targetContradictions(asList(config.targets)),
    ...asList(config.targets).flatMap((target, i) =>
      cloudContradictions(asRecord(target).cloud, ['targets', i, 'cloud']),
    ),
    ...complianceContradictions(config),
    ...budgetContradictions(config),
    ...storeContradictions(config),
  ]
}

function targetContradictions(targets: readonly unknown[]): Mistake[] {
  const mistakes: Mistake[] = []
  const names = new Map<unknown, number>()
  for (const [i, target] of targets.entries()) {
    const { name, auth } = asRecord(target)
    const first = names.get(name)
    if (first !== undefined) {
      mistakes.push({ path: ['targets', i, 'name'], message: `${show(name)} is the name of targets[${first}] already` })
    } else if (name !== undefined) names.set(name, i)
    if (auth === undefined) continue
    const path = ['targets', i, 'auth']
    const { bearer, basic, tls } = asRecord(auth)
    if (bearer !== undefined && basic !== undefined) mistakes.push({ path, message: 'has bearer and basic; keep one' })
    if (isEmpty(auth)) mistakes.push({ path, message: 'is empty; give bearer, basic or tls, or take auth out' })
    if (isEmpty(tls)) mistakes.push({ path: [...path, 'tls'], message: 'is empty; give ca, or cert and key' })
    const { cert, key } = asRecord(tls)
    if ((cert === undefined) !== (key === undefined)) {
      mistakes.push({ path: [...path, 'tls'], message: 'has one of cert and key; give both or neither' })
    }
  }
  return mistakes
}

/** Endpoints that are said twice, and what only an interface endpoint is charged by. */
function cloudContradictions(cloud: unknown, path: YamlPath): Mistake[] {
  const first = new Map<string, number>()
  return asList(asRecord(cloud).endpoints).flatMap((endpoint, i) => {
    const { service, type, zones } = asRecord(endpoint)
    const at = [...path, 'endpoints', i]
    const mistakes: Mistake[] = []
    if (type === 'interface' && zones === undefined) {
      mistakes.push({ path: at, message: 'is an interface endpoint without zones, by which it is charged; give zones' })
    }
    if (type === 'gateway' && zones !== undefined) {
      mistakes.push({
        path: [...at, 'zones'],
        message: 'is of a gateway endpoint, which no hour is charged for; take it out',
      })
    }
    const key = JSON.stringify([service, type])
    const before = first.get(key)
    if (before === undefined) first.set(key, i)
    else
      mistakes.push({
        path: [...at, 'service'],
        message: `${show(service)} has endpoints[${before}] of that type already; keep one`,
      })
    return mistakes
  })
}

function budgetContradictions({ prices, budgets }: Record<string, unknown>): Mistake[] {
  if (budgets === undefined || prices !== undefined) return []
  return [
    { path: ['budgets'], message: 'needs prices, for without them nothing costs anything; give prices', part: 'key' },
  ]
}

/** Between what judges traffic and the targets whose traffic it is, and between a list of keys and that one is enough. */
function complianceContradictions({ istio, targets, notify, signing }: Record<string, unknown>): Mistake[] {
  const mistakes: Mistake[] = []
  const names = asList(targets).map((target) => asRecord(target).name)
  const places = new Map<string, number>()
  for (const [i, source] of asList(istio).entries()) {
    const { path = source, target = '' } = asRecord(source)
    if (target !== '' && typeof target === 'string' && !names.includes(target)) {
      const message = `${show(target)} is no target of this configuration; it has ${names.map(show).join(', ')}`
      mistakes.push({ path: ['istio', i, 'target'], message })
    }
    const place = JSON.stringify([path, target])
    const first = places.get(place)
    if (first === undefined) places.set(place, i)
    else mistakes.push({ path: ['istio', i], message: `is istio[${first}] again; keep one` })
  }
  if (isEmpty(notify)) {
    mistakes.push({ path: ['notify'], message: 'is empty; give webhook, sns or both, or take notify out' })
  }
  if (isEmpty(signing)) mistakes.push({ path: ['signing'], message: 'is empty; give key or kms, or take signing out' })
  const { key, kms } = asRecord(signing)
  if (key !== undefined && kms !== undefined) {
    mistakes.push({ path: ['signing'], message: 'has key and kms; keep one, for one key signs all seals' })
  }
  return mistakes
}

/** Between the store and what only a bucket can do, and between alarms and the pace of the scrapes. */
function storeContradictions({ store, targets, retention, aws }: Record<string, unknown>): Mistake[] {
  const mistakes: Mistake[] = []
  const place = typeof store === 'string' ? store : ''
  const isFolder = place !== '' && !/^s3:/i.test(place)
  if (retention !== undefined && isFolder) {
    const message = 'holds in a bucket only, and the store is a folder; take it out, or keep the store in s3://'
    mistakes.push({ path: ['retention'], message, part: 'key' })
  }
  if (aws === undefined) return mistakes
  if (isFolder) {
    const message = 'needs a store in s3://, for functions share no folder; take aws out, or keep the store in s3://'
    mistakes.push({ path: ['aws'], message, part: 'key' })
  }
  const { headAgeMinutes = 15 } = asRecord(asRecord(aws).alarms)
  const longest = Math.max(0, ...asList(targets).map(intervalMinutes))
  if (Number(headAgeMinutes) < 2 * longest) {
    const least = `must be at least ${Math.ceil(2 * longest)}, twice the longest interval of a target`
    const message = `${least}, or its alarm never ends; it is ${show(headAgeMinutes)}`
    mistakes.push({ path: ['aws', 'alarms', 'headAgeMinutes'], message })
  }
  return mistakes
}

function intervalMinutes(target: unknown): number {
  try {
    return parseDuration(String(asRecord(target).interval ?? '60s')) / 60
  } catch {
    return 0 // told by itself
  }
}

/** True where a secret may stand, by mistake or not. The whole file as one value is likely another file, such as a token's. */
export function mayBeSecret(path: YamlPath, input: unknown): boolean {
  const last = path.at(-1)
  return (
    path.length === 0 ||
    path.includes('auth') ||
    path.includes('notify') ||
    path.includes('signing') ||
    last === 'viewers' ||
    last === 'password' ||
    (typeof input === 'string' && /:\/\/.*[@?#]/s.test(input))
  )
}
