/** What every job is given: a way to be stopped, and models that stay warm between jobs. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AdapterStack } from '../../shared/jobs.ts'
import type { ControlAction } from '../../shared/training.ts'
import { adapterFiles } from '../model/adapter.ts'
import { openModel } from '../model/adapter-open.ts'
import { modelFiles } from '../model/folder.ts'
import type { ProviderName } from '../../shared/providers.ts'
import { createEngine, type Engine } from '../run.ts'

export interface JobContext {
  readonly signal: AbortSignal
  /** Key of an endpoint that judges. Null: it has none; absent: the environment's, if any. */
  readonly judgeKey?: string | null | undefined
  /** What was asked of this job since the last call; a job that cannot be asked never looks. */
  readonly controls?: () => ControlAction[]
  /** Threads of a job that can be told; all there are where absent. */
  readonly threads?: number
  /** The engine for a model folder with adapters on it, opened on first use and again when any of its files change. */
  engine(directory: string, adapters?: AdapterStack, provider?: ProviderName): Promise<Engine>
  /** Whether that engine has computed something already, and none of its files changed. Absent: none ever has. */
  isWarm?(directory: string, adapters?: AdapterStack, provider?: ProviderName): Promise<boolean>
}

/** Why a job is stopped when nobody asked for it: the host died. What can be taken up again is then kept. */
export const hostGone = 'the host process is gone'

/** The engines one job holds: none of them is closed under it. */
export interface EngineLease {
  engine(directory: string, adapters?: AdapterStack, provider?: ProviderName): Promise<Engine>
  release(): Promise<void>
}

export interface EngineCache {
  /** An engine for a caller that is the cache's only one. */
  engine(directory: string, adapters?: AdapterStack, provider?: ProviderName): Promise<Engine>
  lease(): EngineLease
  isWarm(directory: string, adapters?: AdapterStack, provider?: ProviderName): Promise<boolean>
  dispose(): Promise<void>
}

interface Entry {
  readonly opened: Promise<Engine>
  /** Latest change of the folder's files when it was opened. */
  readonly changed: number
  users: number
  /** Out of the cache: closed when its last user is done. */
  dropped: boolean
}

/** Keeps the last few models open; the least recently used one that no job holds is closed to make room. */
export function createEngineCache(capacity = 2): EngineCache {
  const entries = new Map<string, Entry>()

  async function drop(key: string, entry: Entry): Promise<void> {
    if (entries.get(key) === entry) entries.delete(key)
    entry.dropped = true
    if (entry.users === 0) await close(entry)
  }

  async function shrink(): Promise<void> {
    for (const [key, entry] of [...entries]) {
      if (entries.size <= capacity) return
      if (entry.users === 0) await drop(key, entry)
    }
  }

  async function take(
    directory: string,
    adapters: AdapterStack,
    held: Set<Entry>,
    provider: ProviderName,
  ): Promise<Engine> {
    const { path, stack, key, changed } = await placeOf(directory, adapters, provider)
    let entry = entries.get(key)
    if (entry && entry.changed !== changed) {
      await drop(key, entry)
      entry = undefined
    }
    entry ??= {
      opened: openModel(path, stack).then((model) => createEngine(model, provider)),
      changed,
      users: 0,
      dropped: false,
    }
    entries.delete(key)
    entries.set(key, entry)
    if (!held.has(entry)) {
      held.add(entry)
      entry.users++
    }
    await shrink()
    try {
      return await entry.opened
    } catch (error) {
      await drop(key, entry)
      throw error
    }
  }

  return {
    async isWarm(directory, adapters = [], provider = 'cpu') {
      const { key, changed } = await placeOf(directory, adapters, provider)
      const entry = entries.get(key)
      return entry?.changed === changed && (await entry.opened).warm
    },
    async engine(directory, adapters = [], provider = 'cpu') {
      const held = new Set<Entry>()
      try {
        return await take(directory, adapters, held, provider)
      } finally {
        for (const entry of held) entry.users--
      }
    },
    lease() {
      const held = new Set<Entry>()
      return {
        engine: (directory, adapters = [], provider = 'cpu') => take(directory, adapters, held, provider),
        async release() {
          for (const entry of held) if (--entry.users === 0 && entry.dropped) await close(entry)
          held.clear()
          await shrink()
        },
      }
    },
    async dispose() {
      for (const [key, entry] of [...entries]) await drop(key, entry)
    },
  }
}

/** An engine's name in the cache, and what it is made from. */
async function placeOf(
  directory: string,
  adapters: AdapterStack,
  provider: ProviderName,
): Promise<{ path: string; stack: AdapterStack; key: string; changed: number }> {
  const path = resolve(directory)
  const stack = adapters.map((each) => ({ ...each, directory: resolve(each.directory) }))
  const changed = await lastChange([path, ...stack.map((each) => each.directory)])
  return { path, stack, key: JSON.stringify([path, stack, provider]), changed }
}

/** A folder that could not be opened has nothing to close; whoever asked for it was told. */
async function close(entry: Entry): Promise<void> {
  const engine = await entry.opened.catch(() => null)
  await engine?.dispose()
}

async function lastChange(directories: readonly string[]): Promise<number> {
  const names = [...Object.values(modelFiles), ...Object.values(adapterFiles)]
  const times = directories.flatMap((directory) =>
    names.map((name) =>
      stat(join(directory, name)).then(
        (info) => info.mtimeMs,
        () => 0,
      ),
    ),
  )
  return Math.max(...(await Promise.all(times)))
}
