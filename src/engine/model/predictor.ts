/**
 * The mask predictor as the sampler sees it: sessions per layout, number of sequences and use of a cache, made on first
 * need. Keys and values that a run reuses live as long as the run's own key object.
 */
import type { Task } from '../../shared/model-config.ts'
import type { Modality } from '../../shared/trajectory.ts'
import { createSession, type Session, type Tensor } from '../runtime/session.ts'
import type { ProviderName } from '../runtime/providers.ts'
import type { Ask, Picks, Predictor, PredictRequest, Reuse } from '../sampler/predictor.ts'
import { kernelIsSound } from './attention-kernel.ts'
import type { ModelFolder } from './folder.ts'
import { buildInferGraph, guidanceFeed, type InferGraphOptions, type Passes } from './infer-graph.ts'
import { createInputCache } from './input-cache.ts'
import { joinRows, positionsFeed, restOf, toldRows, type KeptRows } from './kept-rows.ts'
import type { Layout } from './layout.ts'

export interface ModelPredictor extends Predictor {
  /** Rows computed and known since it was made, over all forwards: what reuse has saved. */
  readonly rows: { readonly computed: number; readonly known: number }
  dispose(): Promise<void>
}

export interface PredictorOptions {
  readonly provider?: ProviderName
  readonly threads?: number
  readonly instruction?: number
  /** False: keys and values are computed anew even where keeping them changes nothing, as a reference. */
  readonly keepInput?: boolean
}

/**
 * What "0" means: dividing by it keeps every digit of a logit and sets any two that differ so far apart that softmax is
 * one-hot. (At 1e-4 the second of two close logits was still drawn now and then.)
 */
const COLDEST = 1e-20

type Use = NonNullable<InferGraphOptions['cache']> | 'none'

