/**
 * The reasoning of the viewed run at the step on screen: every word in a slot of its own, what it is and how sure; words
 * are chosen here to be pinned, replaced or masked again, and the run goes on from there.
 */
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import { copyText } from '../../state/download.ts'
import { edit, usePendingEdits } from '../../state/playback-edits.ts'
import { play, takePlaybackKey, useShownStep } from '../../state/playback.ts'
import { pointAt, useMoment } from '../../state/playback-view.ts'
import type { Run } from '../../../shared/studio.ts'
import { useStudio } from '../../state/store.ts'
import { ensureTrajectory, frameOf } from '../../state/trajectories.ts'
import { fieldOf } from '../../state/trajectories-log.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { CopyDiagnostics } from '../../ui/diagnostics.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Legend } from './Legend.tsx'
import { branchRefusal } from './model-line.ts'
import { ModelLine } from './ModelLine.tsx'
import { PendingBar } from './PendingBar.tsx'
import { PointedLine } from './PointedLine.tsx'
import { useWords, type WordView } from './use-words.ts'
import { pinsOf, remasksOfWords } from './word-edits.ts'
import { WordEditor } from './WordEditor.tsx'
import { rangeOf, type WordFocus } from './word-keys.ts'
import { WordList } from './WordList.tsx'
import { foldFrom, isDecided, plainText, type Word } from './words.ts'
import './trajectory.css'

const noWords: ReadonlySet<number> = new Set()
const SAY_AFTER_MS = 400

export function ReasoningPanel(): ReactElement {
  const run = useStudio((s) => s.viewedRun)
  const known = useStudio((s) => (run === null ? undefined : s.runs.get(run)))
  const step = useShownStep()
  const view = useWords(run, step)
  const { trajectory, load } = view

  if (run === null)
    return (
      <EmptyState icon="text" title="No run on screen">
        Run an edit, or choose one in the history: its reasoning appears here word by word.
      </EmptyState>
    )
  if (!trajectory) {
    if (load?.state === 'failed')
      return (
        <EmptyState
          icon="warning"
          title="The reasoning cannot be shown"
          actions={
            <>
              <Button onClick={() => void ensureTrajectory(run, true)}>Try again</Button>
              <CopyDiagnostics
                said={`${load.error.message} ${load.error.remedy}`}
                about={{ run, where: 'runs.trajectory' }}
              />
            </>
          }
        >
          {`${load.error.message} ${load.error.remedy}`}
        </EmptyState>
      )
    if (known?.state === 'queued')
      return (
        <EmptyState icon="queue" title="Waiting in the queue">
          The reasoning begins with the first step.
        </EmptyState>
      )
    if (known && known.state !== 'running' && !known.hasTrajectory)
      return (
        <EmptyState
          icon={known.error ? 'warning' : 'text'}
          title="No step was recorded"
          actions={
            known.error && (
              <CopyDiagnostics said={`${known.error.message} ${known.error.remedy}`} about={{ run, where: 'run' }} />
            )
          }
        >
          {known.error ? `${known.error.message} ${known.error.remedy}` : 'The run ended before its first step.'}
        </EmptyState>
      )
    return (
      <div className="tj-loading">
        <ProgressBar value={null} label="Loading the trajectory" />
        <p className="tj-hint">Loading the trajectory…</p>
      </div>
    )
  }
  return <Reasoning key={run} run={run} step={step} view={view} made={known ?? ownRun} />
}

const ownRun = { imported: false, preview: null }

