/** What every job is given: a way to stop it, and models that stay warm between jobs. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { modelFiles, openModelFolder } from '../model/folder.ts'
import { createEngine, type Engine } from '../run.ts'

export interface JobContext {
  readonly signal: AbortSignal
  /** The engine for a model folder, opened on first use and again when its weights change. */
  engine(directory: string): Promise<Engine>
}

export interface EngineCache {
  engine(directory: string): Promise<Engine>
  dispose(): Promise<void>
}

/** Keeps the last few models open; the least recently used one is closed to make room. */
export function createEngineCache(capacity = 2): EngineCache {
  const entries = new Map<string, { engine: Engine; changed: number }>()
  return {
    async engine(directory) {
      const key = resolve(directory)
      const changed = await stat(join(key, modelFiles.weights)).then(
        (s) => s.mtimeMs,
        () => 0,
      )
      const known = entries.get(key)
      entries.delete(key)
      if (known && known.changed === changed) {
        entries.set(key, known)
        return known.engine
      }
      await known?.engine.dispose()
      const engine = createEngine(await openModelFolder(key))
      entries.set(key, { engine, changed })
      for (const [oldest, entry] of entries) {
        if (entries.size <= capacity) break
        entries.delete(oldest)
        await entry.engine.dispose()
      }
      return engine
    },
    async dispose() {
      for (const { engine } of entries.values()) await engine.dispose()
      entries.clear()
    },
  }
}
