/** Which quantity of a ParaRL run stands on which chart. Pure. */
import type { RlRows } from '../../../state/rl-rows.ts'
import { smooth, type Line } from '../curves.ts'

export interface RlChart {
  readonly id: string
  readonly title: string
  readonly hint: string
  readonly lines: readonly Line[]
}

/** The curve of phases is noisy: each draws other prompts. */
const SMOOTHING = 0.6

export function rlCharts({ phases, updates, validations }: RlRows): readonly RlChart[] {
  const phase = (label: string, run: number, of: (row: (typeof phases)[number]) => number | null): Line[] => {
    const x = phases.map(({ step }) => step)
    const y = phases.map(of)
    return [
      { label: `${label}, raw`, short: label, run, style: 'pale', x, y },
      { label, short: label, run, style: 'line', x, y: smooth(y, SMOOTHING) },
    ]
  }
  const update = (label: string, run: number, of: (row: (typeof updates)[number]) => number): Line => ({
    label,
    short: label,
    run,
    style: 'line',
    x: updates.map(({ step }) => step),
    y: updates.map(of),
  })
  const judged = (dimension: string, label: string, run: number): Line => ({
    label,
    short: label,
    run,
    style: 'dots',
    x: validations.map(({ step }) => step),
    y: validations.map(({ judge }) => judge?.[dimension] ?? null),
  })
  return [
    {
      id: 'reward',
      title: 'Reward',
      hint: 'Mean over rollouts: at the sampled steps, and of the final pair',
      lines: [...phase('sampled steps', 0, (row) => row.reward), ...phase('final', 1, (row) => row.final)],
    },
    {
      id: 'raw',
      title: 'Mark',
      hint: 'The reward’s own number at the sampled steps, before its scale: of a scorer the cosine of words and picture',
      lines: phase('mark', 0, (row) => row.raw),
    },
    {
      id: 'judge',
      title: 'Exact judge',
      hint: 'On fresh prompts, 0 to 100: what the reward should raise and must not lower',
      lines: [
        judged('output_alignment', 'output alignment', 0),
        judged('image_alignment', 'image alignment', 1),
        judged('text_alignment', 'text alignment', 2),
      ],
    },
    {
      id: 'kl',
      title: 'KL',
      hint: 'Nats a decoded token, to the policy of the rollouts and to the starting model',
      lines: [update('to old', 1, (row) => row.klOld), update('to the start', 0, (row) => row.klReference)],
    },
    {
      id: 'clip',
      title: 'Clip fraction',
      hint: 'Share of decoded tokens whose ratio was clipped',
      lines: [update('clipped', 0, (row) => row.clipFraction)],
    },
    {
      id: 'entropy',
      title: 'Entropy',
      hint: 'Mean −log p of decoded tokens under the policy that drew them, nats',
      lines: phase('entropy', 0, (row) => row.entropy),
    },
    {
      id: 'distinct',
      title: 'Different rollouts',
      hint: 'Share of different outcomes among the rollouts of a prompt',
      lines: phase('different', 0, (row) => row.distinct),
    },
    {
      id: 'length',
      title: 'Length of the reasoning',
      hint: 'Tokens before its end',
      lines: phase('tokens', 0, (row) => row.length),
    },
    {
      id: 'gradient',
      title: 'Gradient norm',
      hint: 'Before clipping',
      lines: [update('norm', 0, (row) => row.gradientNorm)],
    },
  ]
}
