/**
 * A set taken into the studio: every row listed with its place, good or not, so that what is wrong can be seen and
 * mended there. `copy` writes the pictures into a folder of its own, byte for byte; `refer` leaves them where they are.
 */
import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import sharp from 'sharp'
import { problemSeverity, type DatasetTake, type Problem, type TakenRow } from '../../shared/datasets.ts'
import { TandemError } from '../../shared/errors.ts'
import { asWrite } from '../files.ts'
import { faultLine } from './formats/fault.ts'
import { insideFolder } from './formats/members.ts'
import type { Dataset } from './formats/open.ts'
import { mapOrdered } from './formats/pipeline.ts'
import type { DatasetEntry, DatasetRow, ImageMember } from './formats/types.ts'

export interface TakeOptions {
  /** A folder that is there and empty. */
  readonly out: string
  readonly mode: 'copy' | 'refer'
  readonly signal?: AbortSignal
  readonly onProgress?: (rows: number) => void
}

const WIDTH = 4
const INDEX = 'index.jsonl'
/** Pictures of a folder: more in one make listing it slow. */
const FOLDER_ROWS = 1000
/** Problems of whole files that are told. */
const MOST_NOTES = 100
/** What of a line that is no row is kept: enough to be seen and mended. */
const MOST_LINE = 1_000_000

/** Lists (and copies) every row. Throws a TandemError where a set to be left in place keeps its pictures in archives. */
export async function takeDataset(set: Dataset, options: TakeOptions): Promise<DatasetTake> {
  const { out, mode } = options
  const notes: Problem[] = []
  /** Faults of whole files that were made lines of the copy. */
  const faults: Problem[] = []
  let rows = 0
  let broken = 0
  const index = await open(join(out, INDEX), 'wx')
  try {
    const numbered = numberedEntries(set)
    const taken = mapOrdered(numbered, WIDTH, ({ entry, number }) => takeEntry(set, entry, number, options))
    for await (const result of taken) {
      options.signal?.throwIfAborted()
      if ('note' in result) {
        if (notes.length < MOST_NOTES) notes.push(result.note)
        continue
      }
      if (result.fault) faults.push(result.fault)
      await writeLine(index, result.row)
      if (result.row.broken) broken++
      else rows++
      if ((rows + broken) % 50 === 0) options.onProgress?.(rows + broken)
    }
    await index.sync()
  } finally {
    await index.close()
  }
  if (rows + broken === faults.length) {
    const first = faults[0] ?? notes[0]
    throw new TandemError(
      first ? `${first.where}: ${first.message}.` : 'The data set holds no rows.',
      first?.fix ?? 'Choose another one.',
    )
  }
  const root = mode === 'copy' ? out : rootOf(set)
  return {
    format: mode === 'copy' ? 'quadruplets' : set.format,
    index: join(out, INDEX),
    root,
    rows,
    broken,
    notes,
    files: [...set.files],
  }
}

type Taken = { readonly row: TakenRow; readonly fault?: Problem } | { readonly note: Problem }
type ProblemEntry = Extract<DatasetEntry, { kind: 'problem' }>

const writeLine = (index: FileHandle, row: TakenRow): Promise<void> =>
  asWrite('the list of rows', () => index.writeFile(JSON.stringify(row) + '\n'))

async function* numberedEntries(set: Dataset): AsyncGenerator<{ entry: DatasetEntry; number: number }> {
  let number = 0
  for await (const entry of set.entries()) yield { entry, number: number++ }
}

async function takeEntry(set: Dataset, entry: DatasetEntry, number: number, options: TakeOptions): Promise<Taken> {
  if (entry.kind === 'problem') return takeProblem(entry, options.mode)
  const { row } = entry
  const { where, id, split, instruction, reasoning, extra = {} } = row
  const pictures = options.mode === 'copy' ? await copyPictures(row, number, options.out) : referTo(set, row)
  return { row: { id, where, split, instruction, reasoning, ...pictures, extra: { ...extra }, broken: null } }
}

/**
 * A line that is no row keeps its bytes; a sample of an archive keeps its id and what is wrong with it. So does a file
 * that could not be read to its end: the copy would look whole, so it holds the fault until a person drops it. A set
 * that is left in place needs no such line, its check reads the file itself.
 */
function takeProblem({ problem, line }: ProblemEntry, mode: TakeOptions['mode']): Taken {
  const { code, where, id, message } = problem
  const ofFile = !line && id === null
  if (ofFile && (mode === 'refer' || problemSeverity[code] === 'warning')) return { note: problem }
  const bytes = (line ?? faultLine(problem)).subarray(0, MOST_LINE)
  const row = {
    id: id ?? '',
    where,
    split: null,
    instruction: '',
    reasoning: '',
    input: null,
    output: null,
    extra: {},
    broken: {
      message: line ? message : `${where}: ${message}`,
      line: Buffer.from(bytes).toString('base64'),
    },
  }
  return ofFile ? { row, fault: problem } : { row }
}

type Pictures = Pick<TakenRow, 'input' | 'output'>

async function copyPictures(row: DatasetRow, number: number, out: string): Promise<Pictures> {
  const folder = `images/${String(Math.floor(number / FOLDER_ROWS)).padStart(4, '0')}`
  await mkdir(join(out, folder), { recursive: true })
  const copy = async (member: ImageMember, side: string): Promise<string> => {
    const stem = `${folder}/${String(number + 1).padStart(6, '0')}-${side}`
    let bytes: Uint8Array
    try {
      bytes = await member.read()
    } catch (error) {
      if (!(error instanceof TandemError)) throw error
      // What is empty stays so and is told as that; what is absent keeps its name where no other picture can come to lie.
      if (!/ is empty \(0 bytes\)$/.test(error.message)) return `missing/${number + 1}/${basename(member.name)}`
      bytes = new Uint8Array(0)
    }
    const ending = await endingOf(bytes)
    await asWrite(basename(stem), () => writeFile(join(out, `${stem}.${ending}`), bytes))
    return `${stem}.${ending}`
  }
  return {
    input: row.inputImage ? await copy(row.inputImage, 'input') : null,
    output: await copy(row.outputImage, 'output'),
  }
}

const endings: Readonly<Record<string, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp', gif: 'gif', tiff: 'tif' }

async function endingOf(bytes: Uint8Array): Promise<string> {
  if (bytes.length === 0) return 'bin'
  const meta = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => null)
  return (meta && (endings[meta.format] ?? meta.format.replace(/[^a-z0-9]/g, ''))) || 'bin'
}

/** What records call pictures that stand in the record itself. */
const embedded = new Set(['user_image', 'answer_image'])

/** Pictures that are files below the set's folder, by their names from there. */
function referTo(set: Dataset, row: DatasetRow): Pictures {
  const root = rootOf(set)
  const name = (member: ImageMember): string => {
    const from = set.format === 'quadruplets' ? set.root : dirname(set.files[0]!)
    const path = insideFolder(from, member.name)
    if (set.format === 'webdataset' || set.format === 'parquet' || path === null || embedded.has(member.name))
      throw new TandemError(
        `${set.label} holds its pictures inside its files: it cannot be read in place.`,
        'Copy it into the studio.',
      )
    return relative(root, path).split(sep).join('/')
  }
  return { input: row.inputImage ? name(row.inputImage) : null, output: name(row.outputImage) }
}

const rootOf = ({ format, root, files }: Dataset): string => (format === 'quadruplets' ? root : dirname(files[0]!))
