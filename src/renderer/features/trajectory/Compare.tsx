/** Two runs side by side, in step: what differs between them is marked, and the other half can be started right here. */
import { useEffect, useMemo, useState, type KeyboardEvent, type ReactElement } from 'react'
import type { Run } from '../../../shared/studio.ts'
import type { DecodingMode, Trajectory } from '../../../shared/trajectory.ts'
import { api } from '../../api.ts'
import { useComparison } from '../../state/comparison.ts'
import { play, takePlaybackKey, usePlayback, useShownStep } from '../../state/playback.ts'
import { modeName } from '../../state/runs-words.ts'
import { putRuns } from '../../state/runs.ts'
import { useStudio } from '../../state/store.ts'
import { toastError } from '../../state/toasts.ts'
import { frameOf } from '../../state/trajectories.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { SegmentedControl, Select } from '../../ui/choices.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { EmptyState } from '../../ui/feedback.tsx'
import {
  comparable,
  differenceLine,
  differences,
  linkedStep,
  sameButMode,
  type Length,
  type Link,
} from './compare-runs.ts'
import { CompareSide } from './CompareSide.tsx'
import { useWords, type WordView } from './use-words.ts'
import './compare.css'

const MOST = 200
const none: ReadonlySet<number> = new Set()
const lengthOf = (trajectory: Trajectory | null): Length => ({
  recorded: trajectory?.steps.length ?? 0,
  planned: trajectory?.header.steps ?? 0,
})

/** A run as one line of the chooser. */
function lineOf(run: Run, seed: number): string {
  const from = run.parent ? `, branched after step ${run.parent.step}` : ''
  const drawn = run.seed === seed ? 'same seed' : `seed ${run.seed}`
  return `${modeName(run.settings.mode)}${from}, ${drawn}: ${run.settings.instruction.slice(0, 60)}`
}

/** A window over the studio; the run on screen is the first of the two. */
export function Compare({ onClose }: { readonly onClose: () => void }): ReactElement {
  const id = useStudio((s) => s.viewedRun)
  return (
    <Dialog title="Compare runs in step" size="large" onClose={onClose}>
      {id === null ? (
        <EmptyState icon="compare" title="No run on screen">
          Choose a run in the history first.
        </EmptyState>
      ) : (
        <Comparison key={id} run={id} />
      )}
    </Dialog>
  )
}

