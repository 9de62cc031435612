/**
 * IAM's decision about one request within one account: an explicit deny wins, else any allow in the caller's own policies
 * or in the resource's decides, else the request is denied. What is not known here, an operator or a policy variable,
 * throws, since a rule that is not understood proves nothing.
 */

type OneOrMore<T> = T | T[]
type ConditionBlock = Record<string, Record<string, OneOrMore<string | number | boolean>>>

export interface PolicyStatement {
  Sid?: string
  Effect: 'Allow' | 'Deny'
  Principal?: '*' | Record<string, OneOrMore<string>>
  NotPrincipal?: '*' | Record<string, OneOrMore<string>>
  Action?: OneOrMore<string>
  NotAction?: OneOrMore<string>
  Resource?: OneOrMore<string>
  NotResource?: OneOrMore<string>
  Condition?: ConditionBlock
}

export interface PolicyDocument {
  Version?: string
  Statement: OneOrMore<PolicyStatement>
}

export interface AccessRequest {
  principal: string // ARN of a role, or a service such as 'cloudfront.amazonaws.com'
  action: string // 's3:PutObject'
  resource: string // ARN
  context: Record<string, string | string[]> // condition keys, compared without regard to case
}

export interface Policies {
  identity: PolicyDocument[] // of the caller
  resource: PolicyDocument[] // of what is called
}

export interface Decision {
  allowed: boolean
  reason: 'allow' | 'explicit deny' | 'no allow'
  statements: PolicyStatement[] // that decided
}

/** Decides a request; throws on anything in the policies that it does not understand. */
export function authorize(request: AccessRequest, policies: Policies): Decision {
  const own = policies.identity.flatMap(statementsOf).filter((statement) => {
    if (statement.Principal !== undefined || statement.NotPrincipal !== undefined) {
      throw new Error(`policy statement ${nameOf(statement)} names a principal in an identity's own policy`)
    }
    return matches(statement, request)
  })
  const others = policies.resource
    .flatMap(statementsOf)
    .filter((statement) => isPrincipal(statement, request.principal) && matches(statement, request))
  const matching = [...own, ...others]
  const denying = matching.filter(({ Effect }) => Effect === 'Deny')
  if (denying.length > 0) return { allowed: false, reason: 'explicit deny', statements: denying }
  return matching.length > 0
    ? { allowed: true, reason: 'allow', statements: matching }
    : { allowed: false, reason: 'no allow', statements: [] }
}

/** One action on one resource that a statement speaks of: the smallest piece of a permission. */
export interface Grant {
  action: string // as written, with wildcards
  resource: string
  statement: PolicyStatement
}

/** Every action on every resource that the allowing statements of a policy give. */
export function grantsOf(document: PolicyDocument): Grant[] {
  return statementsOf(document)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) => {
      if (statement.Action === undefined || statement.Resource === undefined) {
        throw new Error(`policy statement ${nameOf(statement)} allows all but something, which cannot be listed`)
      }
      const resources = list(statement.Resource)
      return list(statement.Action).flatMap((action) => resources.map((resource) => ({ action, resource, statement })))
    })
}

/** Whether a grant allows a request, its statement's conditions included. */
export function grants({ action, resource, statement }: Grant, request: AccessRequest): boolean {
  return matches({ ...statement, Action: action, Resource: resource }, request)
}

export function statementsOf({ Statement }: PolicyDocument): PolicyStatement[] {
  return list(Statement)
}

