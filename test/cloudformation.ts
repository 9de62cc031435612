/**
 * CloudFormation, as far as it decides what a stack consists of: conditions, parameters, and the intrinsic functions that
 * name one resource in another. A function, type or attribute that is not known here throws, so that nothing is guessed.
 */

import { type Attributes, attributesOf, NAMED_BY } from './cloudformation-attributes.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export interface Template {
  Parameters?: Record<string, { Type: string; Default?: Json }>
  Conditions?: Record<string, Json>
  Resources: Record<
    string,
    { Type: string; Condition?: string; DependsOn?: string | string[]; Properties?: JsonObject }
  >
  Outputs?: Record<string, { Condition?: string; Value: Json }>
}

export interface StackSettings {
  stack: string
  account: string // twelve digits
  region: string
  parameters?: Record<string, string> // those not given have their defaults
  physicalIds?: Record<string, string> // by logical id, what Ref gives; for the others it follows from their names
}

export interface StackResource {
  type: string // 'AWS::S3::Bucket'
  properties: JsonObject
  physicalId: string // what Ref gives
  arn: string | null // null when CloudFormation has none for this type
}

export interface Stack {
  resources: Record<string, StackResource> // by logical id; without those whose condition is false
  outputs: Record<string, Json>
}

/** Resolves a template as CloudFormation would on creation; throws one sentence with the path of what it cannot. */
export function resolveStack(template: Template, settings: StackSettings): Stack {
  const resolver = new Resolver(template, settings)
  const resources: Stack['resources'] = {}
  for (const [id, { Condition, DependsOn = [] }] of Object.entries(template.Resources)) {
    for (const other of [DependsOn].flat()) {
      if (!(other in template.Resources)) throw new Error(`template: ${id} depends on ${other}, which is no resource`)
    }
    if (Condition === undefined || resolver.condition(Condition)) resources[id] = resolver.resource(id)
  }
  const outputs: Stack['outputs'] = {}
  for (const [id, { Condition, Value }] of Object.entries(template.Outputs ?? {})) {
    if (Condition === undefined || resolver.condition(Condition)) outputs[id] = resolver.value(Value, `Outputs.${id}`)
  }
  return { resources, outputs }
}

/** The one resource of a type, or the one whose logical id or physical id matches too. */
export function resourceOf(stack: Stack, type: string, match: RegExp = /^/): StackResource {
  const found = Object.entries(stack.resources).filter(
    ([id, resource]) => resource.type === type && (match.test(id) || match.test(resource.physicalId)),
  )
  if (found.length !== 1) throw new Error(`stack has ${found.length} ${type} like ${match}, not one`)
  return found[0][1]
}

/** Marks what Fn::If leaves out. */
const NO_VALUE = Symbol('AWS::NoValue')

class Resolver {
  readonly #template: Template
  readonly #settings: StackSettings
  readonly #naming = new Set<string>() // resources whose names are being resolved

  constructor(template: Template, settings: StackSettings) {
    this.#template = template
    this.#settings = settings
  }

  resource(id: string): StackResource {
    const { Type, Properties = {} } = this.#template.Resources[id]
    const attributes = this.#attributes(id, `Resources.${id}`)
    return {
      type: Type,
      properties: this.value(Properties, `Resources.${id}.Properties`) as JsonObject,
      physicalId: attributes.Ref,
      arn: attributes.Arn ?? null,
    }
  }

  value(input: Json, path: string): Json {
    const resolved = this.#resolve(input, path)
    if (resolved === NO_VALUE) throw new Error(`template ${path}: AWS::NoValue where a value must be`)
    return resolved
  }

  condition(name: string): boolean {
    const condition = this.#template.Conditions?.[name]
    if (condition === undefined) throw new Error(`template: there is no condition ${name}`)
    return this.#holds(condition, `Conditions.${name}`)
  }

  #resolve(input: Json, path: string): Json | typeof NO_VALUE {
    if (Array.isArray(input)) {
      return input.map((item, i) => this.#resolve(item, `${path}[${i}]`)).filter((item) => item !== NO_VALUE)
    }
    if (typeof input !== 'object' || input === null) return input
    const [key, ...more] = Object.keys(input)
    if (key === 'Ref' || key?.startsWith('Fn::')) {
      if (more.length > 0) throw new Error(`template ${path}: ${key} stands beside ${more.join(', ')}`)
      return this.#call(key, input[key], path)
    }
    const entries = Object.entries(input).map(([key, item]) => [key, this.#resolve(item, `${path}.${key}`)] as const)
    return Object.fromEntries(entries.filter(([, item]) => item !== NO_VALUE)) as JsonObject
  }

  #call(name: string, argument: Json, path: string): Json | typeof NO_VALUE {
    const list = (length: number): Json[] => {
      if (Array.isArray(argument) && argument.length === length) return argument
      throw new Error(`template ${path}: ${name} takes ${length} values, not ${JSON.stringify(argument)}`)
    }
    switch (name) {
      case 'Ref':
        return this.#ref(`${argument}`, path)
      case 'Fn::GetAtt': {
        const [id, ...attribute] = Array.isArray(argument) ? argument.map(String) : `${argument}`.split('.')
        return this.#getAtt(id, attribute.join('.'), path)
      }
      case 'Fn::Sub': {
        if (typeof argument === 'string') return this.#substitute(argument, {}, path)
        const [text, values] = list(2)
        return this.#substitute(`${text}`, this.value(values, path) as JsonObject, path)
      }
      case 'Fn::Join': {
        const [delimiter, items] = list(2)
        return this.#list(items, path).join(`${delimiter}`)
      }
      case 'Fn::Select': {
        const [index, items] = list(2)
        const selected = this.#list(items, path)[Number(index)]
        if (selected === undefined) throw new Error(`template ${path}: Fn::Select finds nothing at ${index}`)
        return selected
      }
      case 'Fn::Split': {
        const [delimiter, text] = list(2)
        return `${this.value(text, path)}`.split(`${delimiter}`)
      }
      case 'Fn::If': {
        const [condition, then, otherwise] = list(3)
        return this.#resolve(this.condition(`${condition}`) ? then : otherwise, path)
      }
    }
    throw new Error(`template ${path}: ${name} is not known here`)
  }

  #list(items: Json, path: string): Json[] {
    const values = this.value(items, path)
    if (Array.isArray(values)) return values
    throw new Error(`template ${path}: ${JSON.stringify(values)} is no list`)
  }

