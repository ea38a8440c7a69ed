/**
 * Quadruplet folders: `data.jsonl` (one row a sample) beside its images, the form in which data comes in and leaves.
 * A folder of world samples also holds their scenes and the world itself, so that it can be judged elsewhere. A folder
 * is written beside its place and renamed into it at the end: there is no half-written one to find.
 */
import { copyFile, open, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { makeFolder } from '../files.ts'
import { quadrupletFormat } from './formats/quadruplet-folder.ts'
import { decodeText, readLines } from './formats/text.ts'
import { makeSample, type SampleOptions } from './world/sample.ts'
import { assertSplitsDisjoint } from './world/splits.ts'
import { splitNames, worldSampleSchema, type Split, type WorldSample } from './world/types.ts'
import { renderScene, type Scene, type World } from './world/world.ts'

export interface Quadruplet {
  id: string
  /** Absolute path; null for generation. */
  inputImage: string | null
  instruction: string
  reasoning: string
  /** Absolute path. */
  outputImage: string
  split: Split | null
}

export interface WorldFolderOptions extends Pick<
  SampleOptions,
  'seed' | 'families' | 'operations' | 'weights' | 'spriteLimit'
> {
  counts: Partial<Record<Split, number>>
  /** Aborting leaves nothing behind. */
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

/** Writes samples of the world as a quadruplet folder. Refuses a folder that already holds something. */
export async function writeWorldFolder(
  world: World,
  options: WorldFolderOptions,
  outDir: string,
): Promise<{ rows: number }> {
  const target = resolve(outDir)
  await refuseOccupied(target)
  const samples = splitNames.flatMap((split) => samplesOf(world, options, split))
  assertSplitsDisjoint(samples)
  await makeFolder(dirname(target))
  // The process id keeps two writers apart; a crash leaves a folder whose name says what it is.
  const partial = join(dirname(target), `.${basename(target)}.partial-${process.pid}`)
  await rm(partial, { recursive: true, force: true })
  try {
    await makeFolder(join(partial, 'images'))
    await copyWorld(world, partial)
    await writeRows(world, samples, partial, options)
    if (await exists(target)) await rmdir(target)
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
  return { rows: samples.length }
}

function samplesOf(world: World, options: WorldFolderOptions, split: Split): WorldSample[] {
  const { counts, signal: _signal, onProgress: _onProgress, ...rest } = options
  return Array.from({ length: counts[split] ?? 0 }, (_, index) => makeSample(world, { ...rest, split, index }))
}

async function writeRows(
  world: World,
  samples: readonly WorldSample[],
  dir: string,
  options: WorldFolderOptions,
): Promise<void> {
  const data = await open(join(dir, 'data.jsonl'), 'w')
  const scenes = await open(join(dir, 'scenes.jsonl'), 'w')
  try {
    for (const [done, sample] of samples.entries()) {
      options.signal?.throwIfAborted()
      const inputImage = sample.input ? `images/${sample.id}-input.png` : undefined
      const outputImage = `images/${sample.id}-output.png`
      if (sample.input && inputImage) await writePng(world, sample.input, join(dir, inputImage))
      await writePng(world, sample.output, join(dir, outputImage))
      const { id, instruction, reasoning, split } = sample
      const row = {
        id,
        ...(inputImage && { input_image: inputImage }),
        instruction,
        reasoning,
        output_image: outputImage,
        split,
      }
      await data.write(JSON.stringify(row) + '\n')
      await scenes.write(JSON.stringify(sample) + '\n')
      options.onProgress?.(done + 1, samples.length)
    }
    await data.sync()
    await scenes.sync()
  } finally {
    await data.close()
    await scenes.close()
  }
}

async function writePng(world: World, scene: Scene, path: string): Promise<void> {
  const raw = { width: world.size, height: world.size, channels: 3 } as const
  await writeFile(path, await sharp(renderScene(world, scene), { raw }).png().toBuffer())
}

/** The world's record, its sheets and the licence that must go with them. */
async function copyWorld(world: World, dir: string): Promise<void> {
  const { sheets, license } = world.file
  const from = dirname(world.path)
  await copyFile(world.path, join(dir, 'world.json'))
  for (const file of new Set([sheets.sprites.file, sheets.backgrounds.file, license.file])) {
    await copyFile(join(from, basename(file)), join(dir, basename(file)))
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function refuseOccupied(target: string): Promise<void> {
  if (!(await exists(target))) return
  const entries = await readdir(target).catch(() => null)
  if (entries?.length === 0) return
  const what = entries ? 'already holds files' : 'is not a folder'
  throw new TandemError(`${target} ${what}.`, 'Choose another folder, or empty this one first.')
}

/** The rows of a quadruplet folder, checked, with image paths made absolute. Throws at the first that cannot be read. */
export async function* readQuadruplets(dir: string): AsyncGenerator<Quadruplet, void, undefined> {
  const path = join(dir, 'data.jsonl')
  await requireFile(path)
  for await (const entry of quadrupletFormat.read({ root: dir, files: [path] }, {})) {
    if (entry.kind === 'problem') {
      const { where, message, fix } = entry.problem
      throw new TandemError(`${where}: ${message}.`, fix)
    }
    const { id, inputImage, instruction, reasoning, outputImage, split } = entry.row
    yield {
      id,
      inputImage: inputImage && resolve(dir, inputImage.name),
      instruction,
      reasoning,
      outputImage: resolve(dir, outputImage.name),
      split,
    }
  }
}

/** The ground truth of a folder written by `writeWorldFolder`. */
export async function* readWorldSamples(dir: string): AsyncGenerator<WorldSample, void, undefined> {
  const path = join(dir, 'scenes.jsonl')
  await requireFile(path)
  for await (const { line, bytes } of readLines(path)) yield parseSample(bytes, `${path}, line ${line}`)
}

async function requireFile(path: string): Promise<void> {
  if (await exists(path)) return
  throw new TandemError(`There is no ${basename(path)} in ${dirname(path)}.`, 'Give a quadruplet folder.')
}

function parseSample(bytes: Uint8Array, where: string): WorldSample {
  const remedy = 'Repair or remove that line.'
  const decoded = decodeText(bytes)
  let raw: unknown
  try {
    raw = 'text' in decoded ? JSON.parse(decoded.text) : null
  } catch (error) {
    throw new TandemError(`${where} is not JSON.`, remedy, 'input', { cause: error })
  }
  const parsed = worldSampleSchema.safeParse(raw)
  if (!parsed.success) throw new TandemError(`${where}: ${z.prettifyError(parsed.error)}.`, remedy)
  return parsed.data
}
