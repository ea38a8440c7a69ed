/** A run as a file to take away: its picture with or without what made it, its trajectory, or the run in motion. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AsyncZippable } from 'fflate'
import sharp from 'sharp'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { ParsedArgsOf, ResultOf } from '../../shared/ipc.ts'
import type { SpecOf } from '../../shared/jobs.ts'
import { addPngText, readPngText } from '../../shared/png-text.ts'
import type { Run } from '../../shared/studio.ts'
import type { HandlerDeps } from './handlers/deps.ts'
import type { Task } from './tasks.ts'
import { packed } from './zip.ts'

/** What the engine wrote into a picture: any names, any values. */
const ownRecipe = z.record(z.string(), z.unknown())

type Kind = ParsedArgsOf<'runs.export'>['kind']

export async function exportRun(
  deps: HandlerDeps,
  run: Run,
  kind: Kind,
  metadata: boolean,
  task: Task,
): Promise<ResultOf<'runs.export'>> {
  const name = fileName(run)
  const { store } = deps
  if (kind === 'png') {
    const { blob } = await store.blobs.put(await picture(deps, run, metadata))
    return { blob, name: `${name}.png` }
  }
  if (!run.hasTrajectory) throw new TandemError('This run has recorded nothing yet.', 'Wait for its first step.')
  if (kind === 'trajectory') {
    const { blob } = await store.blobs.put(store.records.bytes(run.id))
    return { blob, name: `${name}.tdm` }
  }
  const folder = join(deps.work, `export-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(folder, { recursive: true })
    const trajectory = join(folder, 'run.tdm')
    await writeFile(trajectory, store.records.bytes(run.id))
    const out = join(folder, kind === 'frames' ? 'frames' : `run.${kind}`)
    const model = await deps.models.path(run.settings.model)
    await animated(deps, { kind: 'animate', model, trajectory, form: kind, out }, task)
    task.check()
    if (kind !== 'frames') {
      const { blob } = await store.blobs.put(createReadStream(out))
      return { blob, name: `${name}.${kind}` }
    }
    const files: AsyncZippable = {}
    for (const file of (await readdir(out)).sort()) files[file] = [await readFile(join(out, file)), { level: 0 }]
    const { blob } = await store.blobs.put(await packed(files))
    return { blob, name: `${name}-frames.zip` }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The pages one by one, then the file of all of them. That last part cannot be stopped in the middle: a process that does
 * not obey is killed, and a run may be going on in it.
 */
async function animated({ lanes }: HandlerDeps, spec: SpecOf<'animate'>, task: Task): Promise<void> {
  const stop = new AbortController()
  const forward = (): void => stop.abort()
  task.signal.addEventListener('abort', forward, { once: true })
  try {
    await lanes.ask(spec, stop.signal, (done, total) => {
      const whole = done === total && spec.form !== 'frames'
      if (whole) task.signal.removeEventListener('abort', forward)
      task.tell(whole ? null : done / total)
    })
  } finally {
    task.signal.removeEventListener('abort', forward)
  }
}

/**
 * The result's own pixels; the text that makes it again is the engine's, or made from the run where there is none. The engine
 * knows adapters by their weights alone: how the studio calls them, and the model they lie on, is put to its words.
 */
async function picture({ store }: HandlerDeps, run: Run, metadata: boolean): Promise<Uint8Array> {
  if (!run.picture) throw new TandemError('This run has no picture yet.', 'Wait for its first step.')
  const bytes = await readFile(store.blobs.get(run.picture.blob).path)
  if (!metadata) return sharp(bytes).png().toBuffer()
  const own = readPngText(bytes).get('tandem')
  const { settings, seed, reasoning, modelName, modelHash } = run
  const { adapters = [] } = settings
  if (own !== undefined && adapters.length === 0) return bytes
  const made =
    own === undefined
      ? { ...settings, seed, reasoning, model: { name: modelName || settings.model, hash: modelHash } }
      : ownRecipe.parse(JSON.parse(own))
  const recipe = adapters.length === 0 ? made : { ...made, base: settings.model, adapters }
  return addPngText(own === undefined ? bytes : await sharp(bytes).png().toBuffer(), {
    Software: 'Tandem Studio',
    Description: settings.instruction,
    tandem: JSON.stringify(recipe),
  })
}

/** Words of the instruction and the seed: what a person looks for in a folder. */
function fileName(run: Run): string {
  const words = run.settings.instruction
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
  return `${words || 'run'}-${run.seed}`
}
