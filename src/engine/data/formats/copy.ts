/** A set read and written again, row by row: import, export and conversion are this one thing. */
import sharp from 'sharp'
import { problemSeverity } from '../../../shared/datasets.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { Dataset } from './open.ts'
import { mapOrdered } from './pipeline.ts'
import type { DatasetEntry, Problem } from './types.ts'
import type { DatasetWriter, LoadedRow } from './write.ts'

const WIDTH = 4
/** Problems that are told in words; the check lists all. */
const TOLD = 5

export interface CopyOptions {
  /** Leave out what cannot be read instead of refusing. */
  readonly skipBad: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (rows: number) => void
}

/**
 * Throws a TandemError that names the first rows that cannot be read, after the last: nothing is to be kept then.
 * `left`: what was left out; `problems` has that and warnings, which refuse nothing.
 */
export async function copyDataset(
  set: Dataset,
  writer: DatasetWriter,
  options: CopyOptions,
): Promise<{ rows: number; left: number; problems: Problem[] }> {
  const errors: Problem[] = []
  const warnings: Problem[] = []
  let rows = 0
  for await (const loaded of mapOrdered(set.entries(), WIDTH, load)) {
    options.signal?.throwIfAborted()
    if ('problem' in loaded) {
      const { problem } = loaded
      if (problemSeverity[problem.code] === 'warning') warnings.push(problem)
      else errors.push(problem)
      if (!options.skipBad && errors.length >= TOLD) break
      continue
    }
    if (errors.length > 0 && !options.skipBad) continue
    await writer.write(loaded)
    if (++rows % 100 === 0) options.onProgress?.(rows)
  }
  if (errors.length > 0 && !options.skipBad) {
    const shown = errors.map(({ where, id, message }) => `${id ? `${id} (${where})` : where}: ${message}.`)
    throw new TandemError(
      `Rows cannot be read. ${shown.join(' ')}`,
      'Mend them ("tandem dataset check" lists all), or add --skip-bad to leave them out.',
    )
  }
  if (rows === 0) throw new TandemError('The data set holds no row that can be read.', 'Check it first.')
  return { rows, left: errors.length, problems: [...errors, ...warnings] }
}

async function load(entry: DatasetEntry): Promise<LoadedRow | { problem: Problem }> {
  if (entry.kind === 'problem') return entry
  const { row } = entry
  try {
    const input = row.inputImage ? await row.inputImage.read() : null
    const output = await row.outputImage.read()
    for (const [member, bytes] of [
      [row.inputImage, input],
      [row.outputImage, output],
    ] as const) {
      if (!member || !bytes) continue
      await sharp(bytes, { limitInputPixels: false })
        .metadata()
        .catch((error: unknown) => {
          throw new TandemError(`${member.name} is not a picture this program can read`, 'Replace it.', 'input', {
            cause: error,
          })
        })
    }
    return { row, input, output }
  } catch (error) {
    if (!(error instanceof TandemError)) throw error
    const { where, id } = row
    return { problem: { code: 'undecodable', where, id, message: error.message, fix: error.remedy } }
  }
}
