/** Where a namespace stands on the way to REGISTRY_ONLY. */
export type Readiness =
  | 'enforced' // REGISTRY_ONLY is on by configuration
  | 'ready' // everything is declared, and the set has been the same for the stabilisation window
  | 'settling' // everything is declared or can be, but the set changed within the window
  | 'not-ready' // something would break
  | 'unknown' // nothing was observed
