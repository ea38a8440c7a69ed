/**
 * Bundles what Electron and a browser load: the main process (dist/electron), the preload script (dist/preload) and the
 * screens (dist/renderer). The command line, the service and the engine are no bundle: `tsc -b` writes them to dist/main,
 * dist/engine and dist/shared, where plain Node runs them.
 */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

/** A start builds beside what runs and moves it into place when it is whole (bin/tandem.mjs). */
const out = process.env.TANDEM_BUILD_OUT ?? 'dist'

export default defineConfig({
  main: {
    build: {
      outDir: `${out}/electron`,
      emptyOutDir: true,
      sourcemap: true,
      target: 'node20',
      // The archive of a package holds no other package.
      externalizeDeps: false,
      minify: true,
      rolldownOptions: {
        input: { main: 'src/main/index.ts' },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: `${out}/preload`,
      emptyOutDir: true,
      target: 'node20',
      rolldownOptions: {
        input: { index: 'src/preload/index.ts' },
        // A sandboxed preload script is CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react()],
    build: {
      outDir: `${out}/renderer`,
      emptyOutDir: true,
      // Any current browser, not Electron's alone. Nothing is inlined as data: a policy by origin stays simple.
      target: 'es2022',
      assetsInlineLimit: 0,
      minify: true,
      rolldownOptions: {
        input: 'src/renderer/index.html',
        output: {
          codeSplitting: {
            groups: [
              // What changes with a package, not with the studio: a browser keeps it from one version to the next.
              { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|zustand)[\\/]/ },
              { name: 'konva', test: /node_modules[\\/]konva[\\/]/ },
              { name: 'zod', test: /node_modules[\\/]zod[\\/]/ },
            ],
          },
        },
      },
    },
  },
})
