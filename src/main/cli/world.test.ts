/** `tandem world sample`: which samples it writes, and that the folder holds all that a judge needs. */
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from '../../engine/bench/judge.ts'
import { readQuadruplets, readWorldSamples } from '../../engine/data/quadruplets.ts'
import { loadWorld } from '../../engine/data/world/world.ts'
import { readPicture } from '../../engine/images.ts'
import { openWorkplace, tandem, type Workplace } from './testing.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.remove())

async function sample(name: string, ...more: string[]): Promise<string> {
  const out = place.path(name)
  const ended = await tandem('world', 'sample', '--seed', '9', '--count', '6', '--out', out, '--json', ...more)
  expect(ended.code, ended.err).toBe(0)
  expect(JSON.parse(ended.out)).toMatchObject({ folder: out, rows: 6, seed: 9 })
  return out
}

describe('tandem world sample', () => {
  it('draws from the split train unless another is asked for, all families unless one is', async () => {
    const [plain, asked] = [await sample('plain'), await sample('asked', '--split', 'test', '--family', 'causal')]
    const [drawn, causal] = [
      await Array.fromAsync(readWorldSamples(plain)),
      await Array.fromAsync(readWorldSamples(asked)),
    ]
    expect(new Set(drawn.map(({ split }) => split))).toEqual(new Set(['train']))
    expect(new Set(drawn.map(({ family }) => family)).size).toBeGreaterThan(1)
    expect(new Set(causal.map(({ split, family }) => `${split} ${family}`))).toEqual(new Set(['test causal']))
    expect((await Array.fromAsync(readQuadruplets(asked))).map(({ split }) => split)).toEqual(Array(6).fill('test'))
  })

  it('gives the same files for the same seed', async () => {
    const [one, two] = [await sample('one'), await sample('two')]
    const files = (await readdir(one, { recursive: true })).filter((name) => name.includes('.')).sort()
    expect(files).toEqual(expect.arrayContaining(['data.jsonl', 'scenes.jsonl', 'world.json']))
    for (const file of files) expect(await readFile(`${two}/${file}`), file).toEqual(await readFile(`${one}/${file}`))
  })

  it('writes what an exact judge needs: its pictures and reasonings are right by its own world and scenes', async () => {
    const folder = await sample('judged', '--split', 'val')
    const world = await loadWorld(folder)
    const rows = await Array.fromAsync(readQuadruplets(folder))
    const samples = await Array.fromAsync(readWorldSamples(folder))
    for (const [i, row] of rows.entries()) {
      const { rgb } = await readPicture(row.outputImage, { size: world.size })
      const verdict = judge(world, samples[i]!, { rgb, reasoning: row.reasoning })
      expect(verdict).toMatchObject({ rightImage: true, rightReasoning: true })
      expect(samples[i]).toMatchObject({ id: row.id, instruction: row.instruction })
    }
  })
})
