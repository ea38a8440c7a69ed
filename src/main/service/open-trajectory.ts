/** A trajectory file made elsewhere becomes a run: its words can be scrubbed, its pictures where the model is at hand. */
import { readFile } from 'node:fs/promises'
import { rastersResultSchema } from '../../shared/jobs.ts'
import type { ParsedArgsOf } from '../../shared/ipc.ts'
import type { Run } from '../../shared/studio.ts'
import { decodeTrajectory } from '../../shared/trajectory-codec.ts'
import { frame, frameCodes } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import sharp from 'sharp'
import { zlibCompression } from '../store/records.ts'
import type { HandlerDeps } from './handlers/deps.ts'
import { freshRun } from './fresh-run.ts'
import { storePicture } from './pictures.ts'

export async function openTrajectory(
  deps: HandlerDeps,
  { blob, name, project }: ParsedArgsOf<'trajectories.open'>,
): Promise<Run> {
  const bytes = new Uint8Array(await readFile(deps.store.blobs.get(blob).path))
  return runOfTrajectory(deps, { bytes, name, project })
}

export interface GivenTrajectory {
  readonly bytes: Uint8Array
  /** What messages call it. */
  readonly name: string
  readonly project: string
  /** What else the run is known by, its id included; with a model that draws its pictures where its weights are no model's. */
  readonly known?: { readonly model?: string; readonly change: Partial<Run> }
}

/** A run with these steps in the store, not told of yet. */
export async function runOfTrajectory(
  deps: HandlerDeps,
  { bytes, name, project, known }: GivenTrajectory,
): Promise<Run> {
  const { store, models } = deps
  store.projects.get(project)
  const trajectory = decodeTrajectory(bytes, zlibCompression, name)
  const { header, steps } = trajectory
  const model = known?.model !== undefined ? { id: known.model } : await models.byHash(header.model.hash)
  const warnings = model
    ? []
    : [
        `This run was made with the model ${header.model.name} (${header.model.hash.slice(0, 8)}), which is not here: ` +
          `${header.labels ? 'its words can be scrubbed' : 'its token numbers can be scrubbed'}, its pictures cannot be shown, and it cannot be continued.`,
      ]
  const settings: Run['settings'] = {
    task: header.task.startsWith('edit') ? 'edit' : 'generate',
    instruction: header.instruction,
    mode: header.mode,
    steps: header.steps,
    guidance: header.guidance,
    temperatures: header.temperatures,
    ...(header.acceleration ? { acceleration: header.acceleration } : {}),
    seed: header.seed,
    model: model?.id ?? header.model.name,
  }
  const pictures = model ? await decodeEnds(deps, model.id, trajectory, name) : { input: null, picture: null }
  const run: Run = {
    ...freshRun({
      project,
      document: null,
      settings,
      seed: header.seed,
      input: pictures.input,
      mask: null,
      box: null,
      pins: [],
    }),
    state: steps.length < header.steps ? 'cancelled' : 'done',
    endedAt: Date.now(),
    step: steps.length,
    picture: pictures.picture,
    reasoning: reasoningOf(trajectory),
    hasTrajectory: true,
    modelName: header.model.name,
    modelHash: header.model.hash,
    provider: header.provider,
    warnings,
    imported: true,
    ...known?.change,
  }
  // While its pictures were drawn another call may have opened the same one.
  const twin = store.runs.find(run.id)
  if (twin) return twin
  store.together(() => {
    store.runs.insert(run)
    store.records.finish(run.id, bytes)
  })
  return run
}

async function decodeEnds(
  { models, lanes, store }: HandlerDeps,
  id: string,
  trajectory: Trajectory,
  name: string,
): Promise<Pick<Run, 'input' | 'picture'>> {
  const { header, steps } = trajectory
  const given = header.fields.find((field) => field.name === 'inputImage')
  const input =
    given && header.tokens.slice(given.start, given.start + given.length).map((t) => t - header.image.offset)
  const output = frameCodes(header, frame(trajectory, steps.length))
  const model = await models.path(id)
  const wanted = [output, ...(input ? [input] : [])]
  const { rasters } = rastersResultSchema.parse(await lanes.ask({ kind: 'decode', model, pictures: wanted }))
  const refs = []
  for (const { width, height, rgb } of rasters)
    refs.push(await storePicture(store.blobs, sharp(rgb, { raw: { width, height, channels: 3 } }), name))
  return { picture: refs[0] ?? null, input: refs[1] ?? null }
}

/** The final words as far as the file itself names them. */
function reasoningOf(trajectory: Trajectory): string {
  const { header, steps } = trajectory
  const field = header.fields.find((f) => f.name === 'outputText')
  if (!field || !header.labels) return ''
  const { tokens } = frame(trajectory, steps.length)
  const words: string[] = []
  for (const token of tokens.subarray(field.start, field.start + field.length)) {
    const label = header.labels[String(token)]
    if (label === '<eos>') break
    if (label !== undefined && !/^<.*>$/.test(label)) words.push(label)
  }
  return words.join(' ')
}
