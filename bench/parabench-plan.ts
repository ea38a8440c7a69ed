/** What bench/parabench.ts measures: runs of four modes each, as cells (a mode under a seed), and which of them are there. */
import { join } from 'node:path'
import type { BenchSettings } from '../src/shared/bench.ts'
import type { SpecOf } from '../src/shared/jobs.ts'
import type { DecodingMode } from '../src/shared/trajectory.ts'
import { dragModes } from '../src/engine/bench/drag.ts'
import { answerKey, hasRun, readRun } from '../src/engine/bench/run-folder.ts'
import { limitPrompts, type Suite } from '../src/engine/bench/suite.ts'
import { exactJudge } from '../src/engine/jobs/parabench-answer.ts'
import type { Measured } from './parabench-results.ts'

export interface Plan {
  readonly name: string
  readonly suite: string
  readonly steps: number
  readonly seeds: readonly number[]
  /** Of the image; the text takes the likeliest token, the default of the published model. At 0 every seed answers alike. */
  readonly temperature: number
}

const grid = [16, 8, 4, 32]

export const plans: readonly Plan[] = [
  ...grid.map((steps) => ({ name: `storybook-${steps}`, suite: 'storybook', steps, seeds: [1], temperature: 0 })),
  { name: 'hard-16', suite: 'storybook-hard', steps: 16, seeds: [1], temperature: 0 },
  ...grid.map((steps) => ({ name: `sampled-${steps}`, suite: 'storybook', steps, seeds: [1, 2, 3], temperature: 1 })),
]

/** The job of a plan, into a folder of its own under `runs`. */
export function specOf(plan: Plan, model: string, runs: string, limit?: number): SpecOf<'parabench-drag'> {
  return {
    kind: 'parabench-drag',
    suite: plan.suite,
    model,
    steps: plan.steps,
    seeds: [...plan.seeds],
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: plan.temperature },
    judge: { kind: 'exact' },
    alongEvery: Math.max(1, plan.steps / 8),
    out: join(runs, plan.name),
    ...(limit === undefined ? {} : { limit }),
  }
}

/** The settings its report has, of the run without thinking. */
function settingsOf(plan: Plan, suite: Suite, model: BenchSettings['model']): BenchSettings {
  const { steps, seeds, guidance, temperatures, alongEvery } = specOf(plan, '', '')
  return {
    suite: { name: suite.file.name, hash: suite.hash },
    model,
    adapters: [],
    mode: 'image-only',
    steps,
    seeds,
    guidance,
    temperatures,
    limit: null,
    alongEvery: alongEvery ?? null,
  }
}

/** Whether the results hold the plan as it would be measured now: same suite, model, settings and judge, each seed. */
export function isKept(plan: Plan, measured: Measured, suite: Suite, model: BenchSettings['model']): boolean {
  const run = measured[plan.name]
  if (!run || run.judge !== exactJudge || (plan.seeds.length > 1 && !run.seeds)) return false
  const sorted = (settings: BenchSettings): string => JSON.stringify(Object.entries(settings).sort())
  return sorted(run.settings) === sorted(settingsOf(plan, suite, model))
}

export interface Cell {
  readonly mode: DecodingMode
  readonly seed: number
  /** Answers given and judged, of so many. */
  readonly done: number
  readonly of: number
}

/** How far each cell of a plan is in its folder under `runs`. */
export async function cellsOf(plan: Plan, suite: Suite, runs: string, limit?: number): Promise<Cell[]> {
  const prompts = limitPrompts(suite, limit ?? null)
  const cells: Cell[] = []
  for (const mode of dragModes) {
    const folder = join(runs, plan.name, mode)
    const scores = (await hasRun(folder)) ? (await readRun(folder)).scores.get(exactJudge) : undefined
    for (const seed of plan.seeds) {
      const done = prompts.filter(({ id }) => scores?.has(answerKey({ id, seed }))).length
      cells.push({ mode, seed, done, of: prompts.length })
    }
  }
  return cells
}

export const isOpen = ({ done, of }: Cell): boolean => done < of
