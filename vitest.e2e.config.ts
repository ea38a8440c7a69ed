import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    // A container that runs full depends on what else the machine's kernel counts: npm run soak -- out-of-memory.
    exclude: [...configDefaults.exclude, ...(process.env['TANDEM_SOAK'] ? [] : ['e2e/out-of-memory-browser.test.ts'])],
    environment: 'node',
    globalSetup: ['e2e/build.ts'],
    // Windows, browsers and an engine each: one at a time is as fast as two.
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // A window takes its time on a busy machine.
    expect: { poll: { timeout: 20_000 } },
  },
})
