/** The end of a job whose process died, or whose allocation failed: explained, with what its own settings allow to change. */
import { readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { containerMemory, memoryKills, type ReadSystemFile } from '../../shared/container-memory.ts'
import type { JobEnd, JobSpec } from '../../shared/jobs.ts'
import { runFiles } from '../../shared/training.ts'
import { explainDeath, type Death, type MemorySample, type TrainingSizes } from './explain-death.ts'

/** The part of a training config that decides how much memory a step takes. */
const sizesSchema = z.object({
  sft: z.object({ batch: z.int().min(1), accumulate: z.int().min(1).default(1) }),
  adapter: z.object({ rank: z.int().min(1).default(8) }).optional(),
})

/** A config as the job was given it, or as the run's folder holds it; absent where neither can be read. */
function sizesOf(spec: JobSpec | null): TrainingSizes | undefined {
  if (spec?.kind !== 'sft') return undefined
  const read = (path: string): unknown => {
    try {
      return JSON.parse(readFileSync(path, 'utf8'))
    } catch {
      return null
    }
  }
  const given = typeof spec.config === 'string' ? read(spec.config) : spec.config
  const parsed = sizesSchema.safeParse(given ?? read(join(spec.out, runFiles.config)))
  if (!parsed.success) return undefined
  const { sft, adapter } = parsed.data
  return { ...sft, method: adapter ? 'lora' : 'full', rank: adapter?.rank ?? null }
}

export function deathEnd(death: Omit<Death, 'training'>, spec: JobSpec | null): JobEnd {
  const training = sizesOf(spec)
  const { kind, message, remedy, proposal } = explainDeath({ ...death, ...(training ? { training } : {}) })
  const said = death.stderrTail.trim()
  return {
    type: 'failed',
    message,
    remedy,
    kind: kind === 'memory' || kind === 'killed' ? 'environment' : 'internal',
    ...(said === '' ? {} : { stack: said }),
    ...(kind === 'crash' ? { crashed: true as const } : {}),
    ...(kind === 'memory'
      ? {
          outOfMemory: {
            peak: peakOf(death.memoryCurve),
            free: death.memoryCurve.at(-1)?.free ?? death.freeMemory,
            proposal,
          },
        }
      : {}),
  }
}

const peakOf = (curve: readonly MemorySample[]): number => Math.max(0, ...curve.map(({ resident }) => resident))

const readSystemFile: ReadSystemFile = (path) => {
  try {
    return readFileSync(`/${path}`, 'utf8')
  } catch {
    return null
  }
}

/** What this machine, or the container it stands for, could still give, and all it has. Bytes. */
export function machineMemory(): { free: number; total: number } {
  const total = totalmem()
  const container = containerMemory(readSystemFile, total)
  return { free: Math.min(freemem(), container?.free ?? Infinity), total: container?.limit ?? total }
}

export const freeMemoryNow = (): number => machineMemory().free

/**
 * Looks at a process's memory now and then, as long as somebody wants it; the last looks are its curve. Before and after,
 * it asks how many processes the kernel has ended for lack of memory: those of this container, where it counts them.
 */
export class MemoryWatch {
  readonly #curve: MemorySample[] = []
  #kills: number | null = null
  #timer: NodeJS.Timeout | undefined

  start(pid: number | undefined): void {
    if (pid === undefined || this.#timer) return
    const look = (): void => {
      const resident = residentOf(pid)
      if (resident !== null) this.note({ resident, free: freeMemoryNow() })
    }
    this.#timer = setInterval(look, LOOK_EVERY_MS).unref()
    this.#kills = memoryKills(readSystemFile)
    look()
  }

  /** Whether the kernel has ended a process for lack of memory since the start. */
  get killedForMemory(): boolean {
    const now = memoryKills(readSystemFile)
    return this.#kills !== null && now !== null && now > this.#kills
  }

  note(sample: MemorySample): void {
    this.#curve.push(sample)
    if (this.#curve.length > KEPT) this.#curve.shift()
  }

  get curve(): readonly MemorySample[] {
    return this.#curve
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

const LOOK_EVERY_MS = 500
const KEPT = 240

/** From /proc; null where there is no such thing. */
export function residentOf(pid: number): number | null {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kb === undefined ? null : Number(kb) * 1024
  } catch {
    return null
  }
}
