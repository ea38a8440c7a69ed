/**
 * The rollouts of a phase as a grid: a row per rollout, a column per sampled step, coloured by advantage. A cell opens
 * that rollout at that step on the timeline.
 */
import { useRef, useState, type CSSProperties, type KeyboardEvent, type ReactElement } from 'react'
import type { PhaseRow, RolloutMark, RolloutRow } from '../../../../shared/rl.ts'
import { openRollout, type RlJob } from '../../../state/rl.ts'
import { tint } from '../../../state/rl-rows.ts'
import { IconButton } from '../../../ui/Button.tsx'
import { EmptyState } from '../../../ui/feedback.tsx'
import { Slider } from '../../../ui/Slider.tsx'
import { figure } from '../words.ts'

export function RolloutGrid({
  job,
  phases,
}: {
  readonly job: RlJob
  readonly phases: readonly PhaseRow[]
}): ReactElement {
  /** Null follows the newest. */
  const [chosen, choose] = useState<number | null>(null)
  const last = phases.length - 1
  const at = chosen === null ? last : Math.min(chosen, last)
  const phase = phases[at]
  if (!phase)
    return (
      <EmptyState icon="graph" title="No rollouts yet">
        Each phase draws {job.spec.settings.rollouts} rollouts of {job.spec.settings.prompts} prompts and rewards them
        at {job.spec.settings.sampledSteps} steps.
      </EmptyState>
    )
  return (
    <div className="rollouts">
      <div className="rollouts-bar">
        <IconButton icon="chevron-left" label="Phase before" disabled={at === 0} onClick={() => choose(at - 1)} />
        <Slider
          label="Phase"
          value={at}
          min={0}
          max={Math.max(1, last)}
          step={1}
          initial={last}
          onChange={(value) => choose(value >= last ? null : value)}
        />
        <IconButton
          icon="chevron-right"
          label="Phase after"
          disabled={at === last}
          onClick={() => choose(at + 1 >= last ? null : at + 1)}
        />
        <span className="rollouts-facts">
          before update {phase.step + 1} · mean reward {figure(phase.reward)} · {Math.round(phase.distinct * 100)} %
          different
        </span>
        <Legend />
      </div>
      {phase.prompts.map(({ index, instruction, sampledSteps }, p) => (
        <Prompt
          key={`${phase.phase}-${index}-${p}`}
          instruction={instruction}
          steps={sampledSteps}
          rollouts={phase.rollouts.filter(({ prompt }) => prompt === p)}
          onOpen={(rollout, step) =>
            void openRollout({ job: job.id, phase: phase.phase, prompt: p, rollout: rollout.rollout }, step)
          }
        />
      ))}
    </div>
  )
}

function Legend(): ReactElement {
  return (
    <span className="rollouts-legend">
      worse
      <span aria-hidden="true" />
      better than its group
    </span>
  )
}

function Prompt({
  instruction,
  steps,
  rollouts,
  onOpen,
}: {
  readonly instruction: string
  readonly steps: readonly number[]
  readonly rollouts: readonly RolloutRow[]
  readonly onOpen: (rollout: RolloutRow, step: number) => void
}): ReactElement {
  const table = useRef<HTMLTableElement>(null)
  /** Arrows walk the cells; one of them takes the focus by Tab. */
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -steps.length, ArrowDown: steps.length }[event.key]
    if (move === undefined) return
    const cells = [...(table.current?.querySelectorAll<HTMLButtonElement>('button') ?? [])]
    const next = cells[cells.indexOf(document.activeElement as HTMLButtonElement) + move]
    if (!next) return
    event.preventDefault()
    next.focus()
  }
  return (
    <section className="rollouts-prompt" aria-label={instruction}>
      <h3>{instruction}</h3>
      <table ref={table} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <th scope="col">Rollout</th>
            {steps.map((step, i) => (
              <th key={`${step}-${i}`} scope="col">
                step {step}
              </th>
            ))}
            <th scope="col">Final</th>
            <th scope="col">Tokens</th>
            <th scope="col">Entropy</th>
          </tr>
        </thead>
        <tbody>
          {rollouts.map((rollout, row) => (
            <tr key={rollout.rollout}>
              <th scope="row">{rollout.rollout + 1}</th>
              {rollout.marks.map((mark, column) => (
                <td key={column}>
                  <Cell
                    mark={mark}
                    rollout={rollout.rollout}
                    tabbable={row === 0 && column === 0}
                    onOpen={() => onOpen(rollout, mark.step)}
                  />
                </td>
              ))}
              <td>{fixed(rollout.final, 2)}</td>
              <td>{rollout.length}</td>
              <td>{rollout.entropy === null ? '–' : fixed(rollout.entropy, 3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** A column of numbers lines up where each has as many places. */
const fixed = (value: number | null, places: number): string => (value === null ? '–' : value.toFixed(places))

function Cell({
  mark,
  rollout,
  tabbable,
  onOpen,
}: {
  readonly mark: RolloutMark
  readonly rollout: number
  readonly tabbable: boolean
  readonly onOpen: () => void
}): ReactElement {
  const { advantage, reward, step, text, image } = mark
  const words = `Rollout ${rollout + 1}, step ${step}: reward ${figure(reward)}, advantage ${
    advantage === null ? 'none, for want of a reward' : figure(advantage)
  }, ${text} words and ${image} cells decoded`
  return (
    <button
      type="button"
      className="rollout-cell"
      data-flat={advantage === null}
      data-worse={advantage !== null && advantage < 0}
      style={
        advantage === null
          ? undefined
          : ({ '--tint': `${Math.round(Math.abs(tint(advantage)) * 60)}%` } as CSSProperties)
      }
      title={words}
      aria-label={words}
      tabIndex={tabbable ? 0 : -1}
      onClick={onOpen}
    >
      {fixed(reward, 2)}
    </button>
  )
}
