/**
 * Importing: a checkpoint is recognised, checked tensor by tensor, and described in a folder of small files; its weights
 * stay where they are. Quantised weights, if asked for, are written into that folder, and measured against the originals.
 */
import { copyFile, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { ImportReport } from '../../shared/checkpoints.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { makeFolder, writeFileAtomic } from '../files.ts'
import { modelFiles } from '../model/folder.ts'
import { loadTextTokenizer } from '../model/text-tokenizer.ts'
import { agreementFile, measureAgreement, type Agreement } from './agreement.ts'
import { describeCheckpoint } from './describe.ts'
import { openImported } from './open.ts'
import { checkpointFile, checkpointFileSchema, fingerprint, type CheckpointFile } from './place.ts'
import { quantise } from './quantise.ts'
import { quantisedForms, type QuantisedForm } from './quantised.ts'
import { notATrunk, readVocabulary, recogniseVariant } from './recognise.ts'
import { openCheckpoint } from './shards.ts'
import { isTrunk, oneRoot, openTrunk, storedPrecision, type Trunk } from './trunk.ts'
import { type BehaviourName, type VariantName, variants } from './variants.ts'
import { openVq } from './vq/open.ts'

export interface ImportOptions {
  readonly directory: string
  readonly out: string
  readonly name: string
  /** Folder of the image tokenizer; inside the checkpoint's where absent. */
  readonly vq: string | null
  readonly variant: VariantName | null
  readonly behaviour: BehaviourName
  /** As stored where absent. */
  readonly precision: CheckpointFile['precision'] | null
  readonly imageSize: number | null
  /** Instructions of the agreement report; none skips it. */
  readonly prompts: readonly string[]
  readonly signal: AbortSignal
}

export interface ImportProgress {
  readonly what: string
  readonly done: number
  readonly total: number
}

export async function* importCheckpoint(options: ImportOptions): AsyncGenerator<ImportProgress, ImportReport | null> {
  const directory = resolve(options.directory)
  await checkPlace(options.out)
  const checkpoint = await openCheckpoint(directory)
  if (!isTrunk(checkpoint)) throw notATrunk(checkpoint)
  const trunk = await openTrunk(checkpoint)
  const vocabulary = await readVocabulary(directory)
  const variant = options.variant ?? recogniseVariant(trunk, vocabulary, directory)
  const vqFolder = resolve(options.vq ?? join(directory, 'vqvae'))
  const vq = await openVq(vqFolder).catch((error: unknown) => {
    if (options.vq !== null || !(error instanceof TandemError)) throw error
    const { title, vq: family } = variants[variant]
    throw new TandemError(
      `${title} needs its image tokenizer, which is a checkpoint of its own.`,
      `Give it with --vq: ${family === 'magvitv2' ? 'MAGVIT-v2 (showlab/magvitv2)' : 'the vqvae folder of aMUSEd'}.`,
    )
  })
  try {
    const size = options.imageSize === null ? {} : { size: options.imageSize }
    const { behaviour, name } = options
    const config = describeCheckpoint(trunk, vocabulary, vq.plan, { name, variant, behaviour, ...size })
    const precision = precisionOf(trunk, options.precision)
    const form = quantisedForms.find((each) => each === precision)
    if (form) oneRoot([...checkpoint.files, resolve(options.out)])
    await makeFolder(options.out)
    const files = await Promise.all([...checkpoint.files, ...vq.checkpoint.files].map(fingerprint))
    const quantised = form ? join(options.out, form) : null
    if (form && quantised) {
      const floats = (parameter: string): Promise<Float32Array> => checkpoint.floats(trunk.stored(parameter))
      const steps = quantise({ form, config, source: files, floats, out: quantised, signal: options.signal })
      for (let next = await steps.next(); ; next = await steps.next()) {
        if (next.done) {
          if (!next.value) return null
          break
        }
        yield { what: `${form}: blocks`, ...next.value }
      }
    }
    await copyFile(join(directory, modelFiles.tokenizer), join(options.out, modelFiles.tokenizer))
    await loadTextTokenizer(join(options.out, modelFiles.tokenizer))
    const place: CheckpointFile = checkpointFileSchema.parse({
      format: 'tandem-checkpoint',
      version: 1,
      variant,
      behaviour,
      weights: directory,
      vq: vqFolder,
      precision,
      quantised: form ?? null,
      files,
    })
    await writeFileAtomic(join(options.out, modelFiles.config), JSON.stringify(config) + '\n')
    await writeFileAtomic(join(options.out, checkpointFile), JSON.stringify(place, null, 2) + '\n')
    const agreement = form && options.prompts.length > 0 ? yield* agree(options, trunk) : null
    return report(options, config, variant, place, agreement)
  } finally {
    await vq.dispose()
  }
}

/** An import may be repeated in its own folder; another model's config, the checkpoint's own first of all, is not written over. */
async function checkPlace(out: string): Promise<void> {
  const names: string[] = await readdir(out).catch(() => [])
  if (!names.includes(modelFiles.config) || names.includes(checkpointFile)) return
  throw new TandemError(
    `${basename(out)} already holds another model.`,
    'Choose another --out, or another name with --as.',
  )
}

async function* agree(options: ImportOptions, trunk: Trunk): AsyncGenerator<ImportProgress, Agreement | null> {
  const model = await openImported(options.out)
  try {
    const steps = measureAgreement(model, trunk.weight, options.prompts)
    for (let next = await steps.next(); ; next = await steps.next()) {
      if (next.done) {
        await writeFileAtomic(join(options.out, agreementFile), JSON.stringify(next.value, null, 2) + '\n')
        return next.value
      }
      yield { what: 'agreement: prompts', ...next.value }
      if (options.signal.aborted) return null
    }
  } finally {
    await model.image.dispose()
  }
}

/** Weights are used as they are stored, or quantised; single precision is what every product is computed in anyway. */
function precisionOf(trunk: Trunk, asked: CheckpointFile['precision'] | null): CheckpointFile['precision'] {
  const stored = storedPrecision(trunk)
  if (asked === null || asked === 'f32' || asked === stored) return stored
  if (quantisedForms.includes(asked as QuantisedForm)) return asked
  throw new TandemError(
    `The weights are ${stored}; they are used as they are, and rounding them to ${asked} would lose digits for nothing.`,
    'Leave --precision out, or choose int8 or int4 for a smaller model.',
  )
}

async function report(
  { out, name }: ImportOptions,
  config: ModelConfig,
  variant: VariantName,
  place: CheckpointFile,
  agreement: Agreement | null,
): Promise<ImportReport> {
  // Opened once as a run opens it: what is wrong with it is said now.
  const model = await openImported(out)
  await model.image.dispose()
  const bytes = place.files.reduce((n, file) => n + file.bytes, 0)
  return {
    path: out,
    name,
    variant,
    title: variants[variant].title,
    behaviour: place.behaviour,
    precision: place.precision,
    parameters: model.parameters,
    bytes,
    copied: 0,
    hash: model.hash,
    image: config.image.size,
    agreement,
    note: variants[variant].note ?? null,
  }
}
