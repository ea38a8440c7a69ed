/**
 * Pictures from people: whatever they drop becomes an upright 8-bit sRGB PNG in the store, or one sentence with a remedy.
 * Only the first frame of an animation is taken, and nothing that could run or fetch (SVG) is drawn.
 */
import { readFile } from 'node:fs/promises'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { MAX_SIDE } from '../../shared/document.ts'
import { readPngText } from '../../shared/png-text.ts'
import type { ParsedArgsOf, ResultOf } from '../../shared/ipc.ts'
import { runSettingsSchema, type PictureRef } from '../../shared/studio.ts'
import type { BlobStore } from '../store/blobs.ts'

/** Decoding more than this takes gigabytes. */
const MAX_PIXELS = MAX_SIDE * MAX_SIDE
const FORMATS: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif', 'heif'])

export async function openPicture(
  blobs: BlobStore,
  { blob, name }: ParsedArgsOf<'pictures.open'>,
): Promise<ResultOf<'pictures.open'>> {
  const { path, type } = blobs.get(blob)
  const bytes = await readFile(path)
  if (bytes.length === 0) throw new TandemError(`${name} is empty (0 bytes).`, 'Save the picture again.')
  // Told by its first bytes: what draws such a file parses it first, and what it parses can be made to grow or to fetch.
  if (isMarkup(bytes)) throw notOpened(name, SVG)
  const image = sharp(bytes, { limitInputPixels: false, failOn: 'truncated' })
  const meta = await image.metadata().catch((error: unknown) => {
    throw new TandemError(
      `${name} is not a picture the studio can read, or it is cut short.`,
      'Give a whole PNG, JPEG or WebP file.',
      'input',
      { cause: error },
    )
  })
  checkMeta(meta, name)
  const warnings: string[] = []
  if ((meta.pages ?? 1) > 1) warnings.push(`${name} has ${meta.pages} pages or frames; the first one was taken.`)
  if (meta.space === 'cmyk') warnings.push(`${name} is in CMYK; its colours were converted to sRGB.`)
  if (meta.depth === 'ushort') warnings.push(`${name} has 16 bits a channel; 8 were kept.`)
  const upright = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' }).rotate()
  const picture = await storePicture(blobs, upright, name)
  return { picture, ...recipeOf(type === 'image/png' ? bytes : null), warnings }
}

const SVG = 'a drawing made of instructions (SVG)'
const notOpened = (name: string, what: string): TandemError =>
  new TandemError(`${name} is ${what} the studio does not open.`, 'Export it as PNG, then open that.')

/** Bytes looked at: a mark of the encoding, some space, then what every markup begins with. Packed by gzip: the same, hidden. */
const HEAD = 1024

/** Whether it is markup (SVG, XML, HTML) or gzip, which may hold SVG: no picture format begins like either. */
function isMarkup(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return true
  // UTF-16 has a zero beside every letter, UTF-32 three.
  const head = Buffer.from(bytes.subarray(0, HEAD)).toString('latin1').replaceAll('\0', '')
  return /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*</.test(head)
}

function checkMeta(meta: Metadata, name: string): void {
  if (!FORMATS.has(meta.format)) {
    throw notOpened(name, meta.format === 'svg' ? SVG : `of a kind (${meta.format})`)
  }
  if (meta.width > MAX_SIDE || meta.height > MAX_SIDE) {
    throw new TandemError(
      `${name} is ${meta.width} x ${meta.height} pixels, larger than a document can be.`,
      `Scale it down to ${MAX_SIDE} x ${MAX_SIDE} or less.`,
    )
  }
}

/** Stores any sharp pipeline as PNG. */
export async function storePicture(blobs: BlobStore, image: Sharp, name: string): Promise<PictureRef> {
  const { data, info } = await image
    .toColourspace('srgb')
    .png({ compressionLevel: 6 })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new TandemError(`${name} is damaged or cut short.`, 'Save or download it again.', 'input', { cause: error })
    })
  const { blob } = await blobs.put(data)
  return { blob, width: info.width, height: info.height }
}

/** How a picture names the model that computed it. */
const madeSchema = z.object({ name: z.string().min(1).max(400), hash: z.string().max(128).default('') })

/** What a picture of this studio says of its making. Foreign or old entries are ignored, field by field. */
function recipeOf(png: Uint8Array | null): Pick<ResultOf<'pictures.open'>, 'recipe' | 'made' | 'reasoning'> {
  const nothing = { recipe: null, made: null, reasoning: null }
  const text = png ? readPngText(png).get('tandem') : undefined
  if (text === undefined) return nothing
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return nothing
  }
  if (typeof raw !== 'object' || raw === null) return nothing
  const entries = new Map<string, unknown>(Object.entries(raw))
  const task = entries.get('task')
  if (typeof task === 'string') entries.set('task', task.startsWith('edit') ? 'edit' : 'generate')
  const made = madeSchema.safeParse(entries.get('model'))
  // Under adapters the model that was chosen is another than the one they make together.
  const base = entries.get('base')
  if (typeof base === 'string') entries.set('model', base)
  else if (made.success) entries.set('model', made.data.name)
  const recipe: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(runSettingsSchema.shape)) {
    const parsed = schema.safeParse(entries.get(key))
    if (parsed.success && parsed.data !== undefined) recipe[key] = parsed.data
  }
  const reasoning = entries.get('reasoning')
  return {
    recipe: runSettingsSchema.partial().parse(recipe),
    made: made.success ? made.data : null,
    reasoning: typeof reasoning === 'string' ? reasoning : null,
  }
}

/** Width and height of a blob that is a picture already. */
export async function pictureRef(blobs: BlobStore, blob: string): Promise<PictureRef> {
  const meta = await sharp(blobs.get(blob).path)
    .metadata()
    .catch((error: unknown) => {
      throw new TandemError('That file is not a picture.', 'Give a PNG, JPEG or WebP file.', 'input', { cause: error })
    })
  return { blob, width: meta.width, height: meta.height }
}
