/**
 * The rows of a run as curves want them: one column a quantity. The arrays grow in place, because a long run has tens of
 * thousands of rows; the object around them is a new one whenever they grew. Pure apart from that.
 */
import { NOISE_BINS, type LossByNoise, type MetricsRow, type PreviewEntry, type RowOf } from '../../shared/training.ts'

export interface Column {
  readonly step: number[]
  readonly seconds: number[]
  readonly values: Readonly<Record<string, (number | null)[]>>
}

export interface TrainingRows {
  readonly train: Column
  readonly validation: Column
  readonly memory: Column
  readonly previews: PreviewEntry[]
  /** Checkpoints and ends of sittings, in their order: the log. */
  readonly log: (RowOf<'checkpoint'> | RowOf<'end'> | RowOf<'validation'>)[]
  /** The latest training rows' losses by noise level, and the first ones'. */
  readonly noise: { readonly first: LossByNoise[]; readonly latest: LossByNoise[] }
  readonly lastNoiseOfValidation: LossByNoise | null
  readonly best: { readonly step: number; readonly loss: number } | null
  readonly last: RowOf<'train'> | null
}

/** Training rows that a chart of noise levels is a mean of. */
export const NOISE_ROWS = 100

const column = (names: readonly string[]): Column => ({
  step: [],
  seconds: [],
  values: Object.fromEntries(names.map((name) => [name, []])),
})

export const noRows = (): TrainingRows => ({
  train: column(['loss', 'text', 'image', 'learningRate', 'gradientNorm', 'samplesPerSecond']),
  validation: column(['loss', 'text', 'image']),
  memory: column(['resident', 'free']),
  previews: [],
  log: [],
  noise: { first: [], latest: [] },
  lastNoiseOfValidation: null,
  best: null,
  last: null,
})

function push(column: Column, row: MetricsRow): void {
  column.step.push(row.step)
  column.seconds.push(row.seconds)
  for (const [name, values] of Object.entries(column.values)) {
    const value: unknown = (row as Record<string, unknown>)[name]
    values.push(typeof value === 'number' && Number.isFinite(value) ? value : null)
  }
}

/** The rows with more of them behind. */
export function withRows(rows: TrainingRows, more: readonly MetricsRow[]): TrainingRows {
  let { best, last, lastNoiseOfValidation } = rows
  for (const row of more) {
    if (row.kind === 'train') {
      push(rows.train, row)
      last = row
      if (rows.noise.first.length < NOISE_ROWS) rows.noise.first.push(row.byNoise)
      rows.noise.latest.push(row.byNoise)
      if (rows.noise.latest.length > NOISE_ROWS) rows.noise.latest.shift()
    } else if (row.kind === 'validation') {
      push(rows.validation, row)
      rows.log.push(row)
      lastNoiseOfValidation = row.byNoise
      if (row.best) best = { step: row.step, loss: row.loss }
    } else if (row.kind === 'memory') push(rows.memory, row)
    else if (row.kind === 'preview') rows.previews.push(row)
    else rows.log.push(row)
  }
  return { ...rows, best, last, lastNoiseOfValidation }
}

export interface NoiseBin {
  readonly text: number | null
  readonly image: number | null
}

/** Mean loss of the masked positions at each noise level, over several rows: weighted by how many positions they had. */
export function meanByNoise(rows: readonly LossByNoise[]): NoiseBin[] {
  const mean = (modality: 'text' | 'image', bin: number): number | null => {
    let sum = 0
    let count = 0
    for (const row of rows) {
      const loss = row[modality].loss[bin] ?? null
      const positions = row[modality].positions[bin] ?? 0
      if (loss === null) continue
      sum += loss * positions
      count += positions
    }
    return count > 0 ? sum / count : null
  }
  return Array.from({ length: NOISE_BINS }, (_, bin) => ({ text: mean('text', bin), image: mean('image', bin) }))
}

export interface PreviewTable {
  readonly steps: number[]
  readonly prompts: { readonly prompt: number; readonly instruction: string; readonly row: string | null }[]
  cell(step: number, prompt: number): PreviewEntry | null
}

/** Previews as step x prompt. Where a prompt was asked for twice at a step, the later one stands. */
export function previewTable(previews: readonly PreviewEntry[]): PreviewTable {
  const cells = new Map(previews.map((entry) => [`${entry.step} ${entry.prompt}`, entry]))
  const prompts = new Map(previews.map(({ prompt, instruction, row }) => [prompt, { prompt, instruction, row }]))
  return {
    steps: [...new Set(previews.map(({ step }) => step))].sort((a, b) => a - b),
    prompts: [...prompts.values()].sort((a, b) => a.prompt - b.prompt),
    cell: (step, prompt) => cells.get(`${step} ${prompt}`) ?? null,
  }
}
