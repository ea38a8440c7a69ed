/**
 * The reward along a run: how well words and picture agree at each step, by the scorer that ships, and from which step on
 * each sentence of the reasoning holds in the picture. What ParaRL rewards, made visible for any run.
 */
import type { ReactElement } from 'react'
import type { ScoreResult } from '../../../shared/rl.ts'
import { play } from '../../state/playback.ts'
import { scoreRun, useScores } from '../../state/rl.ts'
import { useStudio } from '../../state/store.ts'
import { Button } from '../../ui/Button.tsx'
import { ProgressBar } from '../../ui/feedback.tsx'
import { alignmentPath } from './alignment.ts'
import { middleOf } from './timeline-shapes.ts'

const SIZE = { width: 1000, height: 34 }

export function AlignmentStrip({
  run,
  steps,
  step,
}: {
  readonly run: string
  readonly steps: number
  readonly step: number
}): ReactElement | null {
  const asked = useScores((s) => s.scores.get(run)) ?? null
  const over = useStudio((s) => {
    const state = s.runs.get(run)?.state
    return state !== 'queued' && state !== 'running'
  })
  const known = useStudio((s) =>
    s.models.some(({ id, storybook }) => id === s.runs.get(run)?.settings.model && storybook),
  )
  if (!over || !known) return null
  if (asked === null)
    return (
      <div className="tj-alignment tj-alignment-ask">
        <Button kind="quiet" icon="graph" onClick={() => void scoreRun(run)}>
          Show alignment along the run
        </Button>
      </div>
    )
  if (asked === 'asking')
    return (
      <div className="tj-alignment tj-alignment-ask">
        <ProgressBar value={null} label="Words and picture are compared at every step" />
      </div>
    )
  return <Strip score={asked} steps={steps} step={step} />
}

/** By the step from which they hold: what the text says. One mark a step, however many sentences begin to hold there. */
function emerging({ concepts }: ScoreResult): ReadonlyMap<number, readonly string[]> {
  const steps = new Map<number, string[]>()
  for (const { text, step } of concepts) if (step !== null) steps.set(step, [...(steps.get(step) ?? []), text])
  return steps
}

function Strip({
  score,
  steps,
  step,
}: {
  readonly score: ScoreResult
  readonly steps: number
  readonly step: number
}): ReactElement {
  const marks = score.steps.map(({ step: at, reward, raw }) => ({ step: at, value: reward ?? raw }))
  const now = marks.findLast((mark) => mark.step <= step)
  const left = (at: number): string => `${middleOf(at, steps + 1)}%`
  return (
    <div className="tj-alignment">
      <span className="tj-alignment-name">
        Alignment <span>{now ? now.value.toFixed(2) : '–'}</span>
      </span>
      <div className="tj-alignment-plot">
        <svg
          viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Alignment of words and picture by step: ${marks.map((mark) => `${mark.step}: ${mark.value.toFixed(2)}`).join(', ')}`}
        >
          <path d={alignmentPath(marks, steps, SIZE.width, SIZE.height)} vectorEffect="non-scaling-stroke" />
        </svg>
        <span className="tj-alignment-here" style={{ left: left(step) }} aria-hidden="true" />
        {[...emerging(score)].map(([emerged, texts]) => (
          <button
            key={emerged}
            type="button"
            className="tj-concept"
            style={{ left: left(emerged) }}
            title={`From step ${emerged}:\n${texts.join('\n')}`}
            aria-label={`From step ${emerged} the picture shows: ${texts.join(' ')}`}
            onClick={() => play({ type: 'seek', step: emerged })}
          />
        ))}
      </div>
    </div>
  )
}
