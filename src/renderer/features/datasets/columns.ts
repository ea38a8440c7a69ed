/** The columns of a parquet file that is about to come in: where they stand, and what of a choice has to be said. Pure. */
import { rowFields, type DatasetColumns, type RowField } from '../../../shared/datasets.ts'

/** A column for each field; empty: none. */
export type Choice = Readonly<Record<RowField, string>>

export const fieldWords: Readonly<Record<RowField, string>> = {
  input_image: 'Input picture',
  instruction: 'Instruction',
  reasoning: 'Reasoning',
  output_image: 'Output picture',
  id: 'Id',
  split: 'Split',
}

/** Without these there is no row. */
export const neededFields: ReadonlySet<RowField> = new Set(['instruction', 'reasoning', 'output_image'])

/** What the names say. */
export const choiceOf = ({ found }: DatasetColumns): Choice =>
  Object.fromEntries(rowFields.map((field) => [field, found[field] ?? ''])) as Record<RowField, string>

/** Fields that need a column and have none yet. */
export const unchosen = (choice: Choice): RowField[] => rowFields.filter((f) => neededFields.has(f) && choice[f] === '')

/** What the import is told: where the choice differs from what the names say. Undefined where it does not. */
export function toldColumns(columns: DatasetColumns, choice: Choice): Record<string, string> | undefined {
  const told = rowFields.filter((field) => choice[field] !== (columns.found[field] ?? ''))
  return told.length > 0 ? Object.fromEntries(told.map((field) => [field, choice[field]])) : undefined
}

/** The end of a parquet file that lists its columns, by the length in its last eight bytes; null for another file. */
export async function footerOf(content: Blob): Promise<Blob | null> {
  const tail = new DataView(await content.slice(-8).arrayBuffer())
  if (tail.byteLength < 8 || tail.getUint32(4) !== 0x50415231) return null
  const length = tail.getUint32(0, true) + 8
  return length <= content.size ? content.slice(content.size - length) : null
}