  #substitute(text: string, values: JsonObject, path: string): string {
    return text.replace(/\$\{(!?)([^}]*)\}/g, (_, literal, name: string) => {
      if (literal !== '') return `\${${name}}`
      if (name in values) return `${values[name]}`
      const [id, ...attribute] = name.split('.')
      const value = attribute.length === 0 ? this.#ref(name, path) : this.#getAtt(id, attribute.join('.'), path)
      if (typeof value === 'string') return value
      throw new Error(`template ${path}: \${${name}} in Fn::Sub is no text`)
    })
  }

  #ref(name: string, path: string): Json | typeof NO_VALUE {
    const { account, region, stack, parameters = {} } = this.#settings
    const parameter = this.#template.Parameters?.[name]
    if (parameter !== undefined) {
      const value = parameters[name] ?? parameter.Default
      if (value === undefined) throw new Error(`template ${path}: parameter ${name} has neither value nor default`)
      return /^(List<|CommaDelimitedList)/.test(parameter.Type) ? `${value}`.split(',') : `${value}`
    }
    switch (name) {
      case 'AWS::AccountId':
        return account
      case 'AWS::Region':
        return region
      case 'AWS::StackName':
        return stack
      case 'AWS::Partition':
        return 'aws'
      case 'AWS::URLSuffix':
        return 'amazonaws.com'
      case 'AWS::StackId':
        return `arn:aws:cloudformation:${region}:${account}:stack/${stack}/00000000-0000-0000-0000-000000000000`
      case 'AWS::NoValue':
        return NO_VALUE
    }
    return this.#attributes(name, path).Ref
  }

  #getAtt(id: string, attribute: string, path: string): string {
    const value = this.#attributes(id, path)[attribute]
    if (value !== undefined && attribute !== 'Ref') return value
    throw new Error(`template ${path}: ${id} has no attribute ${attribute}`)
  }

  #attributes(id: string, path: string): Attributes {
    const resource = this.#template.Resources[id]
    if (resource === undefined) throw new Error(`template ${path}: ${id} is no parameter and no resource`)
    if (resource.Condition !== undefined && !this.condition(resource.Condition)) {
      throw new Error(`template ${path}: ${id} is not there, since its condition ${resource.Condition} is false`)
    }
    const { account, region, physicalIds = {} } = this.#settings
    const own = physicalIds[id]
    const attributes = attributesOf(resource.Type, { name: this.#name(id, path), account, region })
    if (attributes === null) throw new Error(`template ${path}: type ${resource.Type} is not known here`)
    return own === undefined ? attributes : { ...attributes, Ref: own }
  }

  #name(id: string, path: string): string {
    if (this.#naming.has(id)) throw new Error(`template ${path}: the name of ${id} depends on itself`)
    const { Type, Properties = {} } = this.#template.Resources[id]
    const given = Properties[NAMED_BY[Type] ?? 'Name']
    if (given === undefined) return `${this.#settings.stack}-${id}`
    this.#naming.add(id)
    const name = this.#resolve(given, path)
    this.#naming.delete(id)
    return name === NO_VALUE ? `${this.#settings.stack}-${id}` : `${name as string}`
  }

  #holds(condition: Json, path: string): boolean {
    const [name] = Object.keys(condition as JsonObject)
    const argument = (condition as JsonObject)[name]
    const conditions = () => (argument as Json[]).map((one) => this.#holds(one, path))
    switch (name) {
      case 'Condition':
        return this.condition(`${argument}`)
      case 'Fn::Equals': {
        const [left, right] = this.#list(argument, path)
        return `${left}` === `${right}`
      }
      case 'Fn::Not':
        return !conditions()[0]
      case 'Fn::And':
        return conditions().every(Boolean)
      case 'Fn::Or':
        return conditions().some(Boolean)
    }
    throw new Error(`template ${path}: condition ${name} is not known here`)
  }
}
