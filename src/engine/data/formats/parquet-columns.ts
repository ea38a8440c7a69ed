/** Which column of a parquet file holds what: by its name, or by the person's word. */
import { basename } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema, type FileMetaData } from 'hyparquet'
import { rowFields, type DatasetColumns, type RowField } from '../../../shared/datasets.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { ReadOptions } from './types.ts'

export type ChosenColumns = Partial<Record<RowField, string>>

/** Names other tools give to the same thing; the first that is there is taken. */
const aliases: Readonly<Record<RowField, readonly string[]>> = {
  input_image: ['input_image', 'input', 'source_image', 'original_image', 'user_image'],
  instruction: ['instruction', 'input_text', 'edit_prompt', 'edit_instruction', 'prompt', 'user_prompt'],
  reasoning: ['reasoning', 'output_text', 'reasoning_trace', 'thinking', 'trace', 'answer_thinking'],
  output_image: ['output_image', 'output', 'target_image', 'edited_image', 'answer_image'],
  id: ['id', 'key', '__key__'],
  split: ['split'],
}
const optional: ReadonlySet<RowField> = new Set(['input_image', 'id', 'split'])

/** What a person can do where they are; what is offered has to be there. */
const remedies: Readonly<Record<NonNullable<ReadOptions['namedIn']>, (columns: string) => string>> = {
  option: (columns) => `Name it, for instance --columns ${columns}.`,
  dialog: () => 'Import that file by itself: the dialog then asks which of its columns is which.',
}
const elsewhere = (columns: string): string =>
  `Bring it in with "tandem dataset import FILE --columns ${columns} --out DIR", and take DIR instead.`

const columnNames = (metadata: FileMetaData): string[] =>
  parquetSchema(metadata).children.map((child) => child.element.name)

/** Our fields as columns of this file. Throws a TandemError that lists the columns when one is lacking. */
export function chooseColumns(name: string, metadata: FileMetaData, options: ReadOptions): ChosenColumns {
  const present = columnNames(metadata)
  const { found, lacking } = matchColumns(present, options.columns ?? {})
  const refuse = (what: string, fields: readonly string[]): never => {
    const remedy = options.namedIn ? remedies[options.namedIn] : elsewhere
    const columns = fields.map((field) => `${field}=NAME`).join(',')
    throw new TandemError(`${name} has no column ${what}; it has ${present.join(', ')}.`, remedy(columns))
  }
  for (const [field, column] of Object.entries(found)) if (!present.includes(column)) refuse(column, [field])
  if (lacking.length > 0) refuse(`for ${lacking.join(', ')}`, lacking)
  return found
}

/** The columns of a file and what their names say. The file's end is enough: its last bytes list them. */
export async function columnsOfFile(path: string): Promise<DatasetColumns> {
  const columns = columnNames(await parquetMetadataAsync(await asyncBufferFromFile(path)))
  return { file: basename(path), columns, ...matchColumns(columns, {}) }
}

/** Fields by the person's word, else by the names. An empty word says that no column holds a field. */
function matchColumns(
  present: readonly string[],
  told: Readonly<Record<string, string>>,
): { found: ChosenColumns; lacking: RowField[] } {
  const found: ChosenColumns = {}
  const lacking: RowField[] = []
  for (const field of rowFields) {
    const column = told[field] ?? aliases[field].find((alias) => present.includes(alias)) ?? ''
    if (column !== '') found[field] = column
    else if (!optional.has(field)) lacking.push(field)
  }
  return { found, lacking }
}
