/** Previews of a run: their pictures as blobs, and any of them as a run on the timeline, found again when asked twice. */
import { readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import sharp from 'sharp'
import { TandemError } from '../../../shared/errors.ts'
import type { PictureRef, Run } from '../../../shared/studio.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import { runFiles, type PreviewEntry } from '../../../shared/training.ts'
import type { HandlerDeps } from '../handlers/deps.ts'
import { runOfTrajectory } from '../open-trajectory.ts'
import { storePicture } from '../pictures.ts'
import { allMetrics } from './metrics-file.ts'

interface Which {
  readonly job: string
  readonly step: number
  readonly prompt: number
}

async function findPreview(folder: string, { step, prompt }: Which): Promise<PreviewEntry> {
  const rows = await allMetrics(join(folder, runFiles.metrics))
  const found = rows.findLast((row) => row.kind === 'preview' && row.step === step && row.prompt === prompt)
  if (found?.kind === 'preview') return found
  throw new TandemError('The run has no such preview any more.', 'It may have gone back to a checkpoint: look again.')
}

/** A file of the run's folder: its rows name it, and a row may say anything. */
async function readBelow(folder: string, name: string): Promise<Buffer> {
  const path = resolve(folder, ...name.split('/'))
  if (!path.startsWith(folder + sep))
    throw new TandemError('A preview names a file outside its run.', 'Delete the run.')
  return readFile(path).catch((error: unknown) => {
    throw new TandemError(
      'A file of this preview is not there any more.',
      'Ask for previews again with "Sample now".',
      'input',
      { cause: error },
    )
  })
}

export async function previewPicture({ store, jobs }: HandlerDeps, which: Which): Promise<PictureRef> {
  store.jobs.get(which.job)
  const folder = resolve(jobs.folder(which.job))
  const { picture } = await findPreview(folder, which)
  return storePicture(store.blobs, sharp(await readBelow(folder, picture)), 'The preview')
}

/** Its id says which preview it is, so that the same cell opens the same run. */
const runId = (project: string, { job, step, prompt }: Which): string => {
  const place = `${job}-${step.toString(36)}-${prompt.toString(36)}`
  return `p${project.slice(-6)}-${place}`.slice(0, 64)
}

export async function openPreview(deps: HandlerDeps, which: Which & { project: string }): Promise<Run> {
  const { store, jobs, publisher } = deps
  const job = trainingJob(store.jobs.get(which.job))
  const id = runId(which.project, which)
  const known = store.runs.find(id)
  if (known) return known
  const folder = resolve(jobs.folder(which.job))
  const entry = await findPreview(folder, which)
  const bytes = new Uint8Array(await readBelow(folder, entry.trajectory))
  const run = await runOfTrajectory(deps, {
    bytes,
    name: 'The preview',
    project: which.project,
    known: {
      model: job.spec.model,
      change: {
        id,
        reasoning: entry.reasoning,
        preview: { job: job.id, title: job.title, step: entry.step, prompt: entry.prompt },
        warnings: [
          `This is what "${job.title}" drew after ${entry.step} steps of training. It can be scrubbed; it cannot go on from a step, because the weights it was drawn with were not kept.`,
        ],
      },
    },
  })
  publisher.publish('run.changed', { run })
  return run
}

type TrainingJob = StudioJob & { readonly spec: Extract<StudioJob['spec'], { kind: 'sft' }> }

export function trainingJob(job: StudioJob): TrainingJob {
  if (job.spec.kind === 'sft') return job as TrainingJob
  throw new TandemError('That job does not train.', 'Choose a training run.')
}
