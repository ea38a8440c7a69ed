/**
 * What a run made becomes a model of the studio: copied whole into the studio's own models, named so that it is found
 * again, with a note of where it came from. An adapter keeps its base by a path, which a moved or updated studio breaks:
 * the note says which model that was, and the path is mended from it.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { cp, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { z } from 'zod'

/** Beside the model's own files. */
const NOTE = 'studio.json'
const ADAPTER_CONFIG = 'adapter_config.json'

const noteSchema = z.object({
  format: z.literal('tandem-studio-model'),
  version: z.literal(1),
  /** The job it came from. */
  job: z.string(),
  /** Id of the model it was trained from. */
  base: z.string(),
})
type Note = z.infer<typeof noteSchema>

export interface Adopted {
  /** Folder name among the studio's models. */
  readonly id: string
  readonly bytes: number
}

/** Copies the folder `from` into `models`. The same job's model is replaced: a job that ran again made it anew. */
export async function adoptModel(
  from: string,
  models: string,
  { name, job, base, basePath }: { name: string; job: string; base: string; basePath: string },
): Promise<Adopted> {
  await mkdir(models, { recursive: true })
  const before = await modelOfJob(models, job)
  const id = before ?? (await freeName(models, name))
  const incoming = join(models, `.incoming-${randomBytes(6).toString('hex')}`)
  const place = join(models, id)
  try {
    await cp(from, incoming, { recursive: true, mode: constants.COPYFILE_FICLONE })
    await setBase(incoming, relative(place, basePath))
    await writeNote(incoming, { format: 'tandem-studio-model', version: 1, job, base })
    if (before !== null) await rm(place, { recursive: true, force: true })
    await rename(incoming, place)
  } catch (error) {
    await rm(incoming, { recursive: true, force: true })
    throw error
  }
  return { id, bytes: await folderBytes(place) }
}

async function modelOfJob(models: string, job: string): Promise<string | null> {
  for (const name of await readdir(models).catch(() => []))
    if (!name.startsWith('.') && (await readNote(join(models, name)))?.job === job) return name
  return null
}

/** "Storybook, LoRA" -> storybook-lora, storybook-lora-2 ... */
async function freeName(models: string, name: string): Promise<string> {
  const slug =
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'model'
  const taken = new Set(await readdir(models))
  for (let n = 1; ; n++) {
    const wanted = n === 1 ? slug : `${slug}-${n}`
    if (!taken.has(wanted)) return wanted
  }
}

async function readNote(folder: string): Promise<Note | null> {
  const text = await readFile(join(folder, NOTE), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return noteSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

async function writeNote(folder: string, note: Note): Promise<void> {
  await flushed(join(folder, NOTE), JSON.stringify(note, null, 2) + '\n')
}

async function flushed(path: string, text: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

const adapterConfig = z.looseObject({ base_model_name_or_path: z.string().nullish() })

async function readAdapterConfig(folder: string): Promise<z.infer<typeof adapterConfig> | null> {
  const text = await readFile(join(folder, ADAPTER_CONFIG), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return adapterConfig.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Of an adapter alone: a model has no base to find. */
async function setBase(folder: string, path: string): Promise<void> {
  const config = await readAdapterConfig(folder)
  if (!config) return
  const temporary = join(folder, `.${ADAPTER_CONFIG}.tmp`)
  await flushed(temporary, JSON.stringify({ ...config, base_model_name_or_path: path }, null, 2) + '\n')
  await rename(temporary, join(folder, ADAPTER_CONFIG))
}

/** An adapter whose base is not where it says gets the place of the model it was trained from. */
export async function mendBase(folder: string, pathOf: (model: string) => string | null): Promise<void> {
  const config = await readAdapterConfig(folder)
  if (!config) return
  const named = config.base_model_name_or_path
  const there = named ? await stat(join(resolve(folder, named), 'config.json')).catch(() => null) : null
  if (there) return
  const note = await readNote(folder)
  const base = note && pathOf(note.base)
  if (base) await setBase(folder, relative(folder, base)).catch(() => undefined)
}

async function folderBytes(folder: string): Promise<number> {
  let sum = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size
  return sum
}
