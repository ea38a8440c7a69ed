/** Rows of a ParaRL run, and any of its rollouts as a run on the timeline, found again when asked twice. */
import { readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import type { ParsedArgsOf } from '../../../shared/ipc.ts'
import { rlFiles, rlRowSchema, type PhaseRow, type RlRow } from '../../../shared/rl.ts'
import type { Run } from '../../../shared/studio.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import { decodeTrajectory, encodeTrajectory } from '../../../shared/trajectory-codec.ts'
import { zlibCompression } from '../../store/records.ts'
import type { HandlerDeps } from '../handlers/deps.ts'
import { runOfTrajectory } from '../open-trajectory.ts'
import { readRows, type RowsPage } from '../training/metrics-file.ts'

type Which = ParsedArgsOf<'rl.openRollout'>

const recordOf = ({ store, jobs }: HandlerDeps, job: string): string =>
  join(jobs.folder(rlJob(store.jobs.get(job)).id), rlFiles.record)

export const readRl = (deps: HandlerDeps, job: string, cursor: string | null): Promise<RowsPage<RlRow>> =>
  readRows(recordOf(deps, job), cursor, (value) => rlRowSchema.safeParse(value).data ?? null)

async function findPhase(deps: HandlerDeps, { job, phase }: Which): Promise<PhaseRow> {
  let found: PhaseRow | null = null
  for (let cursor: string | null = null; ;) {
    const page: RowsPage<RlRow> = await readRl(deps, job, cursor)
    for (const row of page.rows) if (row.kind === 'phase' && row.phase === phase) found = row
    cursor = page.cursor
    if (!page.more) break
  }
  if (found) return found
  throw new TandemError('The run has no such phase any more.', 'It may have gone back to a checkpoint: look again.')
}

export async function openRollout(deps: HandlerDeps, which: Which): Promise<Run> {
  const { store, jobs, publisher } = deps
  const job = rlJob(store.jobs.get(which.job))
  // Its id says which rollout it is, so that the same cell opens the same run.
  const place = [which.phase, which.prompt, which.rollout].map((n) => n.toString(36)).join('-')
  const id = `g${which.project.slice(-6)}-${job.id.slice(-12)}-${place}`.slice(0, 64)
  const known = store.runs.find(id)
  if (known) return known
  const phase = await findPhase(deps, which)
  const rollout = phase.rollouts.find((each) => each.prompt === which.prompt && each.rollout === which.rollout)
  if (!rollout) throw new TandemError('The phase has no such rollout.', 'Choose another cell.')
  const folder = resolve(jobs.folder(job.id))
  const path = resolve(folder, ...rollout.trajectory.split('/'))
  if (!path.startsWith(folder + sep))
    throw new TandemError('A rollout names a file outside its run.', 'Delete the run.')
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new TandemError(
      'The trajectory of this rollout was not kept.',
      'Choose a newer phase, or keep more of them ("keep every").',
      'input',
      { cause: error },
    )
  })
  const { marks } = rollout
  const run = await runOfTrajectory(deps, {
    bytes: await withWords(deps, new Uint8Array(bytes), job.spec.model),
    name: 'The rollout',
    project: which.project,
    known: {
      model: job.spec.model,
      change: {
        id,
        preview: { job: job.id, title: job.title, step: phase.step, prompt: which.prompt },
        warnings: [
          `Rollout ${rollout.rollout + 1} of ${job.spec.settings.rollouts} in phase ${phase.phase} of "${job.title}", rewarded at steps ${marks.map(({ step }) => step).join(', ')}. It can be scrubbed; it cannot go on from a step, because the weights it was drawn with were not kept.`,
        ],
      },
    },
  })
  publisher.publish('run.changed', { run })
  return run
}

/** The trajectory with what its tokens read as: a rollout is recorded without, and its policy is no model of the studio. */
async function withWords({ models }: HandlerDeps, bytes: Uint8Array, model: string): Promise<Uint8Array> {
  const { labels } = await models.vocabulary(model)
  const trajectory = decodeTrajectory(bytes, zlibCompression, 'The rollout')
  const { header, steps, events } = trajectory
  const used = new Set<number>(header.tokens)
  for (const { commits, candidates } of steps)
    for (const token of [...commits.tokens, ...candidates.tokens]) used.add(token)
  const words = [...used].flatMap((token) => (labels[token] === undefined ? [] : [[String(token), labels[token]]]))
  const named = { ...header, labels: Object.fromEntries(words) as Record<string, string> }
  return encodeTrajectory({ header: named, steps, events }, zlibCompression)
}

type RlJob = StudioJob & { readonly spec: Extract<StudioJob['spec'], { kind: 'pararl' }> }

function rlJob(job: StudioJob): RlJob {
  if (job.spec.kind === 'pararl') return job as RlJob
  throw new TandemError('That job is no ParaRL run.', 'Choose one that is.')
}
