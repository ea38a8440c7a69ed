/**
 * The exact path beside the reference schedule, in one interleaved run. Reference: as the public code of MMaDA-Parallel-A
 * runs, 128 + 2 x 64 forwards (scaled down to T steps in the same proportions), each over the whole sequence to the logits
 * of every row and id, zero-weight passes included, scores of attention stored; its picking is not counted. Exact: Tandem's
 * own run of the same schedule, picks included. Usage: node bench/exact-path.ts [rounds] [steps]
 */
import { fileURLToPath } from 'node:url'
import { modelConfigSchema, type ModelConfig } from '../src/shared/model-config.ts'
import { openModelFolder } from '../src/engine/model/folder.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { Graph, type InitializerData } from '../src/engine/graph/graph.ts'
import { encodeModel } from '../src/engine/graph/onnx.ts'
import { reshape } from '../src/engine/graph/ops/shape.ts'
import { forwardHidden, headLogits, modelParameters } from '../src/engine/model/forward.ts'
import { resolveLayout } from '../src/engine/model/layout.ts'
import { initialiseParameters, layOutParameters, viewOf } from '../src/engine/model/parameters.ts'
import { createPredictor } from '../src/engine/model/predictor.ts'
import { guidesOf } from '../src/engine/run.ts'
import { createSession } from '../src/engine/runtime/session.ts'
import { denoise } from '../src/engine/sampler/denoise.ts'
import { makePlan } from '../src/engine/sampler/schedule.ts'
import type { TrajectoryHeader } from '../src/shared/trajectory.ts'
import { benchConfig, interleave, median, saveResult } from './lib.ts'

const rounds = Number(process.argv[2] ?? 3)
const steps = Number(process.argv[3] ?? 8)

type Weight = (name: string) => InitializerData

/** 2,432 positions, 1,024 codes in and out, 256 words: MMaDA-Parallel at 512 px; a head of 7 % of the multiplications, as in 8B. */
function longConfig(): ModelConfig {
  const base = benchConfig()
  const control = (...tokens: number[]): { kind: 'control'; tokens: number[] } => ({ kind: 'control', tokens })
  const field = (name: string, length: number): { kind: string; name: string; length: number } => ({
    kind: 'field',
    name,
    length,
  })
  const edit = [
    control(6, 4),
    field('inputImage', 1024),
    control(5, 2),
    field('instruction', 122),
    control(4),
    field('outputImage', 1024),
    control(5, 2),
    field('outputText', 255),
  ]
  return modelConfigSchema.parse({
    ...base,
    name: 'long',
    image: { ...base.image, size: 512, grid: 32, factor: 16 },
    layouts: { edit, generate: edit, editImageOnly: edit, generateImageOnly: edit },
  })
}

function randomWeights(config: ModelConfig): Weight {
  const table = layOutParameters(modelParameters(config))
  const flat = initialiseParameters(table, seededRandom('bench'))
  const spans = new Map(table.spans.map((span) => [span.name, span]))
  return (name) => ({ kind: 'inline', bytes: new Uint8Array(viewOf(flat, spans.get(name)!).slice().buffer) })
}

function headerOf(config: ModelConfig): TrajectoryHeader {
  const layout = resolveLayout(config, 'edit')
  const random = seededRandom('tokens')
  const tokens = layout.template.slice()
  for (const { name, start, length, modality } of layout.fields)
    for (let i = start; i < start + length; i++)
      tokens[i] = name.startsWith('output')
        ? config.special.mask
        : modality === 'image'
          ? config.image.offset + random.int(config.image.codebookSize)
          : 10 + random.int(20)
  const plan = makePlan('parallel', steps, steps / 2, true)
  return {
    format: 'tandem-trajectory',
    version: 1,
    seed: 1,
    mode: 'parallel',
    task: 'edit',
    steps,
    schedule: {
      text: { kind: 'linear', steps: [...plan.text] },
      image: { kind: 'cosine-gumbel', steps: [...plan.image] },
    },
    guidance: { text: 0, image: 4 },
    temperatures: { text: 0, image: 1 },
    length: layout.length,
    tokens: [...tokens],
    maskId: config.special.mask,
    fields: layout.fields.map((each) => ({ ...each })),
    image: { grid: config.image.grid, offset: config.image.offset, codebookSize: config.image.codebookSize },
    model: { name: config.name, hash: '00000000' },
    provider: 'cpu',
    instruction: 'bench',
    pinned: [],
  }
}

async function compare(config: ModelConfig, weight: Weight): Promise<object> {
  const header = headerOf(config)
  const whole = { ...resolveLayout(config, 'edit'), outputStart: 0 }
  const graph = new Graph()
  const shapes = new Map(modelParameters(config).map((spec) => [spec.name, spec.shape]))
  const made = new Map(
    [...shapes].map(([name, shape]) => [name, graph.weight(name, 'float32', shape, weight(name))] as const),
  )
  const context = { graph, config, layout: whole, batch: 1, parameter: (name: string) => made.get(name)! }
  const hidden = forwardHidden(context, graph.input('tokens', 'int64', [1, whole.length]))
  graph.output('logits', headLogits(context, reshape(hidden, [whole.length, config.dModel]), 0, config.vocabSize))
  const session = await createSession(encodeModel(graph))
  const tokens = { tokens: { data: BigInt64Array.from(header.tokens, BigInt), dims: [1, whole.length] } }
  const predictor = createPredictor({ config, weights: weight }, 'edit')
  let forwards = 0
  let reference = 0
  const exact = async (): Promise<void> => {
    forwards = 0
    const run = denoise({ header, steps: [], events: [] }, { predictor, unconditional: guidesOf(config, header) })
    for await (const step of run) forwards += step.forwards
  }
  const full = async (): Promise<void> => {
    reference = 0
    for (let step = 1; step <= steps; step++) {
      const passes = header.schedule.image!.steps.includes(step) ? 3 : 1
      for (let pass = 0; pass < passes; pass++, reference++) await session.run(tokens)
    }
  }
  const times = await interleave({ reference: full, exact }, rounds, 1)
  await session.dispose()
  await predictor.dispose()
  const each = (pick: (all: readonly number[]) => number): Record<string, number> =>
    Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.round(pick(all))]))
  const middle = each(median)
  // The least disturbed round of each: on a machine with other work the median is the work's.
  const fastest = each((all) => Math.min(...all))
  const ratio = (ms: Record<string, number>): number => Number((ms['reference']! / ms['exact']!).toFixed(2))
  return {
    model: config.name,
    sequence: header.length,
    steps,
    imageSteps: header.schedule.image!.steps.length,
    forwards: { reference, exact: forwards },
    medianMs: middle,
    fastestMs: fastest,
    timesFaster: { median: ratio(middle), fastest: ratio(fastest) },
  }
}

const long = longConfig()
const shipped = await openModelFolder(fileURLToPath(new URL('../resources/models/storybook', import.meta.url)))
const result = {
  what: 'exact path against the reference schedule (full-logit forwards, zero-weight passes run)',
  rounds,
  models: [await compare(long, randomWeights(long)), await compare(shipped.config, shipped.weights)],
}
await shipped.image.dispose()
console.log(JSON.stringify(result, null, 2))
await saveResult('exact-path', result)
