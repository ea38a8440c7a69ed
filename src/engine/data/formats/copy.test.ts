/** A set written in another form and read again is the same set. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyDataset } from './copy.ts'
import { openDataset } from './open.ts'
import { endOfSample, readAll, writeRows } from './testing.ts'
import { createFolderWriter, createTarWriter } from './write.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'copy-test-'))
})
afterEach(() => rm(base, { recursive: true }))

describe('a set written again', () => {
  const copy = async (
    from: string,
    out: string,
    format: 'quadruplets' | 'webdataset',
    skipBad = false,
  ): Promise<string[]> => {
    await mkdir(out)
    const shards = { shardRows: 3, shardBytes: 1e9, pictures: 'keep' } as const
    const writer = format === 'quadruplets' ? await createFolderWriter(out) : createTarWriter(out, shards)
    try {
      await copyDataset(await openDataset(from), writer, { skipBad })
      return await writer.close()
    } catch (error) {
      await writer.abandon()
      throw error
    }
  }

  test('as tars and back is the same set, and the system tar reads the tars', async () => {
    await writeRows(join(base, 'set'), 8, (i) => ({
      id: `odd id/${i % 6}.x`,
      ...(i === 6 ? { input_image: undefined } : {}),
      ...(i === 7 ? { split: 'val' } : {}),
      ...(i === 2 ? { instruction: 'zwei\nZeilen "ü"' } : {}),
    }))
    const files = await copy(join(base, 'set'), join(base, 'tars'), 'webdataset')
    expect(files).toEqual(['train-000000.tar', 'train-000001.tar', 'train-generate-000000.tar', 'val-000000.tar'])
    const listed = await promisify(execFile)('tar', ['-tf', join(base, 'tars', files[0]!)])
    expect(listed.stdout.split('\n').slice(0, 5)).toEqual([
      '000000000.input.png',
      '000000000.output.png',
      '000000000.input_text.txt',
      '000000000.output_text.txt',
      '000000000.json',
    ])
    await copy(join(base, 'tars'), join(base, 'back'), 'quadruplets')
    const facts = async (path: string): Promise<unknown[]> => {
      const { rows, problems } = await readAll(path)
      expect(problems).toEqual([])
      return Promise.all(
        rows.map(async ({ id, split, instruction, reasoning, inputImage, outputImage }) => [
          id,
          split ?? 'train',
          instruction,
          reasoning,
          inputImage && Buffer.from(await inputImage.read()).toString('base64'),
          Buffer.from(await outputImage.read()).toString('base64'),
        ]),
      )
    }
    expect(await facts(join(base, 'back'))).toEqual(await facts(join(base, 'set')))
  })

  test('of a tar without end mark has all its rows, and says so without refusing; one that is cut is refused', async () => {
    await writeRows(join(base, 'set'), 3)
    const [file] = await copy(join(base, 'set'), join(base, 'tars'), 'webdataset')
    const tar = join(base, 'tars', file!)
    const end = await endOfSample(tar, '000000001')
    await truncate(tar, end)
    await mkdir(join(base, 'out'))
    const writer = await createFolderWriter(join(base, 'out'))
    const { rows, left, problems } = await copyDataset(await openDataset(tar), writer, { skipBad: false })
    await writer.close()
    expect({ rows, left, problems: problems.map(({ code, where }) => [code, where]) }).toEqual({
      rows: 2,
      left: 0,
      problems: [['no-end', 'train-000000.tar']],
    })
    await truncate(tar, end - 600)
    await expect(copy(tar, join(base, 'refused'), 'quadruplets')).rejects.toThrow(
      /^Rows cannot be read\. train-000000\.tar: the tar is cut or damaged in sample 000000001/,
    )
  })

  test('refuses rows that cannot be read by name, or leaves them out when told to', async () => {
    await writeRows(join(base, 'set'), 4)
    await rm(join(base, 'set/images/2-output.png'))
    await expect(copy(join(base, 'set'), join(base, 'a'), 'quadruplets')).rejects.toThrow(
      /row-2 .*2-output\.png is not there/,
    )
    await copy(join(base, 'set'), join(base, 'b'), 'quadruplets', true)
    expect((await readAll(join(base, 'b'))).rows.map(({ id }) => id)).toEqual(['row-0', 'row-1', 'row-3'])
  })
})
