/** What differs between two configurations of Istio: resources by name, whatever file and line they stand in. */
import { emptyIstioConfig, type IstioConfig, type IstioConfigs, type Origin } from '#core/istio/config.ts'
import { compareText, distinct } from '#core/order.ts'

export interface IstioChanges {
  target: string // or '*'
  added: string[] // 'ServiceEntry egress/stripe', in order
  changed: string[]
  removed: string[]
}

/** By target, in the order of their names, those without any change among them; null counts as nothing declared. */
export function istioChanges(before: IstioConfigs | null, after: IstioConfigs): IstioChanges[] {
  const held = before ?? {}
  return distinct([...Object.keys(held), ...Object.keys(after)])
    .sort(compareText)
    .map((target) => {
      const old = resourcesOf(Object.hasOwn(held, target) ? held[target] : emptyIstioConfig())
      const now = resourcesOf(Object.hasOwn(after, target) ? after[target] : emptyIstioConfig())
      const names = (all: Map<string, string>, wanted: (name: string) => boolean) =>
        [...all.keys()].filter(wanted).sort(compareText)
      return {
        target,
        added: names(now, (name) => !old.has(name)),
        changed: names(now, (name) => old.has(name) && old.get(name) !== now.get(name)),
        removed: names(old, (name) => !now.has(name)),
      }
    })
}

/** What each resource says, by its kind and name. */
function resourcesOf(config: IstioConfig): Map<string, string> {
  const { mesh, serviceEntries, destinationRules, virtualServices, sidecars, gateways } = config
  const said = new Map<string, string>()
  if (mesh !== null) said.set('MeshConfig', text(mesh))
  const byKind = {
    ServiceEntry: serviceEntries,
    DestinationRule: destinationRules,
    VirtualService: virtualServices,
    Sidecar: sidecars,
    Gateway: gateways,
  }
  for (const [kind, resources] of Object.entries(byKind)) {
    for (const resource of resources) said.set(`${kind} ${resource.namespace}/${resource.name}`, text(resource))
  }
  return said
}

function text({ origin: _, ...said }: { origin: Origin }): string {
  return JSON.stringify(said)
}
