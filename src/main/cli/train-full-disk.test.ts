/** A disk that fills while a checkpoint is saved, and one that is too small from the start, on a real small file system. */
import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorkplace, startTandem, tandem, type Ended, type Workplace } from './testing.ts'

const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0
let place: Workplace
let set: string
/** Bytes of a checkpoint of the small model. */
let checkpoint: number
beforeAll(async () => {
  place = await openWorkplace()
  set = place.path('set')
  const made = await tandem('world', 'sample', '--seed', '4', '--count', '4', '--family', 'general', '--out', set)
  expect(made.code, made.err).toBe(0)
  const ended = await tandem(...args(place.path('roomy'), 1))
  expect(ended.code, ended.err).toBe(0)
  checkpoint = (await stat(place.path('roomy/checkpoint.safetensors'))).size
})
afterAll(() => place.remove())

function args(out: string, steps: number): string[] {
  const run = ['train', 'sft', '--data', set, '--model', place.model, '--out', out, '--steps', String(steps)]
  return [...run, '--batch', '1', '--previews', '0', '--validate-every', '100000', '--json-lines']
}

/** A file system of its own, of so many checkpoints. Only root may mount: elsewhere `null`. */
async function diskOf(name: string, checkpoints: number): Promise<string | null> {
  const disk = place.path(name)
  await mkdir(disk)
  const size = `size=${Math.ceil((checkpoints * checkpoint) / 4096) * 4}k`
  return mount('-t', 'tmpfs', '-o', size, 'tandem-test', disk) ? disk : null
}

const free = async (disk: string): Promise<number> => {
  const { bavail, bsize } = await statfs(disk)
  return bavail * bsize
}

describe('a disk', () => {
  it('with room for one checkpoint and not for two is refused before a step, in words, and nothing stays', async (context) => {
    const disk = await diskOf('small', 1.5)
    if (disk === null) return context.skip()
    try {
      const ended = await tandem(...args(join(disk, 'run'), 2))
      expect(ended.code).toBe(2)
      expect(ended.err).toMatch(/The disk has .* free, the checkpoints of this run need .*Free some space, or choose/s)
      expect(ended.out).not.toContain('"train"')
      expect(await readdir(disk)).toEqual([])
    } finally {
      spawnSync('umount', [disk])
    }
  })

  it('that fills before a save ends the run in words; the last good checkpoint is untouched, and goes on', async (context) => {
    const disk = await diskOf('filling', 4)
    if (disk === null) return context.skip()
    const out = join(disk, 'run')
    const path = join(out, 'checkpoint.safetensors')
    try {
      const first = await tandem(...args(out, 2))
      expect(first.code, first.err).toBe(0)
      const good = await readFile(path)
      const names = (await readdir(out)).sort()

      const { child, ended } = startTandem('train', 'sft', '--out', out, '--resume', '--steps', '200', '--json-lines')
      const filled = new Promise<void>((resolve, reject) => {
        let told = ''
        child.stdout!.on('data', (chunk: Buffer) => {
          const before = told.includes('"train"')
          told += chunk.toString('utf8')
          // Rows still find room, a whole checkpoint does not.
          if (!before && told.includes('"train"'))
            free(disk)
              .then((bytes) => writeFile(join(disk, 'filler'), new Uint8Array(bytes - Math.floor(0.6 * checkpoint))))
              .then(resolve, reject)
        })
      })
      const failed: Ended = await ended
      await filled
      expect(failed.code).toBe(2)
      expect(failed.err).toMatch(/The disk is full: checkpoint\.safetensors could not be written.*Free some space/s)
      expect((await readFile(path)).equals(good)).toBe(true)
      expect((await readdir(out)).sort()).toEqual(names)

      await rm(join(disk, 'filler'))
      const resumed = await tandem('train', 'sft', '--out', out, '--resume', '--steps', '4', '--json')
      expect(resumed.code, resumed.err).toBe(0)
      expect(JSON.parse(resumed.out)).toMatchObject({ reason: 'done', steps: 4 })
    } finally {
      spawnSync('umount', [disk])
    }
  })
})
