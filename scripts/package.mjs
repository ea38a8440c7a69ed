// npm run package: the desktop package of this machine's platform, into dist/package. On Linux a folder; --installers makes
// the platform's installers instead. --electron-dist DIR takes Electron from a folder (tests do, out of its download's reach).
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { shown, stageService } from '../build/stage.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values } = parseArgs({
  options: {
    installers: { type: 'boolean', default: false },
    'electron-dist': { type: 'string' },
    out: { type: 'string', default: join('dist', 'package') },
  },
})

function run(what, args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) fail(`${what} failed${error ? `: ${error.message}` : '; see above'}.`)
}

function fail(message) {
  console.error(`package: ${message}`)
  process.exit(1)
}

run('the build', [join(root, 'bin', 'tandem.mjs'), 'studio', '--help'])
stageService(root, join(root, 'dist', 'stage'))

const electron = values['electron-dist']
if (electron !== undefined && !existsSync(join(electron, 'version'))) fail(`${electron} is no folder of an Electron.`)
const require = createRequire(import.meta.url)
const builder = join(dirname(require.resolve('electron-builder/package.json')), 'cli.js')
const target = { linux: '--linux', darwin: '--mac', win32: '--win' }[process.platform]
if (!target) fail(`there are no packages for ${process.platform}.`)
run('electron-builder', [
  builder,
  target,
  ...(values.installers ? [] : ['dir']),
  '--config',
  join('build', 'electron-builder.yml'),
  '--publish',
  'never',
  `-c.directories.output=${values.out}`,
  ...(electron === undefined
    ? []
    : [`-c.electronDist=${electron}`, `-c.electronVersion=${readFileSync(join(electron, 'version'), 'utf8').trim()}`]),
])
console.log(`The package is in ${shown(root, join(root, values.out))}.`)
