/**
 * Where the time of a run goes, node by node, as the runtime's own profiler measures it. A profiled session writes a file,
 * which is read and deleted here.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { createSession, type SessionOptions, type Tensor } from './session.ts'

export interface Profile {
  /** Milliseconds of each run as the caller saw it. */
  readonly runs: readonly number[]
  /** Milliseconds a run, by the front of the nodes' names up to a colon ('' where there is none), mean over the runs. */
  readonly parts: Readonly<Record<string, number>>
}

/** What is read of a profile: kernels and whole runs, times in microseconds. */
const eventSchema = z.looseObject({ cat: z.string(), name: z.string(), ts: z.number(), dur: z.number() })

/** Runs a model `warmUp` times unmeasured and `runs` times measured. `onRun` is told of each; it may throw to stop. */
export async function profileRuns(
  model: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
  { runs, warmUp = 1, onRun, ...options }: SessionOptions & { runs: number; warmUp?: number; onRun?: () => void },
): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-profile-'))
  try {
    const session = await createSession(model, { ...options, profile: join(folder, 'run') })
    const times: number[] = []
    try {
      for (let i = -warmUp; i < runs; i++) {
        const began = performance.now()
        await session.run(feeds)
        if (i >= 0) times.push(performance.now() - began)
        onRun?.()
      }
    } finally {
      await session.dispose()
    }
    const [file] = await readdir(folder)
    if (file === undefined) return { runs: times, parts: {} }
    const events = z.array(z.unknown()).parse(JSON.parse(await readFile(join(folder, file), 'utf8')))
    return { runs: times, parts: partTimes(events, warmUp, runs) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Kernel times after the first `warmUp` runs, a run, by part. */
export function partTimes(events: readonly unknown[], warmUp: number, runs: number): Record<string, number> {
  const known = events.flatMap((event) => eventSchema.safeParse(event).data ?? [])
  const starts = known.filter(({ name }) => name === 'model_run').map(({ ts }) => ts)
  const from = starts.sort((a, b) => a - b)[warmUp] ?? 0
  const parts: Record<string, number> = {}
  for (const { cat, name, ts, dur } of known) {
    if (cat !== 'Node' || ts < from || !name.endsWith('_kernel_time')) continue
    const part = name.includes(':') ? name.slice(0, name.indexOf(':')) : ''
    parts[part] = (parts[part] ?? 0) + dur / 1000 / runs
  }
  return parts
}
