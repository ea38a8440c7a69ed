/**
 * Reasoning drag (MMaDA-Parallel, section 2): how often a picture gets worse when the model thinks, and whether that
 * goes with thoughts and picture saying different things. The same prompts and seeds are answered without thinking
 * (image-only) and with it in each mode; a picture's score is the mean of its Image Alignment and Image Consistency.
 */
import type { BenchGroup, DragGroup, DragReport } from '../../shared/bench.ts'
import { byPrompt, shareOf, summarise, toEstimate, type Judged } from './group.ts'
import { clusterBootstrap, correlation } from './intervals.ts'
import { alongRun, checkSuite, judgedRows, unconfirmed, unjudgedRows, type ReadRun } from './report.ts'
import { answerKey, runFiles } from './run-folder.ts'

/** Pairs that are listed by name. */
const LISTED = 50

/** The modes a drag report compares; the first does not think. */
export const dragModes = ['image-only', 'parallel', 'semi-parallel', 'sequential'] as const
export type DragMode = (typeof dragModes)[number]

interface Pair {
  readonly id: string
  readonly seed: number
  readonly category: string
  readonly change: number
  readonly alignment: number | null
}

/** 0..100; a generation has its alignment alone. */
export function pictureScore({ scores }: Judged): number | null {
  const known = [scores.image_alignment, scores.image_consistency].filter((s) => s !== null)
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
}

const round = (x: number, digits = 2): number => Number(x.toFixed(digits))
const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : round(values.reduce((a, b) => a + b, 0) / values.length)
const gotWorse = (pair: Pair): boolean => pair.change < -1e-9

function pairUp(without: readonly Judged[], thinking: readonly Judged[]): Pair[] {
  const before = new Map(without.map((row) => [answerKey(row), row]))
  return thinking.flatMap((row) => {
    const twin = before.get(answerKey(row))
    const [a, b] = [twin ? pictureScore(twin) : null, pictureScore(row)]
    if (a === null || b === null) return []
    const { id, seed, category } = row
    return [{ id, seed, category, change: b - a, alignment: row.scores.output_alignment }]
  })
}

export function dragGroup(pairs: readonly Pair[]): DragGroup {
  const prompts = byPrompt(pairs)
  const { columns } = clusterBootstrap(
    prompts.map((own) => own.map((pair) => [pair.change])),
    1,
  )
  const r = correlation(pairs.flatMap((p) => (p.alignment === null ? [] : [[p.alignment, p.change] as const])))
  const alignmentOf = (keep: (pair: Pair) => boolean): number | null =>
    meanOf(pairs.filter(keep).flatMap((p) => p.alignment ?? []))
  return {
    prompts: prompts.length,
    answers: pairs.length,
    worse: shareOf(pairs, gotWorse),
    better: shareOf(pairs, (pair) => pair.change > 1e-9),
    change: toEstimate(columns[0]!) ?? { value: 0, low: 0, high: 0 },
    correlation: r === null ? null : round(r, 3),
    alignment_worse: alignmentOf(gotWorse),
    alignment_otherwise: alignmentOf((pair) => !gotWorse(pair)),
  }
}

/** The report over runs that differ in their mode alone. */
export function makeDragReport(runs: Readonly<Record<DragMode, ReadRun>>, judge: string): DragReport {
  const base = runs['image-only']
  const categories = base.suite.file.categories
  const modes: Record<string, BenchGroup> = {}
  const drag: DragReport['drag'] = {}
  const along: DragReport['along'] = {}
  const worst: DragReport['worst'] = []
  const without = judgedRows(base, judge)
  for (const mode of dragModes) {
    const read = runs[mode]
    checkSuite(read)
    const rows = judgedRows(read, judge)
    modes[mode] = summarise(rows)
    if (mode === 'image-only') continue
    const pairs = pairUp(without, rows)
    drag[mode] = {
      overall: dragGroup(pairs),
      categories: Object.fromEntries(
        categories
          .map((category) => [category, pairs.filter((p) => p.category === category)] as const)
          .filter(([, own]) => own.length > 0)
          .map(([category, own]) => [category, dragGroup(own)]),
      ),
    }
    const points = alongRun(read, judge)
    if (points) along[mode] = points
    const trajectory = (of: DragMode, pair: Pair): string =>
      `${of}/${runFiles.answers}/${runs[of].run.answers.get(answerKey(pair))?.name ?? pair.id}.tdm`
    for (const pair of pairs.filter(gotWorse)) {
      const { id, seed, category, change, alignment } = pair
      const trajectories: [string, string] = [trajectory('image-only', pair), trajectory(mode, pair)]
      worst.push({ mode, id, seed, category, change: round(change), output_alignment: alignment, trajectories })
    }
  }
  const overAll = (count: (read: ReadRun) => number): number =>
    dragModes.reduce((sum, mode) => sum + count(runs[mode]), 0)
  worst.sort((a, b) => a.change - b.change || a.id.localeCompare(b.id) || a.seed - b.seed)
  return {
    format: 'tandem-drag-report',
    version: 1,
    settings: base.run.file.settings,
    judge,
    unjudged: overAll((read) => unjudgedRows(read, judge).length),
    model_unconfirmed: overAll((read) => unconfirmed(read, judge)),
    modes,
    drag,
    along,
    worst: worst.slice(0, LISTED),
  }
}
