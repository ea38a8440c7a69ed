/** Fine-tuning as a kind of job: the engine's settings of what was asked for by id, and the model that came out. */
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../../shared/errors.ts'
import type { SpecOf } from '../../../shared/jobs.ts'
import type { SftStudioResult, SftStudioSpec, TrainedModel } from '../../../shared/studio-training.ts'
import { runFiles, trainedSchema, type TrainedResult } from '../../../shared/training.ts'
import { sftConfigOf } from '../../../shared/training-settings.ts'
import { explained } from '../../store/database.ts'
import type { KindDeps, JobPlace } from '../jobs/kind.ts'
import { adoptModel } from './adopt.ts'
import { dataOf } from './data.ts'

const methodWords = { lora: 'adapter', full: 'whole model' } as const

export const trainingTitle = ({ model, settings }: SftStudioSpec): string =>
  settings.name ?? `${model}, ${methodWords[settings.method]}, ${settings.steps} steps`

/** What the engine is given. Goes on where the folder holds a checkpoint, whatever the row remembers. */
export async function engineSpecOf(spec: SftStudioSpec, deps: KindDeps, { folder }: JobPlace): Promise<SpecOf<'sft'>> {
  const { settings } = spec
  if (settings.batch % settings.accumulate !== 0)
    throw new TandemError(
      `A batch of ${settings.batch} cannot be computed in ${settings.accumulate} equal passes.`,
      'Choose passes that divide the batch.',
    )
  const model = await deps.models.path(spec.model)
  const data = await dataOf(spec.data, deps)
  const config = { ...sftConfigOf(settings, { model, data: data.path ?? '' }), ...(data.config ?? {}) }
  const resume = (await stat(join(folder, runFiles.checkpoint)).catch(() => null)) !== null
  return { kind: 'sft', config, out: folder, resume }
}

/** A run that only paused has made nothing yet. */
export function parseTrained(raw: unknown): TrainedResult {
  return trainedSchema.parse(raw)
}

export async function resultOf(
  raw: unknown,
  spec: SftStudioSpec,
  deps: KindDeps,
  { id }: JobPlace,
): Promise<SftStudioResult> {
  const { run: _run, model, adapter: _adapter, checkpoint: _checkpoint, ...rest } = parseTrained(raw)
  try {
    return { ...rest, model: model === null ? null : await adopt(model, spec, deps, id) }
  } catch (error) {
    throw explained(error)
  }
}

async function adopt(from: string, spec: SftStudioSpec, { models }: KindDeps, job: string): Promise<TrainedModel> {
  const kind = basename(from) === runFiles.adapter ? 'adapter' : 'model'
  const name = spec.settings.name ?? `${spec.model}-${kind === 'adapter' ? 'lora' : 'sft'}`
  const basePath = await models.path(spec.model)
  const { id, bytes } = await adoptModel(from, models.own, { name, job, base: spec.model, basePath })
  const { from: base, data } = await readLineage(join(models.own, id))
  return { id, name, kind, bytes, base, data }
}

const lineageSchema = z.object({
  from: z.array(z.object({ name: z.string(), hash: z.string() })).min(1),
  data: z.object({ hash: z.string(), rows: z.int() }).optional(),
})

async function readLineage(folder: string): Promise<{ from: TrainedModel['base']; data: TrainedModel['data'] }> {
  const text = await readFile(join(folder, 'lineage.json'), 'utf8')
  const { from, data } = lineageSchema.parse(JSON.parse(text))
  return { from: from[0]!, data: data ?? null }
}
