import type { AstroIntegration } from 'astro'

/** The Astro adapter whose server is our own publish stage: it renders a page from a report and writes the bytes to a store. */
export function publishAdapter(): AstroIntegration {
  return {
    name: 'wharfage-publish',
    hooks: {
      'astro:config:done': ({ setAdapter }) => {
        setAdapter({
          name: 'wharfage-publish',
          entrypointResolution: 'auto',
          serverEntrypoint: new URL('./entry.ts', import.meta.url),
          supportedAstroFeatures: { serverOutput: 'stable', staticOutput: 'stable' },
        })
      },
    },
  }
}
