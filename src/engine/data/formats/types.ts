/**
 * A data set as a stream: rows whose pictures are read when they are asked for, and problems of rows that are no rows.
 * A reader of a format yields both in file order, so that a fault is told with its place and the rest is still read.
 */
import type { FormatName, Problem, ProblemCode } from '../../../shared/datasets.ts'
import type { Split } from '../world/types.ts'

export { formatNames } from '../../../shared/datasets.ts'
export type { FormatName, Problem, ProblemCode }

/** A picture of a row. `read` throws a TandemError when it cannot be had. */
export interface ImageMember {
  /** Its name as the set gives it. */
  readonly name: string
  read(): Promise<Uint8Array>
}

export interface DatasetRow {
  readonly where: string
  readonly id: string
  readonly split: Split | null
  readonly instruction: string
  readonly reasoning: string
  /** Null for a generation. */
  readonly inputImage: ImageMember | null
  readonly outputImage: ImageMember
  /** Columns that are none of ours, of a format that keeps them. */
  readonly extra?: Readonly<Record<string, unknown>>
}

export type DatasetEntry =
  | { readonly kind: 'row'; readonly row: DatasetRow }
  /** `line`: the bytes that are no row, of a format that has lines. */
  | { readonly kind: 'problem'; readonly problem: Problem; readonly line?: Uint8Array }

export const rowEntry = (row: DatasetRow): DatasetEntry => ({ kind: 'row', row })
export const problemEntry = (
  code: ProblemCode,
  where: string,
  message: string,
  fix: string,
  id: string | null = null,
): DatasetEntry => ({ kind: 'problem', problem: { code, where, id, message, fix } })

/** What a person may say about a set that its content does not. */
export interface ReadOptions {
  /** Column of a parquet file for a field of ours, for instance `{input_image: 'src'}`; an empty one: there is none. */
  readonly columns?: Readonly<Record<string, string>>
  /** Where the person can name columns, for the remedy: an option of the command, or the studio's dialog; neither: by an import. */
  readonly namedIn?: 'option' | 'dialog'
}

/** A set found on disk. */
export interface DatasetSource {
  /** The folder image paths are relative to. */
  readonly root: string
  /** Absolute paths of the files that hold rows, sorted. */
  readonly files: readonly string[]
}

export interface DatasetFormat {
  /** For sentences: "a webdataset". */
  readonly label: string
  read(source: DatasetSource, options: ReadOptions): AsyncGenerator<DatasetEntry, void, undefined>
}

/** `train`, `val` or `test` as other tools spell it in names and columns; null where it says nothing of the kind. */
export function splitOf(word: string | null | undefined): Split | null {
  switch (word?.trim().toLowerCase()) {
    case 'train':
    case 'training':
      return 'train'
    case 'val':
    case 'valid':
    case 'validation':
    case 'dev':
      return 'val'
    case 'test':
    case 'testing':
      return 'test'
    default:
      return null
  }
}

/** The split a file's name begins with, as in train-00000-of-00003.parquet. */
export const splitOfFile = (name: string): Split | null => splitOf(/^([a-z]+)(?=[-_.\d]|$)/i.exec(name)?.[1])
