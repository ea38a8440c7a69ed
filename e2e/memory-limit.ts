/**
 * A container as the kernel sees one: a cgroup of the test's own with a limit of memory (v2 or v1), into which it puts the
 * processes that it starts; and a neighbour in there that takes as much memory as it is told to.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface MemoryLimit {
  /** From now on this process, and those it starts, live in the limit. */
  put(pid: number): void
  /** Takes `bytes` more, in a process of its own within the limit. */
  take(bytes: number): void
  /** How many processes in it the kernel has ended for lack of memory. */
  kills(): number
  /** Ends the neighbour, and gives back what it took. */
  release(): void
  /** When every process in it has ended. */
  remove(): Promise<void>
}

const V2 = '/sys/fs/cgroup'
const V1 = '/sys/fs/cgroup/memory'

function makeGroup(): { folder: string; v2: boolean } | null {
  for (const [root, file] of [
    [V1, 'memory.limit_in_bytes'],
    [V2, 'memory.max'],
  ] as const) {
    const folder = join(root, `tandem-e2e-${process.pid}`)
    try {
      mkdirSync(folder)
      if (existsSync(join(folder, file))) return { folder, v2: root === V2 }
      rmdirSync(folder)
    } catch {
      // Not mounted, or not ours to write.
    }
  }
  return null
}

/** Why this machine gives no such limit, or null. */
export function memoryLimitMissing(): string | null {
  const group = makeGroup()
  if (group === null) return 'Limits of memory need Linux and a cgroup hierarchy that this user may write to.'
  rmdirSync(group.folder)
  return null
}

export function limitMemory(bytes: number): MemoryLimit {
  const group = makeGroup()
  if (group === null) throw new Error(memoryLimitMissing() ?? 'The cgroup could not be made.')
  const { folder, v2 } = group
  const write = (name: string, value: number): void => writeFileSync(join(folder, name), String(value))
  write(v2 ? 'memory.max' : 'memory.limit_in_bytes', bytes)
  // What was swapped out would not be missed.
  if (v2 && existsSync(join(folder, 'memory.swap.max'))) write('memory.swap.max', 0)
  if (!v2) write('memory.swappiness', 0)
  const put = (pid: number): void => write('cgroup.procs', pid)
  const neighbour = spawn(
    process.execPath,
    [
      '-e',
      `const kept = []; process.stdin.on('data', (all) => { for (const n of String(all).trim().split('\\n')) kept.push(Buffer.alloc(Number(n), 1)) })`,
    ],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  )
  neighbour.stdin.on('error', () => undefined)
  put(neighbour.pid!)
  return {
    put,
    take: (more) => void neighbour.stdin.write(`${more}\n`),
    kills() {
      const text = readFileSync(join(folder, v2 ? 'memory.events' : 'memory.oom_control'), 'utf8')
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
    },
    release: () => void neighbour.kill('SIGKILL'),
    async remove() {
      neighbour.kill('SIGKILL')
      for (let tries = 100; ; tries--) {
        try {
          rmdirSync(folder)
          return
        } catch (error) {
          if (tries === 0) throw error
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      }
    },
  }
}
