/** bin/tandem.mjs in a throwaway tree whose compiler is a stub: when it builds, how it hands over, what it passes on. */
import { spawn } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const launcher = fileURLToPath(new URL('../bin/tandem.mjs', import.meta.url))

/** Notes that it ran, takes SLOW ms, and writes a command line that shows what it was given. */
const compiler = `
const fs = require('node:fs')
fs.appendFileSync('builds.txt', 'x')
fs.writeFileSync('arguments.txt', process.argv.slice(2).join(' '))
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.SLOW ?? 0))
if (fs.readFileSync('src/a.ts', 'utf8') === 'wrong') process.exit(2)
fs.mkdirSync('dist/main', { recursive: true })
fs.copyFileSync('cli.js', 'dist/main/cli.js')`

const commandLine = `
const [what, value] = process.argv.slice(2)
if (what === 'exit') process.exit(Number(value))
if (what === 'die') process.kill(process.pid, value)
if (what === 'wait') {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (console.log(signal), process.exit(7)))
  setTimeout(() => {}, 20_000)
}
console.log(JSON.stringify(process.argv.slice(2)))`

let root: string
const at = (name: string): string => join(root, name)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-launcher-'))
  for (const folder of ['bin', 'src', 'node_modules/node/bin', 'node_modules/typescript/bin']) {
    await mkdir(at(folder), { recursive: true })
  }
  await copyFile(launcher, at('bin/tandem.mjs'))
  await writeFile(at('package.json'), '{}')
  await writeFile(at('src/a.ts'), 'one')
  await writeFile(at('cli.js'), commandLine)
  await writeFile(at('node_modules/typescript/bin/tsc'), compiler)
  await symlink(process.execPath, at('node_modules/node/bin/node'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** From now on the project's Node is another one than the Node that runs the launcher. */
async function useForeignNode(): Promise<void> {
  await unlink(at('node_modules/node/bin/node'))
  await writeFile(at('node_modules/node/bin/node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`)
  await chmod(at('node_modules/node/bin/node'), 0o755)
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** Starts the launcher; `kill` is sent to it alone once it has printed something. */
function start(args: readonly string[] = [], options: { slow?: number; kill?: NodeJS.Signals } = {}): Promise<Ended> {
  const env = { ...process.env, NODE_OPTIONS: '', SLOW: String(options.slow ?? 0) }
  const child = spawn(process.execPath, [at('bin/tandem.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  const text = { out: '', err: '' }
  const hear = (stream: 'out' | 'err') => (chunk: Buffer) => {
    text[stream] += chunk.toString('utf8')
    if (options.kill) child.kill(options.kill)
  }
  child.stdout.on('data', hear('out'))
  child.stderr.on('data', hear('err'))
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, ...text })))
}

const builds = async (): Promise<number> => (await readFile(at('builds.txt'), 'utf8')).length

describe('building', () => {
  it('happens at the first start, says so on stderr alone, and not again', async () => {
    const first = await start(['a', 'b c'])
    expect(first).toMatchObject({ code: 0, out: '["a","b c"]\n' })
    expect(first.err).toContain('building')
    expect(await start()).toMatchObject({ code: 0, err: '' })
    expect(await builds()).toBe(1)
  })

  it.each<[string, () => Promise<unknown>, boolean]>([
    ['a changed source', () => writeFile(at('src/a.ts'), 'two'), true],
    ['a new source', () => writeFile(at('src/b.ts'), ''), true],
    [
      'an older file in the place of the newest',
      () => utimes(at('src/a.ts'), 1, 1).then(() => utimes(at('package.json'), 2, 2)),
      true,
    ],
    ['a changed package.json', () => writeFile(at('package.json'), '{ }'), true],
    ['a missing output', () => rm(at('dist/main/cli.js')), true],
    ['a changed test', () => writeFile(at('src/a.test.ts'), ''), false],
    ['a changed README', () => writeFile(at('README.md'), ''), false],
  ])('%s: %#', async (_name, change, rebuilds) => {
    await start()
    await change()
    expect(await start()).toMatchObject({ code: 0 })
    expect(await builds()).toBe(rebuilds ? 2 : 1)
  })

  it('tells the compiler to write again what is gone', async () => {
    await start()
    await rm(at('dist/main/cli.js'))
    await start()
    expect(await readFile(at('arguments.txt'), 'utf8')).toBe('-b --force')
  })

  it('happens again for what changed while it ran', async () => {
    const first = start([], { slow: 800 })
    await expect.poll(builds, { interval: 10 }).toBe(1)
    await writeFile(at('src/a.ts'), 'changed meanwhile')
    await first
    await start()
    expect(await builds()).toBe(2)
  })

  it('that fails is said, and nothing stale is run', async () => {
    await start()
    await writeFile(at('src/a.ts'), 'wrong')
    const { code, out, err } = await start()
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('build failed')
  })

  it('happens once for starts at the same time', async () => {
    const ended = await Promise.all([1, 2, 3].map(() => start([], { slow: 300 })))
    expect(ended.map((e) => e.code)).toEqual([0, 0, 0])
    expect(await builds()).toBe(1)
  })

  it('takes over the lock of a build that was killed', async () => {
    expect(await start([], { slow: 1000, kill: 'SIGKILL' })).toMatchObject({ signal: 'SIGKILL' })
    expect(Number(await readFile(at('dist/.building'), 'utf8'))).toBeGreaterThan(0)
    expect(await start(['again'])).toMatchObject({ code: 0, out: '["again"]\n' })
  })

  it('is refused in words where dist cannot be made', async () => {
    await writeFile(at('dist'), 'a file')
    const { code, err } = await start()
    expect(code).toBe(2)
    expect(err).toContain('cannot be built here')
  })
})

describe('the screens', () => {
  const bundler = `
const fs = require('node:fs')
fs.appendFileSync('bundles.txt', 'x')
if (fs.readFileSync('src/renderer/main.tsx', 'utf8') === 'wrong') process.exit(1)
const out = process.env.TANDEM_BUILD_OUT + '/renderer'
fs.mkdirSync(out, { recursive: true })
fs.writeFileSync(out + '/index.html', '')`
  const bundles = async (): Promise<number> => (await readFile(at('bundles.txt'), 'utf8').catch(() => '')).length

  beforeEach(async () => {
    await mkdir(at('src/renderer'))
    await mkdir(at('node_modules/electron-vite/bin'), { recursive: true })
    await writeFile(at('src/renderer/main.tsx'), '')
    await writeFile(at('node_modules/electron-vite/bin/electron-vite.js'), bundler)
  })

  it('are built for the commands that show them, and for no other', async () => {
    await start(['edit'])
    expect(await bundles()).toBe(0)
    await start(['serve'])
    await start(['studio'])
    expect([await builds(), await bundles()]).toEqual([1, 1])
  })

  it('are built again after a change of theirs, which is none to the command line', async () => {
    await start(['serve'])
    await writeFile(at('src/renderer/style.css'), '')
    await start(['edit'])
    expect([await builds(), await bundles()]).toEqual([1, 1])
    await start(['serve'])
    expect([await builds(), await bundles()]).toEqual([1, 2])
  })

  it('that do not build are not served', async () => {
    await writeFile(at('src/renderer/main.tsx'), 'wrong')
    const { code, out, err } = await start(['serve'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('build failed')
  })
})

describe('without packages', () => {
  it('says what to run', async () => {
    await rm(at('node_modules'), { recursive: true })
    const { code, err } = await start()
    expect(code).toBe(2)
    expect(err).toContain('npm ci')
  })
})

describe.each([
  ["under the project's Node", false],
  ['under another Node', true],
])('handing over %s', (_name, foreign) => {
  beforeEach(async () => {
    if (foreign) await useForeignNode()
  })

  it('passes arguments and exit code', async () => {
    expect(await start(['--x', 'y z'])).toMatchObject({ code: 0, out: '["--x","y z"]\n' })
    expect(await start(['exit', '3'])).toMatchObject({ code: 3 })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on, and leaves with what came of it', async (signal) => {
    await start()
    await writeFile(at('dist/main/cli.js'), commandLine.replace('setTimeout', "console.log('ready')\n  setTimeout"))
    expect(await start(['wait'], { kill: signal })).toMatchObject({
      code: 7,
      out: expect.stringContaining(signal) as string,
    })
  })

  it('dies of the signal that the command line died of', async () => {
    await start()
    expect(await start(['die', 'SIGTERM'])).toMatchObject({ code: null, signal: 'SIGTERM' })
  })
})
