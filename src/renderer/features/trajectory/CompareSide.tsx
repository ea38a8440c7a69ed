/** One of two runs beside each other: its picture and its words at a step, with what differs marked. */
import { useEffect, useState, type ReactElement } from 'react'
import { modeName, stateName } from '../../state/runs-words.ts'
import { needRasters, rasterAt, useRasters } from '../../state/rasters.ts'
import { useStudio } from '../../state/store.ts'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { RasterView } from './RasterView.tsx'
import type { WordView } from './use-words.ts'
import type { WordFocus } from './word-keys.ts'
import { WordList } from './WordList.tsx'
import { foldFrom } from './words.ts'

export interface CompareSideProps {
  readonly run: string
  readonly step: number
  readonly view: WordView
  readonly words: ReadonlySet<number>
  readonly cells: ReadonlySet<number>
}

const none: ReadonlySet<number> = new Set()
const ignore = (): void => undefined

export function CompareSide({ run: id, step, view, words: differing, cells }: CompareSideProps): ReactElement {
  const run = useStudio((s) => s.runs.get(id))
  const [focus, setFocus] = useState<WordFocus>({ head: 0, anchor: 0 })
  // A new picture is a reason to look again.
  useRasters((s) => s.version)
  const error = useRasters((s) => s.errors.get(id))
  const { trajectory, lexicon, words, widths, widthOf, load } = view
  const recorded = trajectory !== null
  useEffect(() => {
    if (recorded && !rasterAt(id, step)) needRasters(id, [step])
  }, [id, step, recorded])
  const name = run ? modeName(run.settings.mode) : 'Run'
  return (
    <section className="tj-side" aria-label={name}>
      <header className="tj-side-head">
        <strong>{name}</strong>
        <span className="tj-hint">
          {run ? `seed ${run.seed}, ${stateName[run.state].toLowerCase()}, ` : ''}step {step} /{' '}
          {trajectory?.header.steps ?? '…'}
        </span>
      </header>
      {load?.state === 'failed' ? (
        <Notice tone="danger" about={{ run: id, where: 'runs.trajectory' }}>
          {load.error.message} {load.error.remedy}
        </Notice>
      ) : !trajectory || !lexicon ? (
        <ProgressBar value={null} label={run?.state === 'queued' ? 'Waiting in the queue' : 'Loading the run'} />
      ) : (
        <>
          <RasterView
            raster={rasterAt(id, step)}
            grid={trajectory.header.image.grid}
            marked={cells}
            label={`${name}: picture at step ${step}`}
          />
          {error && (
            <Notice tone="danger" about={{ run: id, where: 'runs.decode' }}>
              {error.message} {error.remedy}
            </Notice>
          )}
          {words.length > 0 ? (
            <WordList
              label={`${name}: reasoning at step ${step}`}
              words={words}
              widths={widths}
              widthOf={widthOf}
              fold={foldFrom(words, lexicon.eos)}
              focus={focus}
              onFocus={setFocus}
              edits={[]}
              lit={none}
              differing={differing}
              onPoint={ignore}
              onUnfold={ignore}
            />
          ) : (
            <p className="tj-hint">Without reasoning.</p>
          )}
        </>
      )}
    </section>
  )
}
