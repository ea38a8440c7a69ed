/**
 * An exported CLIP as its folder: text and vision ONNX (beside the rest or in onnx/), tokenizer.json and
 * preprocessor_config.json, as published exports lay them out. Checked whole before anything of it is run.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { TandemError } from '../../../shared/errors.ts'
import { rewardFolders } from '../../../shared/rl.ts'
import { readJson } from '../../model/folder.ts'
import { createSession, type Session } from '../../runtime/session.ts'
import { inspectOnnx, type OnnxSummary } from './onnx-file.ts'
import { preprocess, preprocessorSchema } from './preprocess.ts'

export const clipFiles = {
  text: rewardFolders.clip.text,
  vision: rewardFolders.clip.vision,
  tokenizer: 'tokenizer.json',
  preprocessor: 'preprocessor_config.json',
} as const

const MAX_TOKENIZER = 64 * 2 ** 20
/** CLIP's context; what a tokenizer.json without a limit of its own is cut to. */
const CONTEXT = 77

const tokenizerSchema = z.looseObject({
  truncation: z.looseObject({ max_length: z.int().min(2).max(4096) }).nullish(),
  padding: z.looseObject({ strategy: z.unknown(), pad_id: z.int().nonnegative() }).nullish(),
  model: z.looseObject({ type: z.string() }),
})

export interface Clip {
  readonly name: string
  /** Of every file that decides a mark. */
  readonly identity: string
  text(text: string): Promise<Float32Array>
  picture(rgb: Uint8Array, size: number): Promise<Float32Array>
  dispose(): Promise<void>
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  )

async function locate(directory: string, name: string): Promise<string | null> {
  for (const path of [join(directory, name), join(directory, rewardFolders.clip.nested, name)])
    if (await isFile(path)) return path
  return null
}

export const isClipFolder = async (directory: string): Promise<boolean> =>
  (await locate(directory, clipFiles.text)) !== null && (await locate(directory, clipFiles.vision)) !== null

interface HfTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] }
}

/** Throws a TandemError that names the file; closes what it opened. */
export async function openClip(directory: string, threads?: number): Promise<Clip> {
  const path = async (name: string): Promise<string> => {
    const found = await locate(directory, name)
    if (found) return found
    throw new TandemError(`${basename(directory)} has no ${name}.`, 'Export the model again, or check the folder.')
  }
  const tokenizerPath = await path(clipFiles.tokenizer)
  if ((await stat(tokenizerPath)).size > MAX_TOKENIZER)
    throw new TandemError(`${clipFiles.tokenizer} is larger than 64 MiB.`, 'Use the one of the exported model.')
  const json = await readJson(tokenizerPath, tokenizerSchema, 'the tokenizer of the exported model')
  const preprocessor = await readJson(
    await path(clipFiles.preprocessor),
    preprocessorSchema,
    'the preprocessor of the exported model',
  )
  const textFile = await inspectOnnx(await path(clipFiles.text))
  const visionFile = await inspectOnnx(await path(clipFiles.vision))
  requireNames(textFile, ['input_ids'], ['input_ids', 'attention_mask', 'position_ids'], 'text_embeds')
  requireNames(visionFile, ['pixel_values'], ['pixel_values'], 'image_embeds')
  const tokenizer = makeTokenizer(json)
  const models = [textFile, visionFile].flatMap((file) => [file.path, ...file.external])
  const identity = await identityOf([tokenizerPath, await path(clipFiles.preprocessor), ...models])

  const text = await open(textFile, threads)
  let vision: Session
  try {
    vision = await open(visionFile, threads)
  } catch (error) {
    await text.dispose()
    throw error
  }
  const clip: Clip = {
    name: basename(directory),
    identity,
    async text(words) {
      const { ids, mask } = tokenizer(words)
      const dims = [1, ids.length]
      const results = await text.run({
        input_ids: { data: BigInt64Array.from(ids, BigInt), dims },
        ...(textFile.inputs.includes('attention_mask')
          ? { attention_mask: { data: BigInt64Array.from(mask, BigInt), dims } }
          : {}),
        ...(textFile.inputs.includes('position_ids')
          ? { position_ids: { data: BigInt64Array.from(ids, (_, i) => BigInt(i)), dims } }
          : {}),
      })
      return unit(results['text_embeds']!.data)
    },
    async picture(rgb, size) {
      const pixels = await preprocess(preprocessor, rgb, size)
      return unit((await vision.run({ pixel_values: pixels }))['image_embeds']!.data)
    },
    async dispose() {
      await text.dispose()
      await vision.dispose()
    },
  }
  try {
    await agree(clip)
  } catch (error) {
    await clip.dispose()
    throw error
  }
  return clip
}

