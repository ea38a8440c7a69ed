/** Before the tests: what they drive is what a start builds. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './electron-launch.ts'

export default function build(): void {
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'tandem.mjs'), 'studio', '--help'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('The studio could not be built; see above.')
}
