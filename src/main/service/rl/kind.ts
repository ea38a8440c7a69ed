/** ParaRL as a kind of job: the engine's spec of what was asked for by id, and the model that came out. */
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import type { SpecOf } from '../../../shared/jobs.ts'
import { pararlResultSchema, rewardFolders, rlFiles, type RlData } from '../../../shared/rl.ts'
import type { PararlStudioResult, PararlStudioSpec } from '../../../shared/studio-rl.ts'
import { explained } from '../../store/database.ts'
import type { KindDeps, JobPlace } from '../jobs/kind.ts'
import { adoptModel } from '../training/adopt.ts'
import { dataOf } from '../training/data.ts'

const levels = { trajectory: 'ParaRL', output: 'Output-level RL' } as const

export const pararlTitle = ({ model, settings }: PararlStudioSpec): string =>
  settings.name ?? `${levels[settings.objective]} on ${model}, ${settings.steps} updates`

/** What the engine is given. Goes on where the folder holds a run, whatever the row remembers. */
export async function pararlEngineSpec(
  spec: PararlStudioSpec,
  deps: KindDeps,
  { id, folder }: JobPlace,
): Promise<SpecOf<'pararl'>> {
  const model = await deps.models.path(spec.model)
  const data = await promptsOf(spec, deps)
  const reward = await rewardOf(spec, deps)
  // A job that is only being asked for: the folder is remembered over restarts from now on.
  if (id === '' && typeof spec.reward === 'object') await deps.folders.keep(spec.reward.folder)
  if (await holdsRun(folder)) return { kind: 'pararl', run: null, out: folder, resume: true }
  return {
    kind: 'pararl',
    run: { model, data, reward, settings: spec.settings },
    out: folder,
    resume: false,
  }
}

async function promptsOf({ data }: PararlStudioSpec, deps: KindDeps): Promise<RlData> {
  if (data.from === 'world')
    return { kind: 'world', path: null, operations: null, seed: data.seed, sprites: 32, generateShare: 0.15 }
  const { path } = await dataOf(data, deps)
  if (path === null) throw new TandemError('The data set is not there any more.', 'Choose another one.')
  return { kind: 'folder', path }
}

/** What the engine knows the reward by; a folder that holds none is refused before anything waits for it. */
async function rewardOf({ reward }: PararlStudioSpec, { folders }: KindDeps): Promise<string> {
  if (typeof reward === 'string') return reward
  const path = await folders.path(reward.folder)
  const { scorer, clip } = rewardFolders
  const there = (name: string): Promise<boolean> =>
    stat(join(path, name)).then(
      (info) => info.isFile(),
      () => false,
    )
  const side = async (name: string): Promise<boolean> => (await there(name)) || there(join(clip.nested, name))
  if ((await there(scorer)) || ((await side(clip.text)) && (await side(clip.vision)))) return path
  throw new TandemError(
    `${reward.name} holds neither an exported CLIP nor a scorer.`,
    `Choose a folder with ${clip.text}, ${clip.vision} (there or in ${clip.nested}/), tokenizer.json and preprocessor_config.json, or one that "tandem train scorer" made.`,
  )
}

/** A cut first write of the config is no run: it starts again. */
async function holdsRun(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, rlFiles.config), 'utf8').catch(() => null)
  return text !== null
}

export async function pararlResult(
  raw: unknown,
  spec: PararlStudioSpec,
  { models }: KindDeps,
  { id: job }: JobPlace,
): Promise<PararlStudioResult> {
  const { model: from, checkpoint: _checkpoint, ...rest } = pararlResultSchema.parse(raw)
  const kind = basename(from) === rlFiles.adapter ? 'adapter' : 'model'
  const name = spec.settings.name ?? `${spec.model}-${spec.settings.objective === 'trajectory' ? 'pararl' : 'rl'}`
  try {
    await stat(from)
    const basePath = await models.path(spec.model)
    const { id } = await adoptModel(from, models.own, { name, job, base: spec.model, basePath })
    return { ...rest, model: { id, name, kind } }
  } catch (error) {
    throw explained(error)
  }
}
