import { defineConfig, passthroughImageService } from 'astro/config'
import { publishAdapter } from './adapter.ts'

// Astro seals the properties of server islands with a random key of each build. There are none here, and with a fixed
// key the same sources give the same build, so that publishing again renders nothing again.
process.env.ASTRO_KEY = Buffer.alloc(32).toString('base64')

export default defineConfig({
  output: 'server',
  adapter: publishAdapter(),
  trailingSlash: 'always',
  image: { service: passthroughImageService() },
  devToolbar: { enabled: false },
  // The published site is served under a content security policy that allows no inline script or style.
  build: { format: 'directory', inlineStylesheets: 'never', assets: '_assets' },
  vite: {
    // Named by content alone: which page an asset was first met in is no part of what it is.
    build: {
      assetsInlineLimit: 0,
      license: { fileName: 'LICENSES.txt' }, // of what is bundled, which asks for it to be passed on
      rolldownOptions: {
        output: { assetFileNames: '_assets/[hash][extname]' },
        // Reading a property does nothing else in what is bundled here; otherwise scales that no chart has would be kept.
        treeshake: { propertyReadSideEffects: false },
      },
    },
    environments: {
      // Not named by content, which holds the folder of the build until the adapter takes it out.
      ssr: { build: { rolldownOptions: { output: { chunkFileNames: 'chunks/[name].mjs' } } } },
      client: {
        build: {
          rolldownOptions: { output: { entryFileNames: '_assets/[hash].js', chunkFileNames: '_assets/[hash].js' } },
        },
      },
    },
    resolve: { noExternal: true }, // the built site runs without node_modules
  },
})
