/** The exact judge over fresh samples of the world: each is edited from its pixels and its words alone, then judged. */
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { frame } from '../../shared/trajectory-frame.ts'
import { bootstrapMean, wilsonInterval, type Interval } from '../bench/intervals.ts'
import { dimensionNames, judge, type Dimension } from '../bench/judge.ts'
import { hashWords } from '../data/random.ts'
import { makeSample } from '../data/world/sample.ts'
import { familyNames, type Family, type WorldSample } from '../data/world/types.ts'
import { loadWorld, renderScene, type World } from '../data/world/world.ts'
import { prepareRun, readOutcome, runSteps, type Engine } from '../run.ts'
import type { JobContext } from './context.ts'
import { hostRun } from './host.ts'

interface Verdict {
  readonly family: Family
  readonly heldOut: boolean
  readonly rightImage: boolean
  readonly rightReasoning: boolean
  readonly scores: Readonly<Record<Dimension, number | null>>
  readonly ms: number
}

export async function* evaluateJob(spec: SpecOf<'eval'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const { engine } = yield* hostRun(spec, context)
  const world = await loadWorld(spec.world)
  if (world.size !== engine.model.config.image.size) {
    throw new TandemError(
      `The world draws ${world.size} px pictures, the model reads ${engine.model.config.image.size} px.`,
      'Judge a model that was made for this world.',
    )
  }
  yield { type: 'started', total: spec.count, detail: engine.model.name }
  const verdicts: Verdict[] = []
  for (let index = 0; index < spec.count; index++) {
    if (context.signal.aborted) return
    const sample = makeSample(world, {
      split: spec.split,
      seed: spec.seed,
      index,
      ...(spec.heldOutOnly ? { heldOutOnly: true } : {}),
      ...(spec.operations ? { operations: spec.operations } : {}),
    })
    const verdict = await judgeOne(engine, world, sample, spec, index, context.signal)
    if (!verdict) return
    verdicts.push(verdict)
    const right = verdicts.filter((v) => v.rightImage).length / verdicts.length
    yield { type: 'progress', done: index + 1, total: spec.count, metrics: { right_image: right } }
  }
  const families = Object.fromEntries(
    familyNames.flatMap((family) => {
      const own = verdicts.filter((v) => v.family === family)
      return own.length > 0 ? [[family, summarise(own)]] : []
    }),
  )
  const heldOut = verdicts.filter((v) => v.heldOut)
  yield {
    type: 'result',
    result: {
      model: engine.model.name,
      hash: engine.model.hash,
      seed: spec.seed,
      count: spec.count,
      split: spec.split,
      ...(spec.operations ? { operations: spec.operations } : {}),
      mode: spec.mode,
      steps: spec.steps,
      overall: summarise(verdicts),
      families,
      held_out: heldOut.length > 0 ? summarise(heldOut) : null,
    },
  }
}

/** Null when it was stopped in the middle. */
async function judgeOne(
  engine: Engine,
  world: World,
  sample: WorldSample,
  spec: SpecOf<'eval'>,
  index: number,
  signal: AbortSignal,
): Promise<Verdict | null> {
  const input = sample.input ? renderScene(world, sample.input) : null
  const began = performance.now()
  const header = await prepareRun(engine, {
    instruction: sample.instruction,
    input,
    mode: spec.mode,
    steps: spec.steps,
    seed: hashWords(['eval', spec.seed, index], 1)[0]!,
    guidance: spec.guidance,
    temperatures: spec.temperatures,
  })
  const steps = await Array.fromAsync(runSteps(engine, { header, steps: [], events: [] }, signal))
  if (signal.aborted) return null
  const { rgb, reasoning } = await readOutcome(
    engine,
    header,
    frame({ header, steps, events: [] }, steps.length).tokens,
  )
  const ms = performance.now() - began
  const { rightImage, rightReasoning, scores } = judge(world, sample, { rgb, reasoning })
  return { family: sample.family, heldOut: sample.heldOut, rightImage, rightReasoning, scores, ms }
}

/** A value with its 95 % interval: Wilson's for shares, the bootstrap's for means. */
interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

const round = (x: number, digits: number): number => Number(x.toFixed(digits))

function rounded({ estimate, low, high }: Interval, digits: number): Estimate {
  return { value: round(estimate, digits), low: round(low, digits), high: round(high, digits) }
}

function summarise(verdicts: readonly Verdict[]): Record<string, number | Estimate | null> {
  const share = (pick: (v: Verdict) => boolean): Estimate => {
    const k = verdicts.filter(pick).length
    return rounded(wilsonInterval(k, verdicts.length), 4)
  }
  const mean = (values: readonly number[], digits: number): Estimate | null =>
    values.length === 0 ? null : rounded(bootstrapMean(values), digits)
  return {
    count: verdicts.length,
    right_image: share((v) => v.rightImage),
    right_reasoning: share((v) => v.rightReasoning),
    ...Object.fromEntries(
      dimensionNames.map((name) => [
        name,
        mean(
          verdicts.flatMap((v) => v.scores[name] ?? []),
          2,
        ),
      ]),
    ),
    ms: mean(
      verdicts.map((v) => v.ms),
      0,
    ),
  }
}