function Reasoning({
  run,
  step,
  view,
  made,
}: {
  readonly run: string
  readonly step: number
  readonly view: WordView
  /** Where the run came from. */
  readonly made: Pick<Run, 'imported' | 'preview'>
}): ReactElement {
  const { trajectory, lexicon, match, words, widths, widthOf } = view
  const [focus, setFocus] = useState<WordFocus>({ head: 0, anchor: 0 })
  const [unfolded, setUnfolded] = useState(false)
  const [legend, setLegend] = useState(false)
  const [editing, setEditing] = useState(false)
  const anchor = useRef<HTMLElement | null>(null)
  const pending = usePendingEdits()
  const lit = useLit()
  const point = useCallback(
    (index: number | null) => pointAt(index === null ? null : { field: 'outputText', index }),
    [],
  )

  if (!trajectory || !lexicon || !match) return <ProgressBar value={null} label="Loading the words" />
  const { header } = trajectory
  const hasText = fieldOf(header, 'outputText') !== null
  const refusal = branchRefusal(header, match)
  const model = match.kind === 'here' ? match.model.id : null
  const fold = unfolded ? null : foldFrom(words, lexicon.eos)
  const chosen = rangeOf(focus).flatMap((i): Word[] => (words[i] && (fold === null || i < fold) ? [words[i]] : []))
  const canEdit = refusal === null && chosen.length > 0

  const openEditor = (_: number, at: HTMLElement): void => {
    anchor.current = at
    setEditing(true)
  }
  const onKey = (event: KeyboardEvent): boolean => {
    const command = event.ctrlKey || event.metaKey
    const key = event.key.toLowerCase()
    if (command && key === 'z') edit({ type: event.shiftKey ? 'redo' : 'undo' })
    else if (command && key === 'y') edit({ type: 'redo' })
    else if (event.altKey && event.key === 'ArrowLeft') play({ type: 'by', delta: -1 })
    else if (event.altKey && event.key === 'ArrowRight') play({ type: 'by', delta: 1 })
    else if (command || event.altKey) return false
    else if (key === 'escape' && focus.head !== focus.anchor) setFocus({ head: focus.head, anchor: focus.head })
    else if (key === 'p' && canEdit) edit({ type: 'words', edits: pinsOf(chosen) })
    else if ((key === 'm' || key === 'delete') && canEdit) edit({ type: 'words', edits: remasksOfWords(chosen) })
    else return takePlaybackKey(event)
    return true
  }

  return (
    <div className="tj-panel">
      <ModelLine header={header} match={match} source={lexicon.source} run={made} />
      {hasText ? (
        <>
          <div className="tj-panel-bar">
            <p className="tj-decided">
              Step {step}
              <span className="tj-hint">{`${words.filter(isDecided).length} of ${words.length} places decided`}</span>
            </p>
            <IconButton
              small
              icon="copy"
              label="Copy the reasoning"
              onClick={() => void copyText(plainText(words, lexicon.eos), 'The reasoning')}
            />
            <IconButton
              small
              icon="more"
              label="Show the places after the end"
              pressed={unfolded}
              onClick={() => setUnfolded(!unfolded)}
            />
            <IconButton small icon="info" label="Legend" pressed={legend} onClick={() => setLegend(!legend)} />
          </div>
          {legend && <Legend />}
          <WordList
            label={`Reasoning at step ${step}`}
            words={words}
            widths={widths}
            widthOf={widthOf}
            fold={fold}
            focus={focus}
            onFocus={setFocus}
            edits={pending.words}
            lit={lit}
            onPoint={point}
            {...(refusal === null ? { onOpen: openEditor } : {})}
            onUnfold={() => setUnfolded(true)}
            onKey={onKey}
          />
          <PointedLine header={header} frame={frameOf(run, step)} words={words} />
        </>
      ) : (
        <Notice>This run drew its picture without reasoning.</Notice>
      )}
      <PendingBar run={run} trajectory={trajectory} step={step} refusal={refusal} />
      <StepAnnouncement step={step} of={Math.max(header.steps, trajectory.steps.length)} />
      {editing && model !== null && chosen.length > 0 && (
        <WordEditor
          // Another word is another editor: nothing typed for the last one stays.
          key={`${chosen[0]!.index}-${chosen.length}`}
          anchor={anchor}
          model={model}
          lexicon={lexicon}
          all={words}
          chosen={chosen}
          onClose={() => setEditing(false)}
        />
      )}
    </div>
  )
}

/** Words decided together with what the pointer is on, here or on the canvas. */
function useLit(): ReadonlySet<number> {
  const words = useMoment((s) => s.together?.words)
  const [last, setLast] = useState<{ of: readonly number[] | undefined; set: ReadonlySet<number> }>({
    of: undefined,
    set: noWords,
  })
  if (last.of === words) return last.set
  const set = words ? new Set(words) : noWords
  setLast({ of: words, set })
  return set
}

/** Says the step when the playhead has come to rest: not every step of a run that plays. */
function StepAnnouncement({ step, of }: { readonly step: number; readonly of: number }): ReactElement {
  const [said, setSaid] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setSaid(`Step ${step} of ${of}`), SAY_AFTER_MS)
    return () => clearTimeout(timer)
  }, [step, of])
  return (
    <p className="tj-unseen" role="status" aria-live="polite">
      {said}
    </p>
  )
}
