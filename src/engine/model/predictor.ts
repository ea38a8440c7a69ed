/** The mask predictor as the sampler sees it: sessions per layout and number of sequences, made on first need. */
import type { Task } from '../../shared/model-config.ts'
import type { Modality } from '../../shared/trajectory.ts'
import { createSession, type Session, type Tensor } from '../runtime/session.ts'
import type { ProviderName } from '../runtime/providers.ts'
import type { Ask, Picks, Predictor, PredictRequest } from '../sampler/predictor.ts'
import type { ModelFolder } from './folder.ts'
import { buildInferGraph, guidanceFeed, type Passes } from './infer-graph.ts'
import type { Layout } from './layout.ts'

export interface ModelPredictor extends Predictor {
  dispose(): Promise<void>
}

/**
 * What "0" means: dividing by it keeps every digit of a logit and sets any two that differ so far apart that softmax is
 * one-hot. (At 1e-4 the second of two close logits was still drawn now and then.)
 */
const COLDEST = 1e-20

export function createPredictor(
  model: Pick<ModelFolder, 'config' | 'weights' | 'stored'>,
  task: Task,
  { instruction, ...options }: { provider?: ProviderName; threads?: number; instruction?: number } = {},
): ModelPredictor {
  const { config, stored } = model
  const opened = new Map<Passes, Promise<{ session: Session; layout: Layout }>>()
  const open = (passes: Passes): Promise<{ session: Session; layout: Layout }> => {
    const known = opened.get(passes)
    if (known) return known
    const made = (async () => {
      const graph = buildInferGraph(config, task, passes, (name) => model.weights(name), {
        ...(instruction === undefined ? {} : { instruction }),
        ...(stored ? { stored: stored.weight } : {}),
        ...(stored?.adapt ? { adapt: stored.adapt } : {}),
      })
      const where = stored ? { weightsFrom: stored.root } : {}
      return { session: await createSession(graph.model, { ...options, ...where }), layout: graph.layout }
    })()
    opened.set(passes, made)
    return made
  }
  return {
    async predict({ sequences, asks }: PredictRequest) {
      const passes = sequences.length as Passes
      const { session, layout } = await open(passes)
      const flat = new BigInt64Array(passes * layout.length)
      sequences.forEach((sequence, p) => sequence.forEach((token, i) => (flat[p * layout.length + i] = BigInt(token))))
      const feeds: Record<string, Tensor> = { tokens: { data: flat, dims: [passes, layout.length] } }
      const modalities = (['text', 'image'] as const).filter((m) => session.inputNames.includes(`rows:${m}`))
      for (const modality of modalities) Object.assign(feeds, askFeeds(modality, asks[modality], layout, passes))
      const results = await session.run(feeds)
      const out: Partial<Record<Modality, Picks>> = {}
      for (const modality of modalities) {
        const ask = asks[modality]
        if (!ask) continue
        const offset = modality === 'image' ? config.image.offset : 0
        const tokens = results[`token:${modality}`]!.data as BigInt64Array
        const confidence = results[`confidence:${modality}`]!.data as Float32Array
        out[modality] = {
          tokens: Int32Array.from(ask.positions, (_, i) => Number(tokens[i]) + offset),
          confidence: confidence.slice(0, ask.positions.length),
        }
      }
      return out
    },
    async dispose() {
      for (const entry of opened.values()) await (await entry).session.dispose()
      opened.clear()
    },
  }
}

/** A modality with nothing to decide asks for one row and throws the answer away: sizes of zero are poorly served. */
function askFeeds(modality: Modality, ask: Ask | undefined, layout: Layout, passes: number): Record<string, Tensor> {
  const positions = ask?.positions ?? [layout.outputStart]
  const n = positions.length
  const feeds: Record<string, Tensor> = {
    [`rows:${modality}`]: { data: BigInt64Array.from(positions, (p) => BigInt(p - layout.outputStart)), dims: [n] },
    [`uniform:${modality}`]: { data: ask?.uniforms ?? new Float32Array(n), dims: [n, 1] },
    [`temperature:${modality}`]: { data: Float32Array.of(Math.max(COLDEST, ask?.temperature ?? 1)), dims: [] },
  }
  for (let k = 0; k < passes - 1; k++) {
    const scale = ask?.guidances?.[k] ?? ask?.guidance ?? 0
    feeds[guidanceFeed(modality, k)] = { data: Float32Array.of(scale), dims: [] }
  }
  return feeds
}
