/**
 * What the MMaDA-Parallel paper (arXiv 2511.09611v3, ICLR 2026) reports on its own ParaBench, for orientation beside our
 * tables. Other prompts, another judge (a vision model), photographs instead of the storybook world: no number here can
 * be set against one of ours.
 */
import type { Dimension } from './bench.ts'

export const publishedNote = 'published, other prompts and judge'

export interface PublishedRow {
  readonly model: string
  /** Each 0..100. */
  readonly columns: Readonly<Record<Dimension, number>>
  readonly overall: number
}

const row = (
  model: string,
  overall: number,
  ...columns: [number, number, number, number, number, number]
): PublishedRow => {
  const [text_quality, text_alignment, image_consistency, image_alignment, image_quality, output_alignment] = columns
  return {
    model,
    columns: { text_quality, text_alignment, image_consistency, image_alignment, image_quality, output_alignment },
    overall,
  }
}

/** Its Table 2. The project's page shows other numbers for the first three, of which the paper says nothing. */
export const publishedRows: readonly PublishedRow[] = [
  row('GPT-4o', 85.9, 92.5, 93.4, 86.2, 85.7, 88.1, 69.5),
  row('Gemini-2.5', 84.6, 94.1, 95.2, 88.5, 76.2, 90.2, 63.4),
  row('Bagel (thinking)', 71.2, 82, 70.5, 76.7, 63.4, 81.5, 52.9),
  row('Show-o (tuned)', 66.6, 75.2, 70.7, 69.1, 57.5, 78.5, 48.9),
  row('MMaDA-Parallel', 67.9, 76.5, 70.4, 70.5, 58.2, 80.5, 51.5),
  row('MMaDA-Parallel with ParaRL', 71.5, 80.4, 71, 73.4, 63.2, 81.2, 59.8),
]

/** Its Table 10: what the decoding mode does to the three alignments; the same caution. */
export const publishedModes = [
  { mode: 'sequential', text_alignment: 64.2, image_alignment: 56.5, output_alignment: 54.1 },
  { mode: 'semi-parallel', text_alignment: 68.3, image_alignment: 60.7, output_alignment: 57.5 },
  { mode: 'parallel', text_alignment: 71, image_alignment: 63.2, output_alignment: 59.8 },
] as const
