// Gathers what a package holds beside its archive: the service and the engine with the packages they need, as plain files
// that plain Node runs, and that Node. The archive itself holds the three bundles and no package at all.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'

/** In the bundles already, or of the command line and its server. */
const NOT_OF_THE_SERVICE = ['react', 'react-dom', 'konva', 'zustand', 'commander', 'ws']
/** What only the install script of a package needs. */
const INSTALL_ONLY = ['adm-zip', 'global-agent', 'node-addon-api']
const SKIPPED_FOLDERS = /(^|\/)(dist\/main\/(cli|server|electron)|better-sqlite3\/(deps|src))(\/|$)/
const SKIPPED_FILES = /\.(map|tsbuildinfo|d\.ts|d\.mts|d\.cts|md|ts)$|\/dist\/main\/(cli|index)\.js$/

/** Stages for this platform and architecture into `stage`. `root` is the project. */
export function stageService(root, stage, { platform = process.platform, arch = process.arch } = {}) {
  rmSync(stage, { recursive: true, force: true })
  const service = join(stage, 'service')
  mkdirSync(service, { recursive: true })
  const copy = (from, to) =>
    cpSync(join(root, from), join(service, to), { recursive: true, filter: (path) => wanted(path, platform, arch) })
  for (const part of ['shared', 'engine', 'main']) copy(join('dist', part), join('dist', part))
  for (const path of packagesOfService(root)) copy(path, path)
  // The engine looks for the world and the suites beside its own folder, as in a clone.
  copy(join('resources', 'world'), join('resources', 'world'))
  copy(join('resources', 'suites'), join('resources', 'suites'))
  const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(service, 'package.json'), JSON.stringify({ name, version, type, private: true }, null, 2) + '\n')

  const file = platform === 'win32' ? 'node.exe' : 'node'
  const node = join(stage, 'node')
  mkdirSync(node)
  cpSync(join(root, 'node_modules', 'node', 'bin', file), join(node, file), { dereference: true })
  chmodSync(join(node, file), 0o755)
  const license = join(root, 'node_modules', 'node', 'LICENSE')
  if (existsSync(license)) cpSync(license, join(node, 'LICENSE'))
}

/** Paths of the packages that the service needs, as the lock file records them: those that are installed here. */
export function packagesOfService(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const direct = Object.keys(packages[''].dependencies).filter((name) => !NOT_OF_THE_SERVICE.includes(name))
  const found = new Set()
  const see = (name, from) => {
    const path = resolvePackage(packages, name, from)
    if (!path || found.has(path) || INSTALL_ONLY.includes(name) || !existsSync(join(root, path))) return
    found.add(path)
    const { dependencies = {}, optionalDependencies = {} } = packages[path]
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) see(next, path)
  }
  for (const name of direct) see(name, '')
  return [...found].sort()
}

/** Node's own search: in the package, then in the folders above it. */
function resolvePackage(packages, name, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[path]) return path
    if (at === '') return null
  }
}

function wanted(path, platform, arch) {
  const name = path.split(sep).join('/')
  if (SKIPPED_FOLDERS.test(name) || SKIPPED_FILES.test(name)) return false
  const runtime = /onnxruntime-node\/bin\/napi-v\d+\/(\w+)(?:\/(\w+))?/.exec(name)
  if (runtime) return runtime[1] === platform && (runtime[2] === undefined || runtime[2] === arch)
  const prebuilt = /better-sqlite3\/prebuilds\/(\w+)-(\w+)\.node$/.exec(name)
  return !prebuilt || (prebuilt[1].replace(/musl$/, '') === platform && prebuilt[2] === arch)
}

/** For messages: a path as a person in the project folder would write it. */
export const shown = (root, path) => relative(root, path) || basename(root)
