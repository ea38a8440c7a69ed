/** For the test and the soak: training runs that are killed at a chosen moment, and what is compared afterwards. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobSpec } from '../../shared/jobs.ts'
import { runFiles, type SftSpec } from '../../shared/training.ts'
import { writeWorldFolder } from '../../engine/data/quadruplets.ts'
import { loadWorld } from '../../engine/data/world/world.ts'
import { adapterFiles } from '../../engine/model/adapter.ts'
import { openSafetensors, readTensor } from '../../engine/model/safetensors.ts'
import { readMetrics } from '../../engine/train/metrics-log.ts'
import { startEngineProcess } from '../jobs/engine-process.ts'

/** Two data sets drawn from the world: one to learn, one that is mixed in. */
export interface MixedSets {
  readonly data: string
  readonly mix: string
}

export async function writeMixedSets(root: string): Promise<MixedSets> {
  const sets = { data: join(root, 'data'), mix: join(root, 'mix') }
  const world = await loadWorld()
  await writeWorldFolder(world, { seed: 4, counts: { train: 6, val: 2 }, families: ['general'] }, sets.data)
  await writeWorldFolder(world, { seed: 5, counts: { train: 4 }, families: ['spatial', 'generate'] }, sets.mix)
  return sets
}

/** `spec` for an adapter with dropout on a data set, with rows of another among its own. */
export function onMixedSets(spec: SftSpec, { data, mix }: MixedSets): SftSpec {
  const config = spec.config as Record<string, unknown>
  const adapter = { rank: 4, dropout: 0.2, words: ['dog'] }
  return {
    ...spec,
    config: { ...config, adapter, data: { kind: 'folder', path: data }, mix: { path: mix, share: 0.4 } },
  }
}

/** A short run that does everything a long one does: validations, best weights, previews, checkpoints at short intervals. */
export const killableSpec = (model: string, out: string, resume: boolean, steps: number): SftSpec => ({
  kind: 'sft',
  config: {
    seed: 7,
    model,
    data: { kind: 'world', seed: 3 },
    sft: { batch: 2, accumulate: 2, validationSamples: 4, generateShare: 0.25 },
    steps,
    optimiser: {},
    schedule: { peak: 0.003, warmup: 3, decayFrom: 0.5, floor: 0.1 },
    clip: 1,
    ema: 0.9,
    validateEvery: 5,
    saveEvery: 0.02,
    previews: { every: Math.ceil(steps / 2), count: 1, steps: 3 },
    export: 'best',
  },
  out,
  resume,
})

/** Runs a job and kills its process once so many rows were told, and a little later. True when it was killed in time. */
export async function runAndKill(spec: JobSpec, afterRows: number, delayMs: number): Promise<boolean> {
  const engine = startEngineProcess()
  let timer: NodeJS.Timeout | undefined
  let rows = 0
  let last = ''
  const kill = (): void => void (timer ??= setTimeout(() => engine.kill(), delayMs))
  if (afterRows === 0) kill()
  for await (const event of engine.run(spec)) {
    last = event.type
    if (event.type === 'row' && ++rows >= afterRows) kill()
    // The kill itself ends the job as failed; anything else that fails is a defect.
    if (event.type === 'failed' && timer === undefined) throw new Error(`${event.message} ${event.stack ?? ''}`)
  }
  clearTimeout(timer)
  engine.dispose()
  return last !== 'done'
}

/** Runs a job to its end and counts its rows; throws what it failed with. */
export async function runToEnd(spec: JobSpec): Promise<number> {
  const engine = startEngineProcess()
  let rows = 0
  try {
    for await (const event of engine.run(spec)) {
      if (event.type === 'row') rows++
      if (event.type === 'failed') throw new Error(`${event.message} ${event.stack ?? ''}`)
    }
  } finally {
    engine.dispose()
  }
  return rows
}

/** Whether a killed run left something to go on with. */
export const canResume = (folder: string): Promise<boolean> =>
  stat(join(folder, runFiles.config)).then(
    () => true,
    () => false,
  )

/** Everything about a run that must not depend on how often it was cut: its curve without clocks, and its weights. */
export async function traceOf(
  folder: string,
): Promise<{ curve: string[]; weights: string; best: string; model: string }> {
  const curve: string[] = []
  for await (const row of readMetrics(join(folder, runFiles.metrics))) {
    if (row.kind !== 'train' && row.kind !== 'validation' && row.kind !== 'preview') continue
    const { seconds: _seconds, ...rest } = row
    curve.push(JSON.stringify(rest.kind === 'train' ? { ...rest, samplesPerSecond: 0 } : rest))
  }
  const made = await readFile(join(folder, runFiles.model, 'model.safetensors')).catch(() =>
    readFile(join(folder, runFiles.adapter, adapterFiles.weights)),
  )
  return {
    curve,
    weights: await digestOf(join(folder, runFiles.checkpoint)),
    best: await digestOf(join(folder, runFiles.best)),
    model: createHash('sha256').update(made).digest('hex'),
  }
}

/** Of all tensors by name; the metadata holds seconds. */
async function digestOf(path: string): Promise<string> {
  const file = await openSafetensors(path)
  const digest = createHash('sha256')
  for (const name of [...file.tensors.keys()].sort()) digest.update(name).update((await readTensor(file, name)).bytes)
  return digest.digest('hex')
}
