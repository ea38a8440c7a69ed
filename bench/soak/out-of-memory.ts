/**
 * A training run in a container whose memory runs out, through the screens: e2e/out-of-memory-browser.test.ts in a real
 * cgroup. Not in `npm test`: when the kernel ends which process depends on the machine.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const test = ['run', '-c', 'vitest.e2e.config.ts', 'e2e/out-of-memory-browser.test.ts']
const { status } = spawnSync(process.execPath, [vitest, ...test], {
  cwd: root,
  env: { ...process.env, TANDEM_SOAK: '1' },
  stdio: 'inherit',
})
process.exit(status ?? 1)
