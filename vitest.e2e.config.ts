import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
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
