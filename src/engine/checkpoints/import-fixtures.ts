/** For tests: the parity checkpoints laid out as published ones, and imported. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImportReport } from '../../shared/checkpoints.ts'
import { importCheckpoint, type ImportOptions } from './import.ts'
import { parityFolder } from './testing.ts'

const published = {
  m: { tokenizer: 'm', trunk: 'mmada-bf16', vq: 'magvit-f16', variant: 'mmada-parallel-m', size: 8 },
  a: { tokenizer: 'a', trunk: 'llada-f32', vq: 'vqmodel-f32', variant: 'mmada-parallel-a', size: 16 },
  /** Half precision, with keys that several heads share. */
  half: { tokenizer: 'a', trunk: 'llada-gqa-f16', vq: 'vqmodel-f32', variant: 'mmada-parallel-a', size: 16 },
} as const
export type Published = keyof typeof published

/** A folder with config, weights and tokenizer, and its image tokenizer's folder beside it. */
export async function layOutPublished(which: Published, root: string): Promise<{ directory: string; vq: string }> {
  const { trunk, vq, tokenizer } = published[which]
  const directory = join(root, `checkpoint-${which}`)
  await cp(parityFolder(trunk), directory, { recursive: true })
  await cp(parityFolder(`tokenizer-${tokenizer}.json`), join(directory, 'tokenizer.json'))
  await cp(parityFolder(vq), join(root, `vq-${which}`), { recursive: true })
  return { directory, vq: join(root, `vq-${which}`) }
}

/** Runs an import to its end. */
export async function importAll(options: ImportOptions): Promise<ImportReport> {
  const steps = importCheckpoint(options)
  for (let next = await steps.next(); ; next = await steps.next()) {
    if (!next.done) continue
    if (next.value) return next.value
    throw new Error('the import was stopped')
  }
}

export function importOptions(
  which: Published,
  { directory, vq }: { directory: string; vq: string },
  out: string,
): ImportOptions {
  const { variant, size } = published[which]
  return {
    directory,
    vq,
    out,
    name: `tiny-${which}`,
    variant,
    behaviour: 'released',
    precision: null,
    imageSize: size,
    prompts: [],
    signal: new AbortController().signal,
  }
}
