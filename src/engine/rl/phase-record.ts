/**
 * A phase on disk: rollouts/000012/ with its trajectories and phase.json, which holds everything an update in the middle
 * of a phase needs beside them. Both what a resume goes on from and what the studio's rollout grid opens.
 */
import { readdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { phaseRowSchema, rlFiles, rlPromptSchema, rolloutSchema, type RlSettings } from '../../shared/rl.ts'
import { encodeTrajectory } from '../../shared/trajectory-codec.ts'
import { makeFolder } from '../files.ts'
import { readJson } from '../model/folder.ts'
import { readTrajectory } from '../trajectory/file.ts'
import { nodeCompression } from '../trajectory/zlib.ts'
import { writeTogether } from '../jobs/output.ts'
import { isAsked, queriesOf, type Phase } from './phase.ts'

const logps = z.array(z.array(z.number()).nullable())
const phaseFileSchema = z.strictObject({
  format: z.literal('tandem-pararl-phase'),
  /** 1 had the likelihoods of every rollout. */
  version: z.union([z.literal(1), z.literal(2)]),
  number: z.int().nonnegative(),
  prompts: z.array(rlPromptSchema),
  rollouts: z.array(rolloutSchema),
  /** Per rollout log p of its tokens by the policy that made it, and by the reference; null where it was not asked. */
  old: logps,
  reference: logps,
  distinct: z.number(),
  parts: phaseRowSchema.shape.parts,
})

export const phaseFolder = (directory: string, number: number): string =>
  join(directory, rlFiles.rollouts, String(number).padStart(6, '0'))

export async function writePhase(directory: string, phase: Phase): Promise<void> {
  await makeFolder(join(directory, rlFiles.rollouts))
  const { number, prompts, rollouts, old, reference, distinct, parts } = phase
  const file = { format: 'tandem-pararl-phase', version: 2, number, prompts, rollouts, old, reference, distinct, parts }
  await writeTogether(phaseFolder(directory, number), async (temporary) => {
    for (const [i, { trajectory }] of rollouts.entries())
      await writeFile(join(temporary, basename(trajectory)), encodeTrajectory(phase.trajectories[i]!, nodeCompression))
    await writeFile(join(temporary, rlFiles.phase), JSON.stringify(file) + '\n')
  })
}

export async function readPhase(
  directory: string,
  number: number,
  settings: Pick<RlSettings, 'likelihood' | 'seed' | 'inner' | 'klTo' | 'klWeight' | 'rollouts'>,
): Promise<Phase> {
  const folder = phaseFolder(directory, number)
  const file = await readJson(join(folder, rlFiles.phase), phaseFileSchema, `the rollouts of phase ${number}`)
  const trajectories = []
  for (const { trajectory } of file.rollouts)
    trajectories.push(await readTrajectory(join(folder, basename(trajectory))))
  const queries = trajectories.map((trajectory, i) =>
    queriesOf(settings, trajectory, file.prompts[file.rollouts[i]!.prompt]!.sampledSteps, number, i),
  )
  const fits = (values: readonly (readonly number[] | null)[]): boolean =>
    queries.every((own, i) => {
      const said = values[i]
      return said ? said.length === own.reduce((n, query) => n + query.tokens.length, 0) : !isAsked(settings, i)
    })
  if (file.number !== number || !fits(file.old) || !fits(file.reference))
    throw new TandemError(
      `The record of phase ${number} does not fit its trajectories.`,
      'Restore the folder of the run from a copy, or start a new run.',
    )
  const { prompts, rollouts, old, reference, distinct, parts } = file
  return { number, prompts, rollouts, trajectories, queries, old, reference, distinct, parts }
}

/** Removes phases before `current` but every `keepEvery`-th: a checkpoint past them has been written. */
export async function prunePhases(directory: string, current: number, keepEvery: number): Promise<void> {
  if (keepEvery === 1) return
  const folder = join(directory, rlFiles.rollouts)
  for (const name of await readdir(folder).catch(() => [])) {
    const number = /^\d{6,}$/.test(name) ? Number(name) : NaN
    if (number < current && number % keepEvery !== 0) await rm(join(folder, name), { recursive: true })
  }
}
