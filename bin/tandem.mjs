#!/usr/bin/env node
// Starts the command line from a clone. Plain JavaScript without dependencies, so that any Node can run it: it finds the
// project's own Node, builds what is stale, and hands over to the built command line.
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const stamp = join(dist, '.built')
const lock = join(dist, '.building')
const entry = join(dist, 'main', 'cli.js')
/** A build takes seconds; a lock older than this is nobody's, whatever process has its number by now. */
const LOCK_EXPIRES_MS = 10 * 60_000

/**
 * Names the state of what the build reads: latest change and number of files. Compared for equality, so that a file that
 * was removed, or replaced by an older one as the newest, or changed while a build ran, counts as a change.
 */
function sourceState() {
  let newest = 0
  let count = 0
  const see = (path) => {
    newest = Math.max(newest, statSync(path).mtimeMs)
    count++
  }
  for (const name of readdirSync(root)) if (/^tsconfig.*\.json$|^package\.json$/.test(name)) see(join(root, name))
  for (const name of readdirSync(join(root, 'src'), { recursive: true })) {
    if (/\.ts$|tsconfig\.json$/.test(name) && !name.endsWith('.test.ts')) see(join(root, 'src', name))
  }
  return `${newest} ${count}`
}

const readIfThere = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const isFresh = () => existsSync(entry) && readIfThere(stamp) === sourceState()
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

function ownNode() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const candidates = [join(root, 'node_modules', 'node', 'bin', file), join(root, 'node_modules', '.bin', file)]
  return candidates.find(existsSync)
}

/** The lock of a build that was killed is nobody's. An empty one is being written this moment. */
function isAbandoned() {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_EXPIRES_MS) return true
    const owner = Number(readFileSync(lock, 'utf8'))
    if (owner) process.kill(owner, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** One build at a time: a second start waits for the first one's lock to go. Only "it is there" is worth waiting for. */
function takeLock() {
  mkdirSync(dist, { recursive: true })
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isAbandoned()) rmSync(lock, { recursive: true, force: true })
      else if (!waited) console.error('tandem: waiting for a build that another start began ...')
      pause(100)
    }
  }
}

/** True when dist is fresh at the end. */
function build(node) {
  takeLock()
  try {
    if (isFresh()) return true
    console.error('tandem: building (only after a change) ...')
    const state = sourceState()
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    // tsc trusts its own records; when the output they speak of is gone, they have to be ignored.
    const force = existsSync(entry) ? [] : ['--force']
    const { status } = spawnSync(node, [tsc, '-b', ...force], { cwd: root, stdio: ['ignore', 2, 2] })
    if (status === 0) writeFileSync(stamp, state)
    return status === 0
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Under the project's Node there is nothing to start; any other Node starts it and stands in for it. */
async function handOver(node) {
  if (realpathSync(process.execPath) === realpathSync(node)) {
    process.setSourceMapsEnabled(true)
    await import(pathToFileURL(entry).href)
    return
  }
  const child = spawn(node, ['--enable-source-maps', entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both, and the child counts them: pass it on only where no terminal does.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => (signal === 'SIGINT' && terminal) || child.kill(signal))
  }
  child.on('error', (error) => fail(`the project's Node does not start (${error.message}). Run "npm ci" again.`))
  child.on('exit', (code, signal) => {
    if (!signal) return process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function fail(message) {
  console.error(`tandem: ${message}`)
  process.exit(2)
}

const node = ownNode()
if (!node) fail('the packages are not installed. Run "npm ci" in the project folder first.')
let built = isFresh()
try {
  built ||= build(node)
} catch (error) {
  fail(`the project cannot be built here (${error.message}). Its folder dist has to be writable.`)
}
if (!built) {
  console.error('tandem: the build failed; see the messages above.')
  process.exit(1)
}
await handOver(node)
