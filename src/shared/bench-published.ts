/**
 * What the MMaDA-Parallel paper (arXiv 2511.09611, ICLR 2026) reports on its own ParaBench, for orientation beside our
 * tables. Other prompts, another judge (a vision model), photographs instead of the storybook world: no number here can
 * be set against one of ours.
 */
export const publishedNote = 'published, other prompts and judge'

export interface PublishedRow {
  readonly model: string
  readonly overall: number
}

export const publishedRows: readonly PublishedRow[] = [
  { model: 'GPT-4o', overall: 85.9 },
  { model: 'Gemini-2.5', overall: 84.6 },
  { model: 'Bagel (thinking)', overall: 71.2 },
  { model: 'Show-o (tuned)', overall: 66.6 },
  { model: 'MMaDA-Parallel', overall: 67.9 },
  { model: 'MMaDA-Parallel with ParaRL', overall: 71.5 },
]

/** Its Table 10: what the decoding mode does to the three alignments; the same caution. */
export const publishedModes = [
  { mode: 'sequential', text_alignment: 64.2, image_alignment: 56.5, output_alignment: 54.1 },
  { mode: 'semi-parallel', text_alignment: 68.3, image_alignment: 60.7, output_alignment: 57.5 },
  { mode: 'parallel', text_alignment: 71, image_alignment: 63.2, output_alignment: 59.8 },
] as const
