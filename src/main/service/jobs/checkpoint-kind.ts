/**
 * Importing a published checkpoint as a job: made in the job's own folder, so that a stopped one goes on with the blocks it
 * has and a deleted one leaves nothing, and moved among the models when it is whole.
 */
import { mkdir, rename, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { importReportSchema } from '../../../shared/checkpoints.ts'
import { hubResultSchema } from '../../../shared/hub.ts'
import type { checkpointImportedSchema, CheckpointSource, modelGotSchema } from '../../../shared/checkpoint-jobs.ts'
import type { z } from 'zod'
import type { FinishDeps, JobKindDefinition, JobPlace, KindDeps } from './kind.ts'

const OUT = 'model'

export const checkpointImport: JobKindDefinition<'checkpoint-import'> = {
  light: true,
  makesModels: true,
  title: ({ name, precision }) =>
    `Import ${name}${precision === 'int8' || precision === 'int4' ? ` as ${precision}` : ''}`,
  async engineSpec({ source, name, behaviour, precision, prompts }, deps, { id, folder }) {
    // A job that is only being asked for: the folders are remembered over restarts from now on.
    if (id === '') for (const handle of [source.folder, source.vq]) if (handle) await deps.folders.keep(handle)
    const places = await placesOf(source, deps)
    return {
      kind: 'checkpoint',
      work: { do: 'import', ...places, out: join(folder, OUT), name, behaviour, precision, prompts },
    }
  },
  async result(raw, spec, deps, place) {
    const { path: _, ...report } = importReportSchema.parse(raw)
    return { model: await takeIn(spec.name, deps, place), report } satisfies z.infer<typeof checkpointImportedSchema>
  },
}

/** The folders behind a person's choice. Throws where one is gone or may not be read. */
export async function placesOf(
  { folder, vq, variant, imageSize }: CheckpointSource,
  { folders }: Pick<KindDeps, 'folders'>,
): Promise<{ directory: string; vq: string | null } & Pick<CheckpointSource, 'variant' | 'imageSize'>> {
  return { directory: await folders.path(folder), vq: vq && (await folders.path(vq)), variant, imageSize }
}

/** Moves what the job made among the models, under a name that is free. */
async function takeIn(name: string, { library }: FinishDeps, { folder }: JobPlace): Promise<string> {
  const made = join(folder, OUT)
  await stat(made)
  await mkdir(library.folder, { recursive: true })
  const to = join(library.folder, await library.freeName(name))
  await rename(made, to)
  return basename(to)
}

const FILES = 'files'

/** Downloading a published model: its files are the job's own, and go when it is deleted. */
export const modelGet: JobKindDefinition<'model-get'> = {
  light: true,
  title: ({ name, address }) => `Get ${name} from ${hostOf(address.host, address.repository)}`,
  engineSpec: ({ address }, _deps, { folder }) => ({
    kind: 'hub',
    work: { do: 'get', ...address, out: join(folder, FILES) },
  }),
  async result(raw, { name }, { folders }) {
    const { path, ...got } = hubResultSchema.parse(raw)
    const { handle } = await folders.grant(path)
    await folders.keep(handle)
    return { name, folder: handle, got } satisfies z.infer<typeof modelGotSchema>
  },
}

/** The host that is contacted, as far as it can be read. */
const hostOf = (host: string, repository: string): string =>
  URL.parse(/^https?:/.test(repository) ? repository : host)?.host ?? host
