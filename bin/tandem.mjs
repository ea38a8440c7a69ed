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
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const lock = join(dist, '.building')
const entry = join(dist, 'main', 'cli.js')
/** A build takes seconds; a lock older than this is nobody's, whatever process has its number by now. */
const LOCK_EXPIRES_MS = 10 * 60_000
/** Commands that show screens; the others are not kept waiting for a bundler. */
const SCREEN_COMMANDS = ['serve', 'studio']

/** Of Electron and the screens; what they share with the command line is in both builds. */
const isScreens = (name) => /^(renderer|preload|main\/electron)\/|^main\/index\.ts$/.test(name)
const isShared = (name) => /^(shared|main\/(service|service-host|web))\//.test(name)

/**
 * What can be built: which files it reads, the file that shows that it is there, and the tool that makes it. tsc trusts its
 * own records; when the output they speak of is gone, they have to be ignored.
 */
const commands = {
  stamp: join(dist, '.built'),
  entry,
  reads: (name) => /\.ts$|tsconfig\.json$/.test(name) && !isScreens(name),
  settings: /^tsconfig.*\.json$|^package\.json$/,
  tool: () => [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', ...(existsSync(entry) ? [] : ['--force'])],
}
const screens = {
  /** A studio that runs serves these from disk: they are built beside it and moved into place file by file. */
  folders: ['electron', 'preload', 'renderer'],
  stamp: join(dist, '.built-screens'),
  entry: join(dist, 'renderer', 'index.html'),
  reads: (name) => isScreens(name) || isShared(name),
  settings: /^electron\.vite\.config\.ts$|^package\.json$/,
  tool: () => [join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build', '--logLevel', 'warn'],
}

/**
 * Names the state of what a build reads: latest change and number of files. Compared for equality, so that a file that
 * was removed, or replaced by an older one as the newest, or changed while a build ran, counts as a change.
 */
function sourceState({ reads, settings }) {
  let newest = 0
  let count = 0
  const see = (path) => {
    const found = statSync(path)
    if (!found.isFile()) return
    newest = Math.max(newest, found.mtimeMs)
    count++
  }
  for (const name of readdirSync(root)) if (settings.test(name)) see(join(root, name))
  for (const path of readdirSync(join(root, 'src'), { recursive: true })) {
    const name = path.replaceAll('\\', '/')
    if (reads(name) && !/\.test\.tsx?$/.test(name)) see(join(root, 'src', name))
  }
  return `${newest} ${count}`
}

const readIfThere = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const isFresh = (part) => existsSync(part.entry) && readIfThere(part.stamp) === sourceState(part)
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

/** Files of a folder by their path in it, the page last: it names the others. */
function filesOf(folder) {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }).map((path) => path.replaceAll('\\', '/'))
  const files = names.filter((name) => statSync(join(folder, name)).isFile())
  return files.sort((a, b) => a.endsWith('.html') - b.endsWith('.html'))
}

/**
 * Moves a build into place without a moment in which a file of it is missing. What the build before it had stays for one
 * more build: a window that is open still loads parts of it by their old names.
 */
function install(from, to) {
  const record = join(to, '.files')
  const before = readIfThere(record).split('\n')
  mkdirSync(to, { recursive: true })
  const files = filesOf(from)
  for (const name of files) {
    mkdirSync(dirname(join(to, name)), { recursive: true })
    renameSync(join(from, name), join(to, name))
  }
  for (const name of filesOf(to)) {
    if (name !== '.files' && !files.includes(name) && !before.includes(name)) rmSync(join(to, name), { force: true })
  }
  writeFileSync(record, files.join('\n'))
}

function runTool(node, { tool, folders }) {
  if (!folders) return spawnSync(node, tool(), { cwd: root, stdio: ['ignore', 2, 2] }).status === 0
  const next = join(dist, `.next-${process.pid}`)
  try {
    const env = { ...process.env, TANDEM_BUILD_OUT: next }
    const { status } = spawnSync(node, tool(), { cwd: root, stdio: ['ignore', 2, 2], env })
    if (status === 0) for (const folder of folders) install(join(next, folder), join(dist, folder))
    return status === 0
  } finally {
    rmSync(next, { recursive: true, force: true })
  }
}

/** True when all parts are fresh at the end. */
function build(node, parts) {
  takeLock()
  try {
    for (const part of parts) {
      if (isFresh(part)) continue
      console.error(`tandem: building${part === screens ? ' the screens' : ''} (only after a change) ...`)
      const state = sourceState(part)
      if (!runTool(node, part)) return false
      writeFileSync(part.stamp, state)
    }
    return true
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
const parts = SCREEN_COMMANDS.includes(process.argv[2]) ? [commands, screens] : [commands]
let built = parts.every(isFresh)
try {
  built ||= build(node, parts)
} catch (error) {
  fail(`the project cannot be built here (${error.message}). Its folder dist has to be writable.`)
}
if (!built) {
  console.error('tandem: the build failed; see the messages above.')
  process.exit(1)
}
await handOver(node)
