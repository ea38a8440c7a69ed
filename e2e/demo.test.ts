/** `npm run demo`: the sample picture is edited as it says, and both files are where it says. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readScene } from '../src/engine/bench/judge.ts'
import { loadWorld, type Scene } from '../src/engine/data/world/world.ts'
import { readPicture } from '../src/engine/images.ts'
import { root } from './electron-launch.ts'

const sample = join(root, 'resources', 'demo')
const out = join(root, 'runs', 'demo')

async function sceneOf(path: string): Promise<Scene> {
  const world = await loadWorld()
  return readScene(world, (await readPicture(path, { size: world.size })).rgb).scene
}

describe('npm run demo', () => {
  let said: string
  beforeAll(async () => {
    await rm(out, { recursive: true, force: true })
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'demo.mjs')], {
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    said = stdout
  })

  it('says what it was told, what the model thought, and where to look', async () => {
    expect(said).toContain((await readFile(join(sample, 'instruction.txt'), 'utf8')).trim())
    expect(said).toContain((await readFile(join(out, 'reasoning.txt'), 'utf8')).trim())
    for (const name of ['image.png', 'film.png']) {
      const told = [...said.matchAll(/Look at +(\S+)|and at +(\S+)/g)].map((match) => match[1] ?? match[2]!)
      const path = told.find((file) => file.endsWith(name))
      expect(path, `${name} in: ${said}`).toBeDefined()
      expect(existsSync(join(root, path!))).toBe(true)
      expect((await readFile(join(root, path!))).subarray(1, 4).toString()).toBe('PNG')
    }
  })

  it('draws what it was asked for: the animal that barks is a cat, and all else stands as it stood', async () => {
    const [before, after] = [await sceneOf(join(sample, 'scene.png')), await sceneOf(join(out, 'image.png'))]
    expect(before.cells).toContain('dog')
    expect(after).toEqual({ ...before, cells: before.cells.map((name) => (name === 'dog' ? 'cat' : name)) })
  })
})
