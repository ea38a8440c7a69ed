/** Trains the storybook scorer and leaves a folder with weights, tokenizer, scale and measured scores. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import type { ScorerScores } from '../../shared/rl.ts'
import { TandemError } from '../../shared/errors.ts'
import { seededRandom } from '../data/random.ts'
import { loadWorld, type World } from '../data/world/world.ts'
import { writeFileAtomic } from '../files.ts'
import { viewOf } from '../model/parameters.ts'
import { buildTokenizerJson, createTextTokenizer, specialTokens, type TextTokenizer } from '../model/text-tokenizer.ts'
import { worldWords } from '../data/world/words.ts'
import { cosine, measureScale as scaleOf } from '../rl/reward.ts'
import { scorerConfigSchema, scorerFiles, type ScorerConfig } from '../rl/scorer/config.ts'
import { evaluateScorer } from '../rl/scorer/evaluate.ts'
import { createScorer, readScorerWeights, scorerTable, writeScorerWeights, type Scorer } from '../rl/scorer/folder.ts'
import { makeCellTable, trainingPair, trainingRow } from '../rl/scorer/pairs.ts'
import { createScorerTask } from '../rl/scorer/task.ts'
import { loadCheckpoint } from '../train/checkpoint.ts'
import { checkpointPath, train } from '../train/loop.ts'
import type { JobContext } from './context.ts'
import { openFolder, writeTogether } from './output.ts'

/** Sizes of the scorer that ships: under 2 MB at half precision. */
const sizes = {
  grid: 4,
  pixels: 8,
  words: 36,
  reach: 3,
  dModel: 128,
  layers: 2,
  heads: 4,
  mlpHidden: 192,
  embedding: 192,
} as const

/** Pairs over which the scale is measured: one in a hundred of what training has seen, within reason. */
const scaleCount = (seen: number): number => Math.max(256, Math.min(4096, Math.round(seen / 100)))

export async function* trainScorerJob(spec: SpecOf<'train-scorer'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const directory = resolve(spec.out)
  const checkpoint = await stat(checkpointPath(directory)).catch(() => null)
  if (spec.resume && !checkpoint)
    throw new TandemError('There is no run to go on with in that folder.', 'Leave out --resume to start one.')
  const world = await loadWorld()
  const json = buildTokenizerJson(worldWords(world))
  const tokenizer = createTextTokenizer(json)
  const config = freshConfig(spec.name, tokenizer)
  const start = spec.from === null ? null : await readScorerWeights(resolve(spec.from), config)
  const folder = await openFolder(directory)
  const { batch, seed } = spec
  const task = await createScorerTask(world, config, tokenizer, { batch, seed, ...(start ? { start } : {}) })
  try {
    const loop = {
      directory,
      seed: spec.seed,
      steps: spec.steps,
      optimiser: { kind: 'muon', beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, momentum: 0.95 } as const,
      schedule: {
        peak: spec.learningRate,
        warmup: Math.min(100, Math.ceil(spec.steps / 10)),
        decayFrom: 0.4,
        floor: 0.02,
      },
      clip: 1,
      ema: 0.995,
      validateEvery: spec.steps,
      saveEvery: spec.saveEvery,
      resume: spec.resume,
      signal: context.signal,
    }
    for await (const event of train(task, loop)) {
      if (event.kind === 'start')
        yield { type: 'started', total: event.total, detail: `${event.parameters} parameters, from step ${event.step}` }
      else if (event.kind === 'step') {
        const { step, total, seconds, samples, metrics } = event
        const eta = ((total - step) * seconds) / Math.max(1, step)
        const rates = { samples_per_second: samples / Math.max(seconds, 1e-9), eta_seconds: eta }
        yield { type: 'progress', done: step, total, metrics: { ...metrics, ...rates } }
      }
    }
    if (context.signal.aborted) return
    const { ema, progress } = await loadCheckpoint(checkpointPath(directory), task.table)
    const made = await measure(world, config, tokenizer, ema, spec, progress.position)
    const out = join(directory, 'scorer')
    await writeTogether(out, async (temporary) => {
      await writeFileAtomic(join(temporary, scorerFiles.tokenizer), JSON.stringify(json, null, 2) + '\n')
      await writeFileAtomic(join(temporary, scorerFiles.config), JSON.stringify(made.config, null, 2) + '\n')
      await writeFileAtomic(join(temporary, scorerFiles.scores), JSON.stringify(made.scores, null, 2) + '\n')
      await writeScorerWeights(join(temporary, scorerFiles.weights), made.config, ema, {
        steps: String(progress.step),
        samples: String(progress.samples),
      })
    })
    yield {
      type: 'result',
      result: {
        folder: out,
        parameters: task.table.size,
        steps: progress.step,
        seconds: Math.round(progress.seconds),
        scores: made.scores,
      },
    }
  } finally {
    await task.dispose()
    await folder.abandon()
  }
}

function freshConfig(name: string, tokenizer: TextTokenizer): ScorerConfig {
  const id = (token: (typeof specialTokens)[number]): number => specialTokens.indexOf(token)
  return scorerConfigSchema.parse({
    format: 'tandem-scorer',
    version: 1,
    name,
    ...sizes,
    vocabSize: tokenizer.size,
    special: { mask: id('<mask>'), pad: id('<pad>'), eos: id('<eos>') },
    scale: { mean: 0, deviation: 1 },
  })
}

async function measure(
  world: World,
  config: ScorerConfig,
  tokenizer: TextTokenizer,
  flat: Float32Array,
  { seed, evaluate }: SpecOf<'train-scorer'>,
  seen: number,
): Promise<{ config: ScorerConfig; scores: ScorerScores }> {
  const spans = new Map(scorerTable(config).spans.map((span) => [span.name, span]))
  const scorer = createScorer(config, tokenizer, (name) => viewOf(flat, spans.get(name)!))
  try {
    const scale = await measureScale(scorer, world, seed, seen)
    return { config: { ...config, scale }, scores: await evaluateScorer(scorer, world, evaluate, seed) }
  } finally {
    await scorer.dispose()
  }
}

/** Mean and deviation of the cosine of true, unfinished pairs: a random 1 % of the training data (paper, section 5). */
async function measureScale(
  scorer: Scorer,
  world: World,
  seed: number,
  seen: number,
): Promise<{ mean: number; deviation: number }> {
  const { config } = scorer
  const random = seededRandom('scorer-scale', seed)
  const table = makeCellTable(world, config)
  const rows = Array.from({ length: scaleCount(seen) }, () =>
    trainingRow(world, table, config, trainingPair(world, seed, random.int(Math.max(1, seen)), random), random),
  )
  const texts = await scorer.texts(rows.map((row) => row.words))
  const pictures = await scorer.cells(rows.map((row) => row.cells))
  const scale = scaleOf(texts.map((text, i) => cosine(text, pictures[i]!)))
  if (!scale) throw new TandemError('The scorer gives every pair the same mark.', 'Train it longer.', 'environment')
  return { mean: Number(scale.mean.toFixed(6)), deviation: Math.max(1e-6, Number(scale.deviation.toFixed(6))) }
}