function Comparison({ run: id }: { readonly run: string }): ReactElement {
  const known = useStudio((s) => s.runs)
  const run = known.get(id)
  const [other, setOther] = useState<string | null>(() => useComparison.getState().other)
  const [link, setLink] = useState<Link>(() => useComparison.getState().link)
  const [starting, setStarting] = useState(false)
  const step = useShownStep()
  const { playing } = usePlayback()
  const first = useWords(id, step)
  const otherLength = useStudio((s) => (other === null ? null : (s.trajectories.get(other) ?? null)))
  const otherStep = linkedStep(step, link, lengthOf(first.trajectory), lengthOf(otherLength))
  const second = useWords(other, otherStep)
  const candidates = useMemo(() => (run ? comparable(run, [...known.values()]) : []), [run, known])
  const found = useMemo(
    () => compared(id, step, first, other, otherStep, second),
    [id, step, first, other, otherStep, second],
  )
  useProjectRuns(run?.project ?? null)

  const start = async (mode: DecodingMode): Promise<void> => {
    if (!run || !first.trajectory) return
    setStarting(true)
    try {
      const { runs } = await api.call('runs.start', sameButMode(run, first.trajectory.header, mode))
      putRuns(runs)
      if (runs[0]) setOther(runs[0].id)
      setLink(mode === run.settings.mode ? 'step' : 'share')
    } catch (error) {
      toastError(error)
    } finally {
      setStarting(false)
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const { target } = event
    if (event.defaultPrevented || !(target instanceof HTMLElement)) return
    // The step's own slider has arrows that do the same; other controls keep their keys.
    const control = target.closest('button, select, input, [role=listbox]')
    const press = event.key === ' ' || event.key === 'Enter'
    if (control && (control.tagName !== 'BUTTON' || press)) return
    if (takePlaybackKey(event)) event.preventDefault()
  }
  const recorded = first.trajectory?.steps.length ?? 0
  const models = first.match?.kind === 'here'

  return (
    <div className="tj-compare" onKeyDown={onKeyDown}>
      <div className="tj-compare-bar">
        <Select
          label="Compare with"
          value={other ?? ''}
          options={[
            { value: '', label: candidates.length > 0 ? 'Choose a run…' : 'No other run yet' },
            ...candidates.map((entry) => ({ value: entry.id, label: lineOf(entry, run?.seed ?? -1) })),
          ]}
          onChange={(value) => setOther(value === '' ? null : value)}
        />
        <div className="tj-compare-start" role="group" aria-label="Run the other half now, with the same seed">
          {(['parallel', 'sequential', 'image-only'] as const)
            .filter((mode) => mode !== run?.settings.mode)
            .map((mode) => (
              <Button key={mode} icon="wand" disabled={starting || !models || !run} onClick={() => void start(mode)}>
                {startNames[mode]}
              </Button>
            ))}
        </div>
      </div>
      {other === null ? (
        <EmptyState icon="compare" title="Nothing beside it yet">
          Choose another run, or run the other half now: the same picture, words and seed in another mode, so that what
          differs comes from the mode alone.
          {run?.edits ? ' It starts from the beginning, without the changes of this branch.' : ''}
        </EmptyState>
      ) : (
        <>
          <div className="tj-compare-steps">
            <IconButton icon="step-back" label="Step back" onClick={() => play({ type: 'by', delta: -1 })} />
            <IconButton
              icon={playing ? 'pause' : 'play'}
              label={playing ? 'Pause' : 'Play'}
              onClick={() => play({ type: 'toggle' })}
            />
            <IconButton icon="step-forward" label="Step forward" onClick={() => play({ type: 'by', delta: 1 })} />
            <input
              type="range"
              className="slider-track"
              aria-label="Step of both runs"
              data-autofocus
              min={0}
              max={recorded}
              step={1}
              value={step}
              style={{ '--share': `${recorded > 0 ? (100 * step) / recorded : 0}%` } as React.CSSProperties}
              onChange={(event) => play({ type: 'seek', step: Number(event.target.value) })}
            />
            <SegmentedControl
              label="How the two are linked"
              value={link}
              segments={[
                { value: 'step', label: 'Same step' },
                { value: 'share', label: 'Same share', hint: 'Half of one beside half of the other.' },
              ]}
              onChange={setLink}
            />
          </div>
          <p className="tj-compare-line" role="status">
            {found ? `${differenceLine(found.cells, 'cells')}. ${differenceLine(found.words, 'words')}.` : 'Loading…'}
          </p>
          <div className="tj-compare-sides">
            <CompareSide
              run={id}
              step={step}
              view={first}
              words={found?.words?.differing ?? none}
              cells={found?.cells?.differing ?? none}
            />
            <CompareSide
              run={other}
              step={otherStep}
              view={second}
              words={found?.words?.differing ?? none}
              cells={found?.cells?.differing ?? none}
            />
          </div>
        </>
      )}
    </div>
  )
}

const startNames = {
  parallel: 'Same seed, together',
  sequential: 'Same seed, think then draw',
  'image-only': 'Same seed, thinking off',
} as const

function compared(
  id: string,
  step: number,
  first: WordView,
  other: string | null,
  otherStep: number,
  second: WordView,
): ReturnType<typeof differences> | null {
  const a = frameOf(id, step)
  const b = other === null ? null : frameOf(other, otherStep)
  if (!a || !b || !first.trajectory || !second.trajectory || !first.lexicon || !second.lexicon) return null
  return differences(
    { header: first.trajectory.header, frame: a, lexicon: first.lexicon },
    { header: second.trajectory.header, frame: b, lexicon: second.lexicon },
  )
}

/** Has the newest runs of the project among those known, to choose from. */
function useProjectRuns(project: string | null): void {
  useEffect(() => {
    if (project === null) return
    api.call('runs.list', { project, limit: MOST }).then(({ runs }) => putRuns(runs), toastError)
  }, [project])
}