export function createPredictor(
  model: Pick<ModelFolder, 'config' | 'weights' | 'stored'>,
  task: Task,
  { instruction, keepInput = true, ...options }: PredictorOptions = {},
): ModelPredictor {
  const { config, stored } = model
  const opened = new Map<string, Promise<{ session: Session; layout: Layout }>>()
  const open = (passes: Passes, use: Use): Promise<{ session: Session; layout: Layout }> => {
    const known = opened.get(`${passes} ${use}`)
    if (known) return known
    const made = (async () => {
      const graph = buildInferGraph(config, task, passes, (name) => model.weights(name), {
        ...(instruction === undefined ? {} : { instruction }),
        ...(stored ? { stored: stored.weight } : {}),
        ...(stored?.adapt ? { adapt: stored.adapt } : {}),
        ...(use === 'none' ? {} : { cache: use }),
        kernel: await kernelIsSound(options.provider ?? 'cpu'),
      })
      const where = stored ? { weightsFrom: stored.root } : {}
      return { session: await createSession(graph.model, { ...options, ...where }), layout: graph.layout }
    })()
    opened.set(`${passes} ${use}`, made)
    return made
  }
  let kept = new WeakMap<object, KeptRows>()
  const inputs = createInputCache(config, task, instruction)
  const ownInput = ({ sequences }: PredictRequest): Reuse | undefined =>
    keepInput ? inputs.reuse(sequences) : undefined
  const rows = { computed: 0, known: 0 }

  const run = async (request: PredictRequest, use: Use, known: Partial<KeptRows> = {}, keep?: readonly number[]) => {
    const { sequences, asks } = request
    const { computed } = known
    const passes = sequences.length as Passes
    const { session, layout } = await open(passes, use)
    const flat = new BigInt64Array(passes * layout.length)
    sequences.forEach((sequence, p) => sequence.forEach((token, i) => (flat[p * layout.length + i] = BigInt(token))))
    const feeds: Record<string, Tensor> = {
      tokens: { data: flat, dims: [passes, layout.length] },
      ...known.feeds,
      ...(computed ? { computed: positionsFeed(computed) } : {}),
      ...(keep ? { keep: positionsFeed(keep) } : {}),
    }
    const modalities = (['text', 'image'] as const).filter((m) => session.inputNames.includes(`rows:${m}`))
    const places = computed ? new Map(computed.map((position, i) => [position, i])) : null
    const placeOf = (position: number): number => places?.get(position) ?? position - layout.outputStart
    // Nothing asked of a modality: one row is asked and its answer thrown away, sizes of zero are poorly served.
    const spare = computed?.[0] ?? layout.outputStart
    for (const m of modalities) Object.assign(feeds, askFeeds(m, asks[m], spare, placeOf, passes))
    const results = await session.run(feeds)
    rows.computed += passes * (computed?.length ?? (use === 'input' ? layout.outputStart : layout.length))
    rows.known += computed ? passes * (layout.length - computed.length) : 0
    return { results, layout, picks: () => readPicks(config.image.offset, request, results, modalities) }
  }

  /** Keys and values of an input that is the same at every step. */
  const inputRows = async ({ key, keep, sequences }: Reuse): Promise<KeptRows> => {
    const known = kept.get(key)
    if (known) return known
    const { results, layout } = await run({ sequences, asks: {} }, 'input')
    const made = { feeds: toldRows(results), computed: restOf(layout.length, keep) }
    kept.set(key, made)
    return made
  }

  /** Computes the kept rows' keys and values, with whatever the request asks of the same forward. */
  const refresh = async (request: PredictRequest, reuse: Reuse): Promise<{ known: KeptRows; picks: Picked }> => {
    const own = ownInput(request)
    const { key } = reuse
    const keep = reuse.varies ? [...request.sequences[0]!.keys()] : reuse.keep
    const made = own ? await renew(request, own, keep) : await make(request, keep)
    kept.set(key, made.known)
    return made
  }

  const make = async (request: PredictRequest, keep: readonly number[]) => {
    const { results, layout, picks } = await run(request, 'make', {}, keep)
    return { known: { feeds: toldRows(results), computed: restOf(layout.length, keep) }, picks: picks() }
  }

  /** The same beside an input that is known for good. */
  const renew = async (request: PredictRequest, own: Reuse, keep: readonly number[]) => {
    const input = await inputRows(own)
    const decided = keep.filter((p) => p >= inputs.size)
    const places = decided.map((p) => p - inputs.size)
    const { results, layout, picks } = await run(request, 'renew', input, places)
    const computed = restOf(layout.length, [...own.keep, ...decided])
    return { known: { feeds: joinRows(input.feeds, toldRows(results)), computed }, picks: picks() }
  }

  /** Knows the rows at `keep`, where all were kept. */
  const runBeside = (request: PredictRequest, { feeds }: KeptRows, keep: readonly number[]) => {
    const computed = restOf(request.sequences[0]!.length, keep)
    return run(request, 'select', { feeds: { ...feeds, known: positionsFeed(keep) }, computed })
  }

  return {
    rows,
    async predict(request) {
      const { reuse } = request
      const own = ownInput(request)
      // Such an input needs no refresh: where a run asks to keep no more than that, all forwards are alike.
      if (own && (!reuse || (!reuse.varies && reuse.keep.every((p) => p < inputs.size))))
        return (await run(request, 'use', await inputRows(own))).picks()
      if (!reuse) return (await run(request, 'none')).picks()
      let known = kept.get(reuse.key)
      if (!known) {
        const same = reuse.sequences.every((sequence, p) => request.sequences[p]!.every((t, i) => t === sequence[i]))
        if (same) return (await refresh(request, reuse)).picks
        known = (await refresh({ sequences: reuse.sequences, asks: {} }, reuse)).known
      }
      return (await (reuse.varies ? runBeside(request, known, reuse.keep) : run(request, 'use', known))).picks()
    },
    async dispose() {
      for (const entry of opened.values()) await (await entry).session.dispose()
      opened.clear()
      kept = new WeakMap()
    },
  }
}

type Picked = Partial<Record<Modality, Picks>>

function readPicks(
  offset: number,
  { asks }: PredictRequest,
  results: Readonly<Record<string, Tensor>>,
  modalities: readonly Modality[],
): Picked {
  const out: Picked = {}
  for (const modality of modalities) {
    const ask = asks[modality]
    if (!ask) continue
    const first = modality === 'image' ? offset : 0
    const tokens = results[`token:${modality}`]!.data as BigInt64Array
    const confidence = results[`confidence:${modality}`]!.data as Float32Array
    out[modality] = {
      tokens: Int32Array.from(ask.positions, (_, i) => Number(tokens[i]) + first),
      confidence: confidence.slice(0, ask.positions.length),
    }
  }
  return out
}

function askFeeds(
  modality: Modality,
  ask: Ask | undefined,
  spare: number,
  placeOf: (position: number) => number,
  passes: number,
): Record<string, Tensor> {
  const positions = ask?.positions ?? [spare]
  const n = positions.length
  const feeds: Record<string, Tensor> = {
    [`rows:${modality}`]: { data: BigInt64Array.from(positions, (p) => BigInt(placeOf(p))), dims: [n] },
    [`uniform:${modality}`]: { data: ask?.uniforms ?? new Float32Array(n), dims: [n, 1] },
    [`temperature:${modality}`]: { data: Float32Array.of(Math.max(COLDEST, ask?.temperature ?? 1)), dims: [] },
  }
  for (let k = 0; k < passes - 1; k++) {
    const scale = ask?.guidances?.[k] ?? ask?.guidance ?? 0
    feeds[guidanceFeed(modality, k)] = { data: Float32Array.of(scale), dims: [] }
  }
  return feeds
}
