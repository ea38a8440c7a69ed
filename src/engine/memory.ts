/**
 * How much memory there is and how much of it is used, as far as the system tells: of the machine, of the container a
 * process may be confined to (cgroup v2 or v1), and of the process. On systems without /proc, Node's own figures.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { containerMemory } from '../shared/container-memory.ts'

export interface MemoryState {
  /** Bytes that could still be had: the least of what machine, container and address space leave. */
  readonly free: number
  /** Bytes the container may use; null where it has no limit of its own. */
  readonly limit: number | null
  /** Bytes of the machine. */
  readonly total: number
}

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** `root` is where /proc and /sys are looked up: a test brings its own. */
export function memoryState(root = '/'): MemoryState {
  const total = totalmem()
  const container = containerMemory((path) => readText(join(root, path)), total)
  const space = addressSpaceLeft(root)
  const free = Math.min(freemem(), container?.free ?? Infinity, space ?? Infinity)
  return { free: Math.max(0, free), limit: container?.limit ?? null, total }
}

/** Of a process started under `ulimit -v`. */
function addressSpaceLeft(root: string): number | null {
  const limit = /^Max address space\s+(\d+)/m.exec(readText(join(root, 'proc/self/limits')) ?? '')?.[1]
  const used = /^VmSize:\s+(\d+) kB/m.exec(readText(join(root, 'proc/self/status')) ?? '')?.[1]
  return limit === undefined || used === undefined ? null : Number(limit) - Number(used) * 1024
}

/** Bytes this process holds. */
export const residentMemory = (): number => process.memoryUsage.rss()

/** The highest resident memory from now on: of the kernel where it can be asked to begin anew, else of the moments asked at. */
export function watchPeak(): () => number {
  const highest = (): number | null => {
    const kb = /^VmHWM:\s+(\d+) kB/m.exec(readText('/proc/self/status') ?? '')?.[1]
    return kb === undefined ? null : Number(kb) * 1024
  }
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Not on this system: the moments asked at have to do.
  }
  const start = residentMemory()
  const fresh = highest()
  let seen = start
  const kernel = fresh !== null && fresh < 1.02 * start + 1e6
  return () => {
    seen = Math.max(seen, residentMemory(), kernel ? (highest() ?? 0) : 0)
    return seen
  }
}
