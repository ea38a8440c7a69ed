/** A run's curves as CSV (RFC 4180): a line for every training step and every validation, empty where there is no number. */
import { NOISE_BINS, type MetricsRow } from '../../shared/training.ts'

const noiseColumns = (['text', 'image'] as const).flatMap((modality) =>
  Array.from({ length: NOISE_BINS }, (_, bin) => `${modality}_t${((bin + 1) / NOISE_BINS).toFixed(1)}`),
)
const columns = [
  'kind',
  'step',
  'seconds',
  'samples',
  'loss',
  'text',
  'image',
  'learning_rate',
  'gradient_norm',
  'samples_per_second',
  'best',
  ...noiseColumns,
]

/** Lines with their ends, the header first. Columns like `text_t0.3` hold the loss at mask ratios up to 0.3. */
export async function* csvLines(rows: AsyncIterable<MetricsRow>): AsyncGenerator<string> {
  yield lineOf(columns)
  for await (const row of rows) {
    if (row.kind !== 'train' && row.kind !== 'validation') continue
    const { kind, step, seconds, samples, loss, text, image, byNoise } = row
    const own =
      row.kind === 'train'
        ? [row.learningRate, row.gradientNorm, row.samplesPerSecond, null]
        : [null, null, null, row.best ? 1 : 0]
    yield lineOf([kind, step, seconds, samples, loss, text, image, ...own, ...byNoise.text.loss, ...byNoise.image.loss])
  }
}

const lineOf = (cells: readonly (string | number | null)[]): string =>
  cells.map((cell) => cell ?? '').join(',') + '\r\n'
