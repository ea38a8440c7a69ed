/**
 * An imported model on disk: a folder of small files (Tandem's config, the tokenizer, checkpoint.json) that says where the
 * weights lie. The weights are not copied and nothing is written beside them.
 */
import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { checkpointBehaviours, checkpointVariants, precisions } from '../../shared/checkpoints.ts'
import { TandemError } from '../../shared/errors.ts'
import { readJson } from '../model/folder.ts'

export const checkpointFile = 'checkpoint.json'

const fileSchema = z.strictObject({ path: z.string().min(1), bytes: z.int().nonnegative(), digest: z.string() })

export const checkpointFileSchema = z.strictObject({
  format: z.literal('tandem-checkpoint'),
  version: z.literal(1),
  variant: z.enum(checkpointVariants),
  behaviour: z.enum(checkpointBehaviours),
  /** Folders of the trunk and of the image tokenizer. */
  weights: z.string().min(1),
  vq: z.string().min(1),
  /** How products are computed: as stored, or from quantised weights. */
  precision: z.enum(precisions),
  /** Folder of the quantised weights. */
  quantised: z.string().min(1).nullable(),
  files: z.array(fileSchema),
})
export type CheckpointFile = z.infer<typeof checkpointFileSchema>

export async function readCheckpointFile(directory: string): Promise<CheckpointFile> {
  const file = await readJson(join(directory, checkpointFile), checkpointFileSchema, 'where the weights lie')
  const here = (path: string): string => (isAbsolute(path) ? path : resolve(directory, path))
  return {
    ...file,
    weights: here(file.weights),
    vq: here(file.vq),
    quantised: file.quantised === null ? null : here(file.quantised),
    files: file.files.map((each) => ({ ...each, path: here(each.path) })),
  }
}

/** Bytes read of each of a file's SAMPLES places. */
const SAMPLE = 4096
const SAMPLES = 64

/**
 * A file's size and a digest of 64 of its places, first and last among them: gigabytes are told apart in milliseconds. It
 * notices another version and a broken download, not a single weight changed on purpose.
 */
export async function fingerprint(path: string): Promise<z.infer<typeof fileSchema>> {
  const info = await stat(path).catch(() => null)
  if (!info?.isFile())
    throw new TandemError(`${basename(path)} of the checkpoint is gone.`, 'Put it back, or import the model again.')
  const digest = createHash('sha256').update(String(info.size))
  const handle = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(SAMPLE)
    const last = Math.max(0, info.size - SAMPLE)
    for (let i = 0; i < SAMPLES; i++) {
      const { bytesRead } = await handle.read(buffer, 0, SAMPLE, Math.floor((last * i) / (SAMPLES - 1)))
      digest.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
  return { path, bytes: info.size, digest: digest.digest('hex') }
}

/** Refuses to open a model whose weight files are no longer those that were imported. */
export async function checkUnchanged(files: CheckpointFile['files']): Promise<void> {
  for (const file of files) {
    const found = await fingerprint(file.path)
    if (found.bytes !== file.bytes || found.digest !== file.digest)
      throw new TandemError(
        `${basename(file.path)} has changed since the model was imported.`,
        'Import it again: tandem model import.',
      )
  }
}
