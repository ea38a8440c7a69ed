/** ParaRL runs on the screens: rows of the one that is looked at, its rollouts on the timeline, the reward along any run. */
import { useEffect, useState } from 'react'
import { create } from 'zustand'
import type { ScoreResult } from '../../shared/rl.ts'
import { api } from '../api.ts'
import { runById } from './commands.ts'
import type { JobOf } from './jobs.ts'
import { viewRun } from './playback.ts'
import { noRlRows, withRlRows, type RlRows } from './rl-rows.ts'
import { putRuns } from './runs.ts'
import { studio, useStudio, withEntry } from './store.ts'
import { toast, toastError } from './toasts.ts'

export type RlJob = JobOf<'pararl'>

/** Rows of a run, read as they grow while the caller is on screen; null until the first answer. */
export function useRlRows(job: string): RlRows | null {
  const [rows, setRows] = useState<RlRows | null>(null)
  const connected = useStudio((s) => s.connected)
  useEffect(() => {
    let gone = false
    let reading = false
    let again = false
    let cursor: string | null = null
    let known = noRlRows
    const read = async (): Promise<void> => {
      again = true
      if (reading) return
      reading = true
      try {
        while (again && !gone) {
          again = false
          const page = await api.call('rl.rows', { job, cursor })
          if (gone) return
          cursor = page.cursor
          known = withRlRows(page.restart ? noRlRows : known, page.rows)
          again ||= page.more
          setRows(known)
        }
      } catch (error) {
        if (studio.get().connected && !gone) toastError(error)
      } finally {
        reading = false
      }
    }
    void read()
    const stop = api.on('training.grew', (grew) => {
      if (grew.job === job) void read()
    })
    return () => {
      gone = true
      stop()
    }
  }, [job, connected])
  return rows
}

/** Opens a rollout on the timeline of the editor, at a step. */
export async function openRollout(
  which: { readonly job: string; readonly phase: number; readonly prompt: number; readonly rollout: number },
  step: number,
): Promise<void> {
  const { project } = studio.get()
  if (!project) return void toast({ tone: 'warning', message: 'Open a project first.' })
  try {
    const run = await api.call('rl.openRollout', { ...which, project: project.id })
    putRuns([run])
    viewRun(run.id, step)
    runById('screen.edit')
  } catch (error) {
    toastError(error)
  }
}

type Asked = ScoreResult | 'asking' | null

/** The reward along runs, by run: made once each. */
export const useScores = create<{ readonly scores: ReadonlyMap<string, Asked> }>(() => ({ scores: new Map() }))

const put = (run: string, asked: Asked): void =>
  useScores.setState(({ scores }) => ({ scores: withEntry(scores, run, asked) }))

/** Asks the shipped scorer for its mark at every step of a run. */
export async function scoreRun(run: string): Promise<void> {
  if (useScores.getState().scores.get(run)) return
  put(run, 'asking')
  try {
    put(run, await api.call('rl.score', { run, reward: 'storybook' }))
  } catch (error) {
    put(run, null)
    toastError(error)
  }
}

// A run that went on has more steps than its score.
api.on('run.changed', ({ run }) => {
  const known = useScores.getState().scores.get(run.id)
  if (known && known !== 'asking' && known.steps.length !== run.step) put(run.id, null)
})