/** Both sides must meet in one space: found out before a rollout is made. */
async function agree(clip: Clip): Promise<void> {
  const size = 64
  const a = await clip.text('a picture')
  const b = await clip.picture(new Uint8Array(size * size * 3).fill(128), size)
  if (a.length === b.length) return
  throw new TandemError(
    `The text side of ${clip.name} gives ${a.length} numbers, the picture side ${b.length}: they cannot be compared.`,
    'Use the two files that were exported together.',
  )
}

function requireNames(file: OnnxSummary, needed: readonly string[], known: readonly string[], output: string): void {
  const name = basename(file.path)
  const lacks = needed.find((input) => !file.inputs.includes(input))
  if (lacks) throw new TandemError(`${name} has no input ${lacks}.`, 'Export the two sides of the model apart.')
  const strange = file.inputs.find((input) => !known.includes(input))
  if (strange)
    throw new TandemError(`${name} wants an input ${strange}, which a CLIP does not have.`, 'Export it again.')
  if (!file.outputs.includes(output))
    throw new TandemError(`${name} has no output ${output}.`, 'Export it with its projection.')
}

async function open(file: OnnxSummary, threads?: number): Promise<Session> {
  return createSession(file.path, { arena: false, ...(threads === undefined ? {} : { threads }) }).catch(
    (error: unknown) => {
      throw new TandemError(
        `${basename(file.path)} cannot be loaded by ONNX Runtime.`,
        'Export it in single precision with a standard operator set.',
        'input',
        { cause: error },
      )
    },
  )
}

function makeTokenizer(json: z.infer<typeof tokenizerSchema>): (text: string) => { ids: number[]; mask: number[] } {
  let library: HfTokenizer
  try {
    library = new (Tokenizer as unknown as new (json: object, config: object) => HfTokenizer)(json, {})
  } catch (error) {
    throw new TandemError(
      `${clipFiles.tokenizer} is not one this program understands (${json.model.type}).`,
      'Use the tokenizer.json of the exported model.',
      'input',
      { cause: error },
    )
  }
  const limit = json.truncation?.max_length ?? CONTEXT
  const fixed = z.looseObject({ Fixed: z.int().positive().max(4096) }).safeParse(json.padding?.strategy)
  return (text) => {
    const all = library.encode(text, { add_special_tokens: true }).ids
    // What is too long keeps its end token, at which CLIP reads the text off.
    const ids = all.length > limit ? [...all.slice(0, limit - 1), all.at(-1)!] : [...all]
    const mask = ids.map(() => 1)
    while (fixed.success && ids.length < fixed.data.Fixed) {
      ids.push(json.padding!.pad_id)
      mask.push(0)
    }
    return { ids, mask }
  }
}

/** Scaled to length 1; NaN stays NaN and is found by whoever marks. */
function unit(data: Float32Array | BigInt64Array): Float32Array {
  const values = Float32Array.from(data, Number)
  let sum = 0
  for (const v of values) sum += v * v
  const norm = Math.sqrt(sum)
  return values.map((v) => v / norm)
}

/** Every byte that decides a mark, weights beside the models too; sizes first, so that no file runs into the next. */
async function identityOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    hash.update(String((await stat(path)).size))
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  }
  return hash.digest('hex').slice(0, 32)
}
