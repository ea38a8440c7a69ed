/** Before the tests: what they drive is what a start builds. TANDEM_E2E_BUILT drives what was built before. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './electron-launch.ts'

export default function build(): void {
  if (process.env.TANDEM_E2E_BUILT) return
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'tandem.mjs'), 'studio', '--help'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('The studio could not be built; see above.')
}
