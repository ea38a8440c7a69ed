/** The published sizes: every tensor the public classes make is known by name and shape, and nothing else is asked for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compareTensors } from './compare.ts'
import type { Checkpoint, ShardTensor } from './shards.ts'
import { parityFolder, readJsonFile } from './testing.ts'
import { isMagvit, planMagvit } from './vq/magvit.ts'
import { isVqModel, planVqModel } from './vq/vqmodel.ts'

const shapesOf = (name: string): Promise<Record<string, number[]>> => readJsonFile(parityFolder(`${name}-shapes.json`))

function checkpointOf(shapes: Record<string, number[]>, directory = '.'): Checkpoint {
  const tensor = (shape: readonly number[]): ShardTensor => ({
    path: '/none',
    dtype: 'F32',
    shape,
    offset: 0,
    length: 0,
  })
  return {
    directory,
    files: [],
    tensors: new Map(Object.entries(shapes).map(([name, shape]) => [name, tensor(shape)])),
    floats: () => Promise.reject(new Error('no file')),
  }
}

const clean = { missing: [], extra: [], misshapen: [], mistyped: [] }

test('MAGVIT-v2', async () => {
  const checkpoint = checkpointOf(await shapesOf('magvit'))
  expect(isMagvit(checkpoint)).toBe(true)
  const plan = planMagvit(checkpoint)
  expect([plan.factor, plan.codebookSize, plan.range]).toEqual([16, 8192, [-1, 1]])
  expect(compareTensors(checkpoint, plan.shapes, plan.ignored)).toEqual(clean)
})

test('the VQ of aMUSEd', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-published-'))
  await writeFile(join(folder, 'config.json'), '{"_class_name": "VQModel", "norm_num_groups": 32, "act_fn": "silu"}')
  try {
    const checkpoint = checkpointOf(await shapesOf('amused'), folder)
    expect(isVqModel(checkpoint)).toBe(true)
    const plan = await planVqModel(checkpoint)
    expect([plan.factor, plan.codebookSize, plan.range]).toEqual([16, 8192, [0, 1]])
    expect(compareTensors(checkpoint, plan.shapes, plan.ignored)).toEqual(clean)
  } finally {
    await rm(folder, { recursive: true })
  }
})
