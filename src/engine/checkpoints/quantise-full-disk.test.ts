/** A disk that fills while weights are quantised, and one that is too small from the start, on a real small file system. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importCheckpoint, type ImportOptions } from './import.ts'
import { importAll, importOptions, layOutPublished } from './import-fixtures.ts'
import { openImported } from './open.ts'

let root: string
let place: Awaited<ReturnType<typeof layOutPublished>>
const mounted: string[] = []
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-full-'))
  place = await layOutPublished('m', root)
})
afterAll(async () => {
  for (const disk of mounted) spawnSync('umount', [disk])
  await rm(root, { recursive: true, force: true })
})

/** A file system of its own. Only root may mount: elsewhere `null`. */
async function diskOf(name: string, kilobytes: number): Promise<string | null> {
  const disk = join(root, name)
  await mkdir(disk)
  const args = ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tandem-test', disk]
  if (spawnSync('mount', args, { stdio: 'ignore' }).status !== 0) return null
  mounted.push(disk)
  return disk
}

const quantised = (out: string): ImportOptions => ({ ...importOptions('m', place, out), precision: 'int8' })

describe('quantising', () => {
  it('onto a disk that fills stops in words, keeps the files that are whole, and goes on with the next', async (context) => {
    const disk = await diskOf('filling', 512)
    if (disk === null) return context.skip()
    const out = join(disk, 'model')
    const steps = importCheckpoint(quantised(out))
    await steps.next()
    const { bavail, bsize } = await statfs(disk)
    await writeFile(join(disk, 'filler'), new Uint8Array(bavail * bsize - 4096))
    await expect(steps.next()).rejects.toMatchObject({
      message: 'The disk is full: block-001.safetensors could not be written.',
      remedy: expect.stringContaining('Free some space') as string,
      kind: 'input',
    })
    expect(await readdir(join(out, 'int8'))).toEqual(['block-000.safetensors'])
    await expect(openImported(out)).rejects.toThrow(/no readable checkpoint\.json/)

    await rm(join(disk, 'filler'))
    const kept = await stat(join(out, 'int8', 'block-000.safetensors'))
    expect(await importAll(quantised(out))).toMatchObject({ precision: 'int8' })
    expect((await stat(join(out, 'int8', 'block-000.safetensors'))).mtimeMs).toBe(kept.mtimeMs)
    await (await openImported(out)).image.dispose()
  })

  it('onto a disk that is too small is refused before the first byte, with what it takes', async (context) => {
    const disk = await diskOf('small', 32)
    if (disk === null) return context.skip()
    const out = join(disk, 'model')
    await expect(importAll(quantised(out))).rejects.toThrow(
      /The quantised weights take up to \d+ [kK]B, and \d+ [kK]B are free there/,
    )
    expect(await readdir(out)).toEqual([])
  })
})
