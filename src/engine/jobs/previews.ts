/**
 * What a model under training makes of a few prompts: each is edited with the averaged weights as they stand, adapter
 * included, always with the same seed, and written as an ordinary run. Nothing is drawn from the run's random stream.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { runFiles, type PreviewEntry } from '../../shared/training.ts'
import { advanceFrame, frame } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { makeFolder } from '../files.ts'
import { fitOf } from '../model/layout.ts'
import { createPredictor } from '../model/predictor.ts'
import { prepareRun, runSteps, type Engine } from '../run.ts'
import type { PreviewPrompt } from '../train/sft.ts'
import type { Look } from '../train/loop.ts'
import { outputFiles, writeOutputs } from './record.ts'
import type { LiveModel } from './live-model.ts'
import { textLabels } from './words.ts'

export const previewsSchema = z.strictObject({
  /** Steps between previews; 0 makes them only when they are asked for. */
  every: z.int().nonnegative(),
  /** Ids of rows of the data; where none are named, the first that validate. */
  rows: z.array(z.string().min(1)).max(64).default([]),
  count: z.int().min(0).max(64).default(4),
  /** Denoising steps. */
  steps: z.int().min(1).max(256).default(16),
  seed: z.int().min(0).max(0xffffffff).default(0),
})
export type PreviewSettings = z.infer<typeof previewsSchema>

/** Edits every prompt; null when it was stopped before the last. */
export async function makePreviews(
  live: LiveModel,
  prompts: readonly PreviewPrompt[],
  settings: Pick<PreviewSettings, 'steps' | 'seed'>,
  directory: string,
  look: Look,
  signal: AbortSignal,
): Promise<PreviewEntry[] | null> {
  const { step, seconds, samples, asked } = look
  const weights = look.weights.slice()
  const model = {
    ...live.base,
    name: `${live.base.name} at step ${step}`,
    hash: hashOf(live.base.hash, weights),
    ...live.at(weights),
  }
  const opened = new Map<string, ReturnType<typeof createPredictor>>()
  const engine: Engine = {
    warm: true,
    falls: () => [],
    model,
    provider: 'cpu',
    predictor(task, instruction) {
      const own = fitOf(model.config, task) ? instruction : undefined
      const key = `${task} ${own ?? ''}`
      const predictor = opened.get(key) ?? createPredictor(model, task, own === undefined ? {} : { instruction: own })
      opened.set(key, predictor)
      return predictor
    },
    dispose: () => Promise.resolve(),
  }
  const entries: PreviewEntry[] = []
  try {
    for (const [index, prompt] of prompts.entries()) {
      const began = performance.now()
      const known = await openPrompt(engine, prompt, settings)
      const state = frame(known, 0)
      const steps: Trajectory['steps'][number][] = []
      for await (const record of runSteps(engine, known, signal)) {
        steps.push(record)
        Object.assign(state, advanceFrame(state, known.header, record, []))
        // Between two forwards, as between two steps of training: a stop is heard.
        await new Promise((resolve) => setImmediate(resolve))
      }
      if (signal.aborted) return null
      const plain: Trajectory = { ...known, steps }
      const trajectory = { ...plain, header: { ...plain.header, labels: textLabels(model, plain) } }
      const place = `${runFiles.previews}/${String(step).padStart(6, '0')}/${index}`
      const folder = join(directory, place)
      await makeFolder(join(folder, '..'))
      const { reasoning } = await writeOutputs(engine, trajectory, state.tokens, folder, began)
      entries.push({
        kind: 'preview',
        step,
        seconds,
        samples,
        prompt: index,
        row: prompt.row,
        instruction: prompt.instruction,
        reasoning,
        trajectory: `${place}/${outputFiles.trajectory}`,
        picture: `${place}/${outputFiles.image}`,
        text: `${place}/${outputFiles.reasoning}`,
        asked,
      })
    }
    return entries
  } finally {
    for (const predictor of opened.values()) await predictor.dispose()
  }
}

/** The run of a prompt before its first step. */
async function openPrompt(
  engine: Engine,
  { instruction, inputImage }: PreviewPrompt,
  { steps, seed }: Pick<PreviewSettings, 'steps' | 'seed'>,
): Promise<Trajectory> {
  const header = await prepareRun(engine, {
    instruction,
    input: null,
    ...(inputImage ? { inputCodes: inputImage } : {}),
    mode: 'parallel',
    steps,
    seed,
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
  })
  return { header, steps: [], events: [] }
}

/** Weights under training have no folder that was hashed: what they are is told by the base and by themselves. */
function hashOf(base: string, weights: Float32Array): string {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)
  return createHash('sha256').update(base).update(bytes).digest('hex').slice(0, 32)
}