/** A pattern of IAM: `*` is any text, `?` one character. */
export function like(pattern: string, text: string): boolean {
  if (pattern.includes('${')) throw new Error(`policy variable in ${JSON.stringify(pattern)} is not known here`)
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

function isPrincipal(statement: PolicyStatement, principal: string): boolean {
  if (statement.NotPrincipal !== undefined) return !names(statement.NotPrincipal, principal)
  if (statement.Principal === undefined) {
    throw new Error(`policy statement ${nameOf(statement)} of a resource names no principal`)
  }
  return names(statement.Principal, principal)
}

function names(principals: '*' | Record<string, OneOrMore<string>>, principal: string): boolean {
  if (principals === '*') return true
  const [, account] = /^arn:aws:iam::(\d{12}):/.exec(principal) ?? []
  return Object.entries(principals).some(([kind, values]) =>
    list(values).some((value) => {
      if (kind === 'Service') return value === principal
      if (kind !== 'AWS') throw new Error(`policy principal of kind ${kind} is not known here`)
      return value === '*' || value === principal || value === account || value === `arn:aws:iam::${account}:root`
    }),
  )
}

function matches(statement: PolicyStatement, { action, resource, context }: AccessRequest): boolean {
  const { Action, NotAction, Resource, NotResource } = statement
  if (
    (Action === undefined) === (NotAction === undefined) ||
    (Resource === undefined) === (NotResource === undefined)
  ) {
    throw new Error(`policy statement ${nameOf(statement)} must have one of Action and NotAction, and of Resource`)
  }
  const isAction = list(Action ?? NotAction ?? []).some((one) => like(one.toLowerCase(), action.toLowerCase()))
  const isResource = list(Resource ?? NotResource ?? []).some((one) => like(one, resource))
  if (isAction !== (Action !== undefined) || isResource !== (Resource !== undefined)) return false
  const keys = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), list(value)]))
  return Object.entries(statement.Condition ?? {}).every(([operator, block]) =>
    Object.entries(block).every(([key, expected]) =>
      holds(operator, keys.get(key.toLowerCase()), list(expected).map(String)),
    ),
  )
}

type Compare = (actual: string, expected: string) => boolean

const COMPARE: Record<string, Compare> = {
  StringEquals: (actual, expected) => actual === literal(expected),
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === literal(expected).toLowerCase(),
  StringLike: (actual, expected) => like(expected, actual),
  ArnEquals: (actual, expected) => arnLike(expected, actual),
  ArnLike: (actual, expected) => arnLike(expected, actual),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  NumericEquals: (actual, expected) => Number(actual) === Number(expected),
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
  NumericLessThanEquals: (actual, expected) => Number(actual) <= Number(expected),
  NumericGreaterThan: (actual, expected) => Number(actual) > Number(expected),
  NumericGreaterThanEquals: (actual, expected) => Number(actual) >= Number(expected),
}

/** An operator whose name says Not holds when none of its values compares, and when the key is not there. */
function holds(operator: string, actual: string[] | undefined, expected: string[]): boolean {
  const [, quantifier = '', name = '', ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  if (name === 'Null') return (actual === undefined) === (expected[0] === 'true')
  const negated = /^(String|Arn|Numeric)Not/.test(name)
  const compare = COMPARE[name.replace(/^(String|Arn|Numeric)Not/, '$1')]
  if (compare === undefined) throw new Error(`condition operator ${operator} is not known here`)
  const one = (value: string) => expected.some((wanted) => compare(value, wanted)) !== negated
  if (actual === undefined || actual.length === 0) {
    if (quantifier !== '') return quantifier === 'ForAllValues'
    return ifExists !== undefined || negated
  }
  if (quantifier === '' && actual.length > 1) {
    throw new Error(
      `condition operator ${operator} meets ${actual.length} values; it needs ForAnyValue or ForAllValues`,
    )
  }
  return quantifier === 'ForAnyValue' ? actual.some(one) : actual.every(one)
}

/** Each of the six parts of an ARN by itself: a wildcard does not reach over a colon, but in the last. */
function arnLike(pattern: string, arn: string): boolean {
  const parts = (text: string) => {
    const [prefix, partition, service, region, account, ...rest] = text.split(':')
    return [prefix, partition, service, region, account, rest.join(':')]
  }
  const actual = parts(arn)
  return parts(pattern).every((part, i) => like(part ?? '', actual[i] ?? ''))
}

function literal(text: string): string {
  if (text.includes('${')) throw new Error(`policy variable in ${JSON.stringify(text)} is not known here`)
  return text
}

function nameOf({ Sid, Effect, Action }: PolicyStatement): string {
  return Sid ?? `${Effect} ${list(Action ?? []).join(', ')}`
}

function list<T>(value: OneOrMore<T>): T[] {
  return Array.isArray(value) ? value : [value]
}
