/** The columns of a set whose rows stand in columns, so that a person can say which is which before it is read. */
import type { DatasetColumns } from '../../shared/datasets.ts'
import { openDataset } from './formats/open.ts'
import { columnsOfFile } from './formats/parquet-columns.ts'

/**
 * Of the first file that lacks one, else of the first; null where there are no columns to be named. `footer`: the path
 * holds the end of a parquet file alone. What cannot be read is none here: reading the set says what is wrong with it.
 */
export async function datasetColumns(path: string, footer: boolean): Promise<DatasetColumns | null> {
  const files = footer ? [path] : await parquetFiles(path)
  let first: DatasetColumns | null = null
  for (const file of files) {
    const found = await columnsOfFile(file).catch(() => null)
    if (found && found.lacking.length > 0) return found
    first ??= found
  }
  return first
}

async function parquetFiles(path: string): Promise<readonly string[]> {
  const set = await openDataset(path).catch(() => null)
  return set?.format === 'parquet' ? set.files : []
}
