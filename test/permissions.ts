/** Permissions: what the roles grant, held against what their functions asked for. */
import type { Access, Deployed, Role } from './deployed.ts'
import { resourcePolicies } from './deployed.ts'
import { authorize, type Grant, grants, grantsOf, type PolicyDocument, statementsOf } from './iam.ts'

export interface RoleGrant extends Grant {
  role: Role
  by: string[] // operations that it allowed; or why none can be seen here
  needed: boolean // without it, something that was asked for would be denied
}

/** What Lambda itself does in a function's name: no request of the function's code shows it. */
const BY_LAMBDA: Record<string, string> = {
  'logs:CreateLogStream': 'Lambda, for what the function prints',
  'logs:PutLogEvents': 'Lambda, for what the function prints',
  'sqs:ReceiveMessage': 'Lambda, which takes the messages',
  'sqs:DeleteMessage': 'Lambda, which takes the messages',
  'sqs:GetQueueAttributes': 'Lambda, which takes the messages',
  'ec2:CreateNetworkInterface': 'Lambda, to join the VPC',
  'ec2:DescribeNetworkInterfaces': 'Lambda, to join the VPC',
  'ec2:DescribeSubnets': 'Lambda, to join the VPC',
  'ec2:DeleteNetworkInterface': 'Lambda, to join the VPC',
  'ec2:AssignPrivateIpAddresses': 'Lambda, to join the VPC',
  'ec2:UnassignPrivateIpAddresses': 'Lambda, to join the VPC',
}

/** Every grant of every role, and who needed it. */
export function grantsOfRoles(deployed: Deployed, accesses: readonly Access[]): RoleGrant[] {
  return Object.values(deployed.roles).flatMap((role) => {
    const own = distinct(accesses.filter((access) => access.function === role.function))
    const all = role.policies.flatMap(grantsOf)
    return all.map((grant): RoleGrant => {
      const service = BY_LAMBDA[grant.action]
      if (service !== undefined) return { ...grant, role, by: [service], needed: true }
      const identity = without(role.policies, all, grant)
      const used = own.filter((access) => grants(grant, access))
      const needed = used.some(
        (access) =>
          !authorize(access, { identity, resource: resourcePolicies(deployed.stack, access.resource) }).allowed,
      )
      return { ...grant, role, by: [...new Set(used.map(({ operation }) => operation))].sort(), needed }
    })
  })
}

/** A table for people: role, action, resource, and what needed it. */
export function permissionTable(granted: readonly RoleGrant[]): string {
  const rows = granted.map(({ role, action, resource, by }) => [
    role.function,
    action,
    resource.replace(/^arn:aws:/, ''),
    by.join(', '),
  ])
  const header = ['role', 'action', 'resource', 'needed by']
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)))
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd()
  return `${[header, ...rows].map(line).join('\n')}\n`
}

/** The policies but for one grant. */
function without(policies: readonly PolicyDocument[], all: readonly Grant[], left: Grant): PolicyDocument[] {
  const others = all
    .filter((grant) => grant !== left)
    .map(({ action, resource, statement }) => ({ ...statement, Action: action, Resource: resource }))
  const denials = policies.flatMap(statementsOf).filter(({ Effect }) => Effect === 'Deny')
  return [{ Statement: [...others, ...denials] }]
}

function distinct(accesses: readonly Access[]): Access[] {
  const byText = accesses.map((access): [string, Access] => {
    const { action, operation, resource, context } = access
    return [JSON.stringify([action, operation, resource, context]), access]
  })
  return [...new Map(byText).values()]
}
