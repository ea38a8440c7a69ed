/** Memory that can be had, from what the system's files say: with and without a container around the process. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { freemem, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryState, residentMemory, watchPeak } from './memory.ts'

let root: string
let made = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-memory-'))
})
afterAll(() => rm(root, { recursive: true }))
async function system(files: Readonly<Record<string, string>>): Promise<string> {
  const at = join(root, String(made++))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(at, name)), { recursive: true })
    await writeFile(join(at, name), text)
  }
  return at
}
const MB = 1e6

test('without a container the machine is the limit', async () => {
  const state = memoryState(await system({ 'proc/self/cgroup': '0::/\n' }))
  expect(state.limit).toBeNull()
  expect(state.total).toBe(totalmem())
  expect(Math.abs(state.free - freemem())).toBeLessThan(2e9)
})

test.each<[string, Record<string, string>, number]>([
  [
    'cgroup v2, whose cached files count as free',
    {
      'proc/self/cgroup': '0::/box/job\n',
      'sys/fs/cgroup/box/job/memory.max': `${500 * MB}\n`,
      'sys/fs/cgroup/box/job/memory.current': `${400 * MB}\n`,
      'sys/fs/cgroup/box/job/memory.stat': `anon 1\ninactive_file ${150 * MB}\nfile 3\n`,
    },
    250 * MB,
  ],
  [
    'a limit of the group around it',
    {
      'proc/self/cgroup': '0::/box/job\n',
      'sys/fs/cgroup/box/job/memory.max': 'max\n',
      'sys/fs/cgroup/box/job/memory.current': `${90 * MB}\n`,
      'sys/fs/cgroup/box/memory.max': `${300 * MB}\n`,
      'sys/fs/cgroup/box/memory.current': `${100 * MB}\n`,
    },
    200 * MB,
  ],
  [
    'a container that sees its own group as the root',
    {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': `${256 * MB}\n`,
      'sys/fs/cgroup/memory.current': `${56 * MB}\n`,
    },
    200 * MB,
  ],
  [
    'cgroup v1',
    {
      'proc/self/cgroup': '5:cpu,cpuacct:/a\n4:memory:/a\n',
      'sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${400 * MB}\n`,
      'sys/fs/cgroup/memory/a/memory.usage_in_bytes': `${300 * MB}\n`,
      'sys/fs/cgroup/memory/a/memory.stat': `inactive_file 7\ntotal_inactive_file ${50 * MB}\n`,
    },
    150 * MB,
  ],
  [
    'more used than allowed',
    {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': `${100 * MB}\n`,
      'sys/fs/cgroup/memory.current': `${120 * MB}\n`,
    },
    0,
  ],
  [
    'an address space that was limited',
    {
      'proc/self/limits':
        'Limit                     Soft Limit           Hard Limit           Units\nMax address space         300000000            unlimited            bytes\n',
      'proc/self/status': 'Name:\tnode\nVmSize:\t  100000 kB\n',
    },
    300_000_000 - 102_400_000,
  ],
])('%s', async (_name, files, free) => {
  expect(memoryState(await system(files)).free).toBe(free)
})

test('a limit that is larger than the machine is none', async () => {
  const files = {
    'proc/self/cgroup': '4:memory:/\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    'sys/fs/cgroup/memory/memory.usage_in_bytes': '1000',
  }
  expect(memoryState(await system(files)).limit).toBeNull()
})

test('a peak is seen though it has passed', () => {
  const peak = watchPeak()
  const before = residentMemory()
  const block = new Uint8Array(120e6).fill(1)
  expect(block[5]).toBe(1)
  const during = peak()
  expect(during).toBeGreaterThan(before + 90e6)
  expect(peak()).toBeGreaterThanOrEqual(during)
})
