#!/usr/bin/env node
// Starts the command line from a clone. Plain JavaScript without dependencies, so that any Node can run it: it finds the
// project's own Node, builds what is stale, and hands over to the built command line.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const stamp = join(dist, '.built')
const entry = join(dist, 'main', 'cli.js')

/** Latest change of anything the build reads. */
function newestSource() {
  let newest = 0
  const see = (path) => (newest = Math.max(newest, statSync(path).mtimeMs))
  for (const name of readdirSync(root)) if (/^tsconfig.*\.json$|^package\.json$/.test(name)) see(join(root, name))
  for (const name of readdirSync(join(root, 'src'), { recursive: true })) {
    if (/\.(ts|json)$/.test(name) && !name.endsWith('.test.ts')) see(join(root, 'src', name))
  }
  return newest
}

function ownNode() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const candidates = [join(root, 'node_modules', 'node', 'bin', file), join(root, 'node_modules', '.bin', file)]
  return candidates.find(existsSync)
}

const node = ownNode()
if (!node) {
  console.error('tandem: the packages are not installed. Run "npm ci" in the project folder first.')
  process.exit(2)
}

/** One build at a time: a second start waits for the first one's lock to go. */
function build() {
  mkdirSync(dist, { recursive: true })
  const lock = join(dist, '.building')
  const started = Date.now()
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      const age = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0
      if (age > 120_000 || Date.now() - started > 180_000) rmSync(lock, { recursive: true, force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    }
  }
  try {
    if (isFresh()) return
    const began = Date.now()
    console.error('tandem: building (only after a change) ...')
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status } = spawnSync(node, [tsc, '-b'], { cwd: root, stdio: ['ignore', 2, 2] })
    if (status !== 0) {
      console.error('tandem: the build failed; see the messages above.')
      process.exitCode = 1
      return
    }
    writeFileSync(stamp, String(began))
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function isFresh() {
  return existsSync(stamp) && existsSync(entry) && statSync(stamp).mtimeMs >= newestSource()
}

if (!isFresh()) build()
if (!process.exitCode) {
  const child = spawn(node, ['--enable-source-maps', entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  // The terminal sends Ctrl-C to both; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal)
    process.exitCode = code ?? 1
  })
}
