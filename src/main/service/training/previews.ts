/**
 * Previews of a run that trains, on examples or on rewards: their pictures as blobs, and any of them as a run on the
 * timeline, found again when asked twice.
 */
import { readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import sharp from 'sharp'
import { TandemError } from '../../../shared/errors.ts'
import type { PictureRef, Run } from '../../../shared/studio.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import { rlFiles } from '../../../shared/rl.ts'
import { previewRowSchema, runFiles, type PreviewEntry } from '../../../shared/training.ts'
import type { HandlerDeps } from '../handlers/deps.ts'
import { runOfTrajectory } from '../open-trajectory.ts'
import { storePicture } from '../pictures.ts'
import { allRows } from './metrics-file.ts'

interface Which {
  readonly job: string
  readonly step: number
  readonly prompt: number
}

/** Kinds of job that leave previews, by the file with their rows. */
const recordOf = { sft: runFiles.metrics, pararl: rlFiles.record } as const

type PreviewedJob = StudioJob & { readonly spec: Extract<StudioJob['spec'], { kind: keyof typeof recordOf }> }

async function findPreview(folder: string, job: PreviewedJob, { step, prompt }: Which): Promise<PreviewEntry> {
  const path = join(folder, recordOf[job.spec.kind])
  const previews = await allRows(path, (value) => previewRowSchema.safeParse(value).data ?? null)
  const found = previews.findLast((row) => row.step === step && row.prompt === prompt)
  if (found) return found
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
  const job = previewedJob(store.jobs.get(which.job))
  const folder = resolve(jobs.folder(job.id))
  const { picture } = await findPreview(folder, job, which)
  return storePicture(store.blobs, sharp(await readBelow(folder, picture)), 'The preview')
}

/** Its id says which preview it is, so that the same cell opens the same run. */
const runId = (project: string, { job, step, prompt }: Which): string => {
  const place = `${job}-${step.toString(36)}-${prompt.toString(36)}`
  return `p${project.slice(-6)}-${place}`.slice(0, 64)
}

export async function openPreview(deps: HandlerDeps, which: Which & { project: string }): Promise<Run> {
  const { store, jobs, publisher } = deps
  const job = previewedJob(store.jobs.get(which.job))
  const id = runId(which.project, which)
  const known = store.runs.find(id)
  if (known) return known
  const folder = resolve(jobs.folder(which.job))
  const entry = await findPreview(folder, job, which)
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

function previewedJob(job: StudioJob): PreviewedJob {
  if (job.spec.kind in recordOf) return job as PreviewedJob
  throw new TandemError('That job does not train.', 'Choose a training run.')
}

type TrainingJob = StudioJob & { readonly spec: Extract<StudioJob['spec'], { kind: 'sft' }> }

export function trainingJob(job: StudioJob): TrainingJob {
  if (job.spec.kind === 'sft') return job as TrainingJob
  throw new TandemError('That job does not train.', 'Choose a training run.')
}
