/** What a person brings: a file as it is, or a folder as one. Pure. */
import { TandemError } from '../../../shared/errors.ts'
import { isLitter, packFolder, type PackedFile } from './pack.ts'

/** What a person chose or dropped. */
export interface Brought {
  readonly name: string
  readonly content: Blob
  /** Its files were packed here, rather than it being an archive of its own. */
  readonly folder: boolean
  readonly files: number
  /** The first parquet file in it: its columns may have to be named. */
  readonly parquet: PackedFile | null
}

const isParquet = ({ name }: PackedFile): boolean => /\.parquet$/i.test(name)

/** One file, or the files of a folder by their paths in it. Throws where there is nothing in it. */
export function bring(files: readonly PackedFile[]): Brought {
  const wanted = files.filter(({ name }) => !isLitter(name))
  const [first] = wanted
  if (!first) throw new TandemError('There are no files in it.', 'Choose a folder with a data set, or an archive.')
  const parquet = wanted.filter(isParquet).sort((a, b) => (a.name < b.name ? -1 : 1))[0] ?? null
  if (wanted.length === 1 && !first.name.includes('/'))
    return { name: first.name, content: first.content, folder: false, files: 1, parquet }
  const top = first.name.split('/')[0]!
  const one = wanted.every(({ name }) => name.startsWith(`${top}/`))
  return {
    name: `${one ? top : 'folder'}.tar`,
    content: packFolder(wanted),
    folder: true,
    files: wanted.length,
    parquet,
  }
}

/** A name for a set, from the name of what it came from. */
export const setName = (file: string): string => file.replace(/(\.tar)?\.[a-z0-9]+$/i, '').slice(0, 200) || 'Data set'
