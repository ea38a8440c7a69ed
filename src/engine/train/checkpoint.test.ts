import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { seededRandom } from '../data/random.ts'
import { layOutParameters, type ParameterTable } from '../model/parameters.ts'
import { openSafetensors, readTensor, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { loadBest, loadCheckpoint, saveBest, saveCheckpoint, type TrainState } from './checkpoint.ts'

const table: ParameterTable = layOutParameters([
  { name: 'a', shape: [2, 3], role: 'matrix', init: { normal: 1 } },
  { name: 'b', shape: [4], role: 'other', init: { constant: 1 } },
])
const random = seededRandom('checkpoint')
random.normal() // a spare normal is part of the state
const numbers = (): Float32Array => Float32Array.from({ length: table.size }, () => random.normal())
const state: TrainState = {
  weights: numbers(),
  ema: numbers(),
  first: numbers(),
  second: numbers(),
  progress: {
    step: 7,
    samples: 112,
    position: 112,
    seconds: 1.25,
    random: random.state(),
    config: '{"any":"text é"}',
    validated: 6,
    best: { step: 6, loss: 0.5 },
    stale: 2,
    early: false,
  },
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-checkpoint-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('everything comes back exactly', async () => {
  const path = join(folder, 'whole.safetensors')
  await saveCheckpoint(path, table, state)
  expect(await loadCheckpoint(path, table)).toEqual(state)
})

test('one of an earlier version of Tandem goes on: it knows of no best and of no early end', async () => {
  const path = join(folder, 'earlier.safetensors')
  const { step, samples, position, seconds, random, config } = state.progress
  const earlier = { step, samples, position, seconds, random, config } as TrainState['progress']
  await saveCheckpoint(path, table, { ...state, progress: earlier })
  expect((await loadCheckpoint(path, table)).progress).toEqual({ ...earlier, best: null, stale: 0, early: false })
})

test('the best weights are the averaged ones alone, with where they are from', async () => {
  const path = join(folder, 'best.safetensors')
  const bytes = await saveBest(path, table, state.ema, { step: 6, loss: 0.5 }, { samples: 96, seconds: 1 })
  expect(bytes).toBe(4 * table.size)
  const { ema, record } = await loadBest(path, table)
  expect(ema).toEqual(state.ema)
  expect(record).toEqual({ step: 6, loss: 0.5, samples: 96, seconds: 1 })
  await expect(loadCheckpoint(path, table)).rejects.toThrow('not a training checkpoint')
})

test('is one safetensors file with named parts', async () => {
  const path = join(folder, 'parts.safetensors')
  await saveCheckpoint(path, table, state)
  const file = await openSafetensors(path)
  expect([...file.tensors.keys()].sort()).toEqual(
    ['ema', 'first', 'second', 'weights'].flatMap((part) => [`${part}.a`, `${part}.b`]),
  )
  expect(file.tensors.get('ema.a')).toMatchObject({ dtype: 'F32', shape: [2, 3] })
  expect(file.metadata).toMatchObject({ format: 'tandem-checkpoint', version: '1' })
})

test('a save that fails leaves the old checkpoint as it was', async () => {
  const own = join(folder, 'run')
  await mkdir(own)
  const path = join(own, 'checkpoint.safetensors')
  await saveCheckpoint(path, table, state)
  const before = await readFile(path)
  await rename(own, join(folder, 'moved'))
  await expect(saveCheckpoint(path, table, { ...state, weights: numbers() })).rejects.toBeInstanceOf(TandemError)
  await rename(join(folder, 'moved'), own)
  expect(await readFile(path)).toEqual(before)
  expect(await readdir(own)).toEqual(['checkpoint.safetensors'])
})

describe('refuses, in words,', () => {
  const rewritten = async (
    what: string,
    edit: (tensors: Map<string, StoredTensor>, metadata: Record<string, string>) => void,
  ): Promise<string> => {
    const from = join(folder, 'source.safetensors')
    await saveCheckpoint(from, table, state)
    const file = await openSafetensors(from)
    const tensors = new Map<string, StoredTensor>()
    for (const name of file.tensors.keys()) tensors.set(name, await readTensor(file, name))
    const metadata = { ...file.metadata }
    edit(tensors, metadata)
    const path = join(folder, `${what.replace(/\W/g, '-')}.safetensors`)
    await writeSafetensors(path, tensors, metadata)
    return path
  }
  const progress = (part: object): string => JSON.stringify({ ...state.progress, ...part })
  const cases: [what: string, edit: Parameters<typeof rewritten>[1], says: RegExp][] = [
    ['weights that are no checkpoint', (_, m) => delete m['format'], /not a training checkpoint/],
    ['a later version', (_, m) => (m['version'] = '2'), /another version/],
    ['a missing part', (t) => t.delete('second.b'), /b does not fit this model/],
    [
      'another shape',
      (t) => t.set('ema.a', { dtype: 'F32', shape: [3, 2], bytes: new Uint8Array(24) }),
      /a does not fit this model/,
    ],
    ['no progress record', (_, m) => delete m['progress'], /progress record is damaged/],
    ['a progress record that is no JSON', (_, m) => (m['progress'] = '{"step":'), /progress record is damaged/],
    ['a negative step', (_, m) => (m['progress'] = progress({ step: -1 })), /progress record is damaged/],
    [
      'a random state that is none',
      (_, m) => (m['progress'] = progress({ random: '1,2' })),
      /progress record is damaged/,
    ],
  ]
  test.each(cases)('%s', async (what, edit, says) => {
    const refusal = loadCheckpoint(await rewritten(what, edit), table)
    await expect(refusal).rejects.toBeInstanceOf(TandemError)
    await expect(refusal).rejects.toThrow(says)
  })

  test('a file that is not there, and one that was cut', async () => {
    await expect(loadCheckpoint(join(folder, 'absent'), table)).rejects.toBeInstanceOf(TandemError)
    const path = await rewritten('cut', () => {})
    await writeFile(path, (await readFile(path)).subarray(0, -5))
    await expect(loadCheckpoint(path, table)).rejects.toBeInstanceOf(TandemError)
  })
})
