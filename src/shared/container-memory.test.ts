/** How many processes were ended for lack of memory, as kernels and containers say it. Limits: engine/memory.test.ts. */
import { expect, test } from 'vitest'
import { memoryKills } from './container-memory.ts'

const vmstat = 'nr_free_pages 12\noom_kill 7\ndrop_pagecache 0\n'

test.each<[string, Record<string, string>, number | null]>([
  [
    'cgroup v2',
    {
      'proc/self/cgroup': '0::/box/job\n',
      'sys/fs/cgroup/box/job/memory.events': 'low 0\nhigh 0\nmax 31\noom 4\noom_kill 3\noom_group_kill 0\n',
      'proc/vmstat': vmstat,
    },
    3,
  ],
  [
    'cgroup v1 beside an empty v2',
    {
      'proc/self/cgroup': '8:memory:/a\n1:cpu:/\n0::/\n',
      'sys/fs/cgroup/memory/a/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
      'proc/vmstat': vmstat,
    },
    2,
  ],
  ['no container', { 'proc/self/cgroup': '0::/\n', 'proc/vmstat': vmstat }, 7],
  ['a system that does not say', {}, null],
])('%s', (_name, files, kills) => {
  expect(memoryKills((path) => files[path] ?? null)).toBe(kills)
})
