/**
 * Looking at a folder before it is imported: which model it is, how large, in which precision, and everything that stands
 * in the way, each problem with its remedy. Headers and small files are read, nothing is written, nothing is refused.
 */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { checkpointName, type CheckpointLook, type CheckpointWork } from '../../shared/checkpoints.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { modelParameters } from '../model/forward.ts'
import { memoryOfRun, weightBytes } from '../model/memory.ts'
import { WrongTensors, type Difference } from './compare.ts'
import { describeCheckpoint } from './describe.ts'
import { quantisedForms } from './quantised.ts'
import { notATrunk, readVocabulary, recogniseVariant, type Vocabulary } from './recognise.ts'
import { openCheckpoint, type Checkpoint } from './shards.ts'
import { isTrunk, openTrunk, storedPrecision, type Trunk } from './trunk.ts'
import { variants, type VariantName } from './variants.ts'
import { plainBytes } from './weight-types.ts'
import { openVq, type Vq } from './vq/open.ts'

type Look = Extract<CheckpointWork, { do: 'look' }>
type Problem = CheckpointLook['problems'][number]

/** Names of each kind of difference that are shown. */
const SHOWN = 50

const families = { magvitv2: 'MAGVIT-v2', vqmodel: 'VQModel (aMUSEd)' } as const
const wanted = {
  magvitv2: 'MAGVIT-v2, published as showlab/magvitv2',
  vqmodel: 'the vqvae folder of aMUSEd, published as amused/amused-512',
} as const

/** Where a person chooses rather than types. */
const remedies: Partial<Record<Problem['about'], string>> = { variant: 'Say which of the known models it is.' }

export async function lookAtCheckpoint({ directory, vq: vqFolder, variant, imageSize }: Look): Promise<CheckpointLook> {
  const folder = resolve(directory)
  const problems: Problem[] = []
  const attempt = async <T>(about: Problem['about'], work: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TandemError) || error.kind === 'internal') throw error
      problems.push({ about, message: error.message, remedy: remedies[about] ?? error.remedy })
      return null
    }
  }
  let difference: Difference | null = null
  const checkpoint = await attempt('weights', () => openCheckpoint(folder))
  const trunk = checkpoint && (await attempt('weights', () => trunkOf(checkpoint, (found) => (difference = found))))
  const vocabulary = trunk && (await attempt('tokenizer', () => readVocabulary(folder)))
  const known =
    trunk && vocabulary
      ? (variant ?? (await attempt('variant', () => recogniseVariant(trunk, vocabulary, folder))))
      : null
  const vq = await tokenizerOf(folder, vqFolder, known, problems, attempt)
  try {
    const config =
      trunk && vocabulary && known && vq
        ? await attempt('config', () => configOf(trunk, vocabulary, vq, known, imageSize))
        : null
    return {
      name: checkpointName(folder),
      variant: known,
      title: known && variants[known].title,
      parameters:
        trunk && modelParameters(trunk.config).reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0),
      layers: trunk && trunk.config.layers,
      width: trunk && trunk.config.dModel,
      bytes: checkpoint ? await sizeOf(checkpoint) : 0,
      files: checkpoint ? checkpoint.files.length : 0,
      precision: trunk && storedPrecision(trunk),
      image: config && config.image.size,
      vq: vq && { title: families[vq.plan.family], bytes: await sizeOf(vq.checkpoint) },
      wants: known && wanted[variants[known].vq],
      difference: difference && listings(difference),
      problems,
      choices: trunk && config ? choicesOf(trunk, config) : [],
    }
  } finally {
    await vq?.dispose()
  }
}

async function trunkOf(checkpoint: Checkpoint, differs: (difference: Difference) => void): Promise<Trunk> {
  if (!isTrunk(checkpoint)) throw notATrunk(checkpoint)
  try {
    return await openTrunk(checkpoint)
  } catch (error) {
    if (!(error instanceof WrongTensors)) throw error
    differs(error.difference)
    throw new TandemError('The tensors are not those of this architecture; the lists say which.', error.remedy)
  }
}

/** The image tokenizer that was given, or the one inside; not having been given one is a problem, not an error. */
async function tokenizerOf(
  folder: string,
  given: string | null,
  known: VariantName | null,
  problems: Problem[],
  attempt: <T>(about: Problem['about'], work: () => Promise<T>) => Promise<T | null>,
): Promise<Vq | null> {
  if (given !== null) return attempt('vq', () => openVq(resolve(given)))
  const inner = join(folder, 'vqvae')
  if ((await stat(inner).catch(() => null))?.isDirectory()) return attempt('vq', () => openVq(inner))
  if (known)
    problems.push({
      about: 'vq',
      message: `${variants[known].title} draws with an image tokenizer, which is a checkpoint of its own.`,
      remedy: `Choose its folder: ${wanted[variants[known].vq]}.`,
    })
  return null
}

function configOf(
  trunk: Trunk,
  vocabulary: Vocabulary,
  vq: Vq,
  variant: VariantName,
  size: number | null,
): ModelConfig {
  const options = { name: 'looked at', variant, behaviour: 'released' as const, ...(size === null ? {} : { size }) }
  return describeCheckpoint(trunk, vocabulary, vq.plan, options)
}

function choicesOf(trunk: Trunk, config: ModelConfig): CheckpointLook['choices'] {
  const stored = storedPrecision(trunk)
  const plain = plainBytes(stored)
  return [stored, ...quantisedForms].map((precision) => {
    const weights = weightBytes(trunk.config, precision, plain)
    const passes = config.unconditional?.form === 'split' ? 3 : 2
    return {
      precision,
      disk: precision === stored ? 0 : weights - embeddingBytes(trunk, plain),
      memory: memoryOfRun(config, { passes, weights, stored: true, provider: 'cpu' }),
    }
  })
}

const embeddingBytes = ({ config }: Trunk, plain: number): number => config.vocabSize * config.dModel * plain

async function sizeOf({ files }: Checkpoint): Promise<number> {
  const sizes = await Promise.all(files.map((path) => stat(path)))
  return sizes.reduce((n, { size }) => n + size, 0)
}

function listings({ missing, extra, misshapen, mistyped }: Difference): NonNullable<CheckpointLook['difference']> {
  const listing = (names: readonly string[]): { names: string[]; count: number } => ({
    names: names.slice(0, SHOWN),
    count: names.length,
  })
  return {
    missing: listing(missing),
    extra: listing(extra),
    misshapen: listing(misshapen),
    mistyped: listing(mistyped),
  }
}
