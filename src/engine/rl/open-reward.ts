/** A reward by its name: the scorer that ships, a scorer's folder, an exported CLIP's folder, or the oracle. */
import { stat } from 'node:fs/promises'
import { TandemError } from '../../shared/errors.ts'
import { ORACLE } from '../../shared/rl.ts'
import type { World } from '../data/world/world.ts'
import { clipReward } from './clip/reward.ts'
import { isClipFolder } from './clip/folder.ts'
import type { Reward } from './reward.ts'
import { oracleReward } from './reward-oracle.ts'
import { scorerReward } from './reward-scorer.ts'
import { isScorerFolder, shippedScorer } from './scorer/folder.ts'

/** The name of the scorer that ships. */
const SHIPPED = 'storybook'

/** Throws a TandemError that says what may be given. `world` is null where the prompts are no storybook's. */
export async function openReward(name: string, world: World | null, threads?: number): Promise<Reward> {
  if (name === ORACLE || name.startsWith(`${ORACLE}:`)) {
    if (!world)
      throw new TandemError(
        'The exact judge marks prompts of the storybook world only.',
        'Train on --data world, or give a scorer or an exported CLIP as the reward.',
      )
    return oracleReward(world, name === ORACLE ? 'output_alignment' : name.slice(ORACLE.length + 1))
  }
  const directory = name === SHIPPED ? shippedScorer : name
  if (await isScorerFolder(directory)) return scorerReward(directory, threads)
  if (await isClipFolder(directory)) return clipReward(directory, threads)
  const exists = (await stat(directory).catch(() => null)) !== null
  throw new TandemError(
    exists
      ? `${name} holds neither a scorer (scorer.json) nor an exported CLIP (text and vision ONNX, tokenizer.json, preprocessor_config.json).`
      : `There is no reward "${name}".`,
    `Give ${SHIPPED}, the folder of a scorer or of an exported CLIP, or ${ORACLE}.`,
  )
}
