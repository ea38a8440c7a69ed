import { expect, it } from 'vitest'
import { checkpointName } from './checkpoints.ts'

it.each([
  ['/models/MMaDA-Parallel-M', 'MMaDA-Parallel-M'],
  ['/models/MMaDA-Parallel-M/', 'MMaDA-Parallel-M'],
  ['/home/me/.cache/huggingface/hub/models--tyfeld--MMaDA-Parallel-M/snapshots/c0ffee', 'MMaDA-Parallel-M'],
  ['C:\\hub\\models--amused--amused-512\\snapshots\\c0ffee', 'amused-512'],
  ['/hub/models--tyfeld--MMaDA-Parallel-M', 'models--tyfeld--MMaDA-Parallel-M'],
  ['/snapshots/monday', 'monday'],
  ['/', ''],
])('the checkpoint at %s is called %s', (directory, name) => {
  expect(checkpointName(directory)).toBe(name)
})
