/**
 * What the kernel's files say of the container around a process (cgroup v2 or v1): how much memory it may use, how much is
 * left, and how many of its processes were ended for lack of it. Pure: whoever asks brings what reads the files.
 */

/** The text of a file by its path from the root of the system, or null where there is none. */
export type ReadSystemFile = (path: string) => string | null

/** Bytes. */
export interface ContainerMemory {
  readonly limit: number
  readonly free: number
}

/**
 * Limit and room of the strictest cgroup around this process; null without one. Files the kernel could drop from its cache
 * count as room, as container managers count them. Limits of `total` bytes, the machine's memory, and above are none.
 */
export function containerMemory(read: ReadSystemFile, total: number): ContainerMemory | null {
  const { v2, v1 } = groupsOf(read)
  const bytes = (path: string): number | null => {
    const text = read(path)?.trim()
    return text && /^\d+$/.test(text) ? Number(text) : null
  }
  const room = (folder: string, limitName: string, usedName: string, prefix: string): ContainerMemory | null => {
    const limit = bytes(`${folder}/${limitName}`)
    const used = bytes(`${folder}/${usedName}`)
    if (limit === null || used === null || limit >= total) return null
    const stat = read(`${folder}/memory.stat`)
    const cached = Number(new RegExp(`^${prefix}inactive_file (\\d+)$`, 'm').exec(stat ?? '')?.[1] ?? 0)
    return { limit, free: Math.max(0, limit - Math.max(0, used - cached)) }
  }
  const found = [
    ...foldersUp(V2, v2).map((folder) => room(folder, 'memory.max', 'memory.current', '')),
    ...foldersUp(V1, v1).map((folder) => room(folder, 'memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_')),
  ].filter((at) => at !== null)
  return found.length === 0 ? null : found.reduce((least, at) => (at.free < least.free ? at : least))
}

/**
 * How many processes the kernel has ended for lack of memory, in this process's own cgroup, or in the whole machine where
 * that keeps no count; null where neither does. The system tells a killed process nothing: that this number rose does.
 */
export function memoryKills(read: ReadSystemFile): number | null {
  const { v2, v1 } = groupsOf(read)
  const places = [
    ...foldersUp(V2, v2)
      .slice(0, 1)
      .map((folder) => `${folder}/memory.events`),
    ...foldersUp(V1, v1)
      .slice(0, 1)
      .map((folder) => `${folder}/memory.oom_control`),
    'proc/vmstat',
  ]
  for (const path of places) {
    const kills = /^oom_kill (\d+)$/m.exec(read(path) ?? '')?.[1]
    if (kills !== undefined) return Number(kills)
  }
  return null
}

const V2 = 'sys/fs/cgroup'
const V1 = 'sys/fs/cgroup/memory'

/** The cgroups this process is in, by what /proc says of them. */
function groupsOf(read: ReadSystemFile): { v2: string; v1: string } {
  const lines = read('proc/self/cgroup')?.split('\n') ?? []
  const v2 = lines.find((line) => line.startsWith('0::'))?.slice(3)
  const v1 = lines.find((line) => /^\d+:([^:]*,)?memory(,[^:]*)?:/.test(line))?.replace(/^\d+:[^:]*:/, '')
  return { v2: v2 ?? '/', v1: v1 ?? '/' }
}

/** The folder of a cgroup and those around it, innermost first: any of them may set a limit. */
function foldersUp(root: string, group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '..')
  return Array.from({ length: parts.length + 1 }, (_, i) => [root, ...parts.slice(0, parts.length - i)].join('/'))
}
