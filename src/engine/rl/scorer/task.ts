/** Training of the scorer: batches of pairs with planted errors for this project's loop. */
import type { World } from '../../data/world/world.ts'
import type { TextTokenizer } from '../../model/text-tokenizer.ts'
import { layOutParameters } from '../../model/parameters.ts'
import type { Tensor } from '../../runtime/session.ts'
import type { StepOutcome, TrainTask } from '../../train/loop.ts'
import { createProgram } from '../../train/step.ts'
import { cellCount, cellSize, scorerParameters, type ScorerConfig } from './config.ts'
import { textTokens } from './features.ts'
import { buildScorerTrainGraph, PLANTED, PLANTED_TEXTS } from './graph.ts'
import { makeCellTable, trainingPair, trainingRow } from './pairs.ts'

export interface ScorerTraining {
  readonly batch: number
  readonly seed: number
  readonly threads?: number
  /** Weights to start from other than fresh ones. */
  readonly start?: Float32Array
}

export async function createScorerTask(
  world: World,
  config: ScorerConfig,
  tokenizer: TextTokenizer,
  { batch, seed, threads, start }: ScorerTraining,
): Promise<TrainTask> {
  const table = layOutParameters(scorerParameters(config))
  const program = await createProgram(buildScorerTrainGraph(config, batch), table, threads)
  const cellTable = makeCellTable(world, config)
  const pictureSize = cellCount(config) * cellSize(config)
  const tokens = new BigInt64Array((1 + PLANTED_TEXTS) * batch * config.words)
  const cells = new Float32Array((1 + PLANTED) * batch * pictureSize)
  return {
    table,
    ...(start ? { start } : {}),
    identity: JSON.stringify({ config, batch, seed, world: world.file.name }),
    async step({ random, weights, gradient, position }): Promise<StepOutcome> {
      const rowWeights = new Float32Array(batch)
      for (let b = 0; b < batch; b++) {
        const row = trainingRow(world, cellTable, config, trainingPair(world, seed, position + b, random), random)
        rowWeights[b] = row.weight
        for (const [i, words] of [row.words, ...row.wrongWords].entries())
          tokens.set(BigInt64Array.from(textTokens(config, tokenizer, words), BigInt), (i * batch + b) * config.words)
        for (const [i, picture] of [row.cells, ...row.wrong].entries())
          cells.set(picture, (i * batch + b) * pictureSize)
      }
      const sum = rowWeights.reduce((a, w) => a + w, 0)
      const weight: Tensor = { data: rowWeights.map((w) => w / sum), dims: [batch, 1] }
      const feeds: Record<string, Tensor> = {
        tokens: { data: tokens, dims: [(1 + PLANTED_TEXTS) * batch, config.words] },
        cells: { data: cells, dims: [(1 + PLANTED) * batch, cellCount(config), cellSize(config)] },
        weight,
      }
      const results = await program.step(feeds, weights, gradient)
      // exp of the mean log p of the right partner: 1 where every row finds its own.
      const found = (side: 'text' | 'picture'): number => {
        const logp = results[`logp:${side}`]!.data as Float32Array
        return Math.exp(logp.reduce((a, v, i) => a + v * Number(weight.data[i]), 0))
      }
      return {
        samples: batch,
        position: position + batch,
        metrics: {
          loss: Number(results['loss']!.data[0]),
          finds_picture: found('text'),
          finds_text: found('picture'),
          scale: Number(results['scale']!.data[0]),
        },
      }
    },
    dispose: () => program.dispose(),
  }
}
