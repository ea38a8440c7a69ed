/** Jobs on published checkpoints: full logits, and the two halves of an image tokenizer, for comparing with the original. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import type { CheckpointWork } from '../../shared/checkpoints.ts'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { promptSet } from '../checkpoints/agreement.ts'
import { importCheckpoint } from '../checkpoints/import.ts'
import { lookAtCheckpoint } from '../checkpoints/look.ts'
import { trunkLogits } from '../checkpoints/logits.ts'
import { encodeNpy } from '../checkpoints/npy.ts'
import { openCheckpoint } from '../checkpoints/shards.ts'
import { isTrunk, openTrunk } from '../checkpoints/trunk.ts'
import { openVq, toBytes } from '../checkpoints/vq/open.ts'
import { writeFileAtomic } from '../files.ts'
import { encodePng, readRaster } from '../images.ts'
import type { JobContext } from './context.ts'
import { openFolder } from './output.ts'

type Work<K extends CheckpointWork['do']> = Extract<CheckpointWork, { do: K }>
type Short = Exclude<CheckpointWork['do'], 'import'>
type Doers = { readonly [K in Short]: (work: Work<K>) => Promise<unknown> }

const doers: Doers = { look: lookAtCheckpoint, logits, 'vq-encode': encode, 'vq-decode': decode }

export async function* checkpointJob({ work }: SpecOf<'checkpoint'>, context: JobContext): AsyncGenerator<JobUpdate> {
  if (work.do === 'import') {
    yield* bringIn(work, context)
    return
  }
  yield { type: 'started', total: 0, detail: work.do }
  const doer = doers[work.do] as (work: Work<Short>) => Promise<unknown>
  yield { type: 'result', result: await doer(work) }
}

async function* bringIn(work: Work<'import'>, { signal }: JobContext): AsyncGenerator<JobUpdate> {
  yield { type: 'started', total: 0, detail: work.do }
  const folder = await openFolder(work.out)
  let finished = false
  let what = ''
  try {
    const steps = importCheckpoint({ ...work, prompts: promptSet.slice(0, work.prompts), signal })
    for (let next = await steps.next(); ; next = await steps.next()) {
      if (next.done) {
        if (next.value) yield { type: 'result', result: next.value }
        finished = next.value !== null
        return
      }
      const { what: now, done, total } = next.value
      if (now !== what) yield { type: 'started', total, detail: now }
      what = now
      yield { type: 'progress', done, total, metrics: {} }
    }
  } finally {
    // Blocks that are quantised already stay: the next attempt goes on with them. A folder nothing came into goes.
    if (!finished) await folder.abandon()
  }
}

/** The longest sequence that is read: RoPE has no end, memory has. */
const MAX_TOKENS = 65_536
/** What is written at once, and held several times over. */
const MAX_LOGITS = 1 << 29

async function logits(work: Work<'logits'>): Promise<unknown> {
  const began = performance.now()
  const tokens = await readIds(work.tokens, MAX_TOKENS)
  const checkpoint = await openCheckpoint(work.model)
  if (!isTrunk(checkpoint))
    throw new TandemError(
      `${basename(work.model)} holds no trunk of the LLaDA family.`,
      'Give the folder of a LLaDA, MMaDA or MMaDA-Parallel checkpoint.',
    )
  const trunk = await openTrunk(checkpoint)
  const shape = [tokens.length, trunk.config.vocabSize]
  if (shape[0]! * shape[1]! > MAX_LOGITS)
    throw new TandemError(
      `Logits [${shape.join(', ')}] are ${((shape[0]! * shape[1]! * 4) / 1e9).toFixed(1)} GB.`,
      `Give at most ${Math.floor(MAX_LOGITS / shape[1]!)} tokens at a time.`,
    )
  const numbers = await trunkLogits(trunk, tokens)
  await writeFileAtomic(work.out, encodeNpy(numbers, shape))
  return { out: work.out, shape, ms: Math.round(performance.now() - began) }
}

async function encode(work: Work<'vq-encode'>): Promise<unknown> {
  const picture = await readRaster(work.image)
  const vq = await openVq(work.model)
  try {
    const { factor, family } = vq.plan
    const codes = await vq.encode(picture.rgb, picture.height, picture.width)
    await writeFileAtomic(work.out, JSON.stringify([...codes]) + '\n')
    const grid = [picture.height / factor, picture.width / factor]
    return { out: work.out, codes: codes.length, grid, family }
  } finally {
    await vq.dispose()
  }
}

async function decode(work: Work<'vq-decode'>): Promise<unknown> {
  const codes = await readIds(work.ids, 1 << 20)
  const vq = await openVq(work.model)
  try {
    // A size in codes is understood too: it is the one that fits their number.
    const inCodes = work.height * work.width === codes.length && vq.plan.factor > 1
    const [height, width] = [work.height, work.width].map((side) => side * (inCodes ? vq.plan.factor : 1)) as [
      number,
      number,
    ]
    const pixels = await vq.decode(codes, height, width)
    const file = work.out.toLowerCase().endsWith('.npy')
      ? encodeNpy(pixels, [1, 3, height, width])
      : await encodePng(toBytes(vq.plan, pixels), width, height)
    await writeFileAtomic(work.out, file)
    return { out: work.out, height, width }
  } finally {
    await vq.dispose()
  }
}

const id = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1)
const idsSchema = z.union([z.array(id), z.array(z.array(id))])

/** A JSON array of ids, or of rows of ids. */
async function readIds(path: string, most: number): Promise<Int32Array> {
  const name = basename(path)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new TandemError(`There is no readable ${name}.`, 'Check the path.', 'input', { cause: error })
  })
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    throw new TandemError(`${name} is not JSON.`, 'Give a JSON array of ids: [1, 2, 3].')
  }
  const parsed = idsSchema.safeParse(raw)
  const ids = parsed.success ? parsed.data.flat() : []
  if (ids.length === 0) throw new TandemError(`${name} is not an array of ids.`, 'Give a JSON array: [1, 2, 3].')
  if (ids.length > most) throw new TandemError(`${name} holds ${ids.length} ids.`, `Give at most ${most}.`)
  return Int32Array.from(ids)
}
