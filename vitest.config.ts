import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'build/**/*.test.ts', 'bench/**/*.test.ts'],
    environment: 'node',
    // ONNX Runtime and worker threads do not go together: a process for each file.
    pool: 'forks',
    maxWorkers: 2,
    // Commands are started from source hundreds of times: Node keeps what it compiled, which takes a third of each start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url)) },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
