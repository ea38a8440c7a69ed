/**
 * The share of a training step that goes into data: fetching encoded samples, laying them out, masking them, against the
 * whole step with its update, on the model that ships. The bar is 5 %. Usage: node bench/data-loading.ts [steps]
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkDataset } from '../src/engine/data/check.ts'
import { openDataset } from '../src/engine/data/formats/open.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { openModelFolder, readFlatWeights } from '../src/engine/model/folder.ts'
import { resolveLayout } from '../src/engine/model/layout.ts'
import { buildBatch } from '../src/engine/train/batch.ts'
import { createFolderSource } from '../src/engine/train/folder-source.ts'
import { clipGradient, createOptimiser } from '../src/engine/train/optimiser.ts'
import { createSftTask, sftSchema, type SampleSource } from '../src/engine/train/sft.ts'
import { optimiserSchema } from '../src/engine/train/recipe.ts'
import { median, saveResult } from './lib.ts'

const steps = Number(process.argv[2] ?? 20)
const ROWS = 200
const root = fileURLToPath(new URL('..', import.meta.url))
const work = await mkdtemp(join(tmpdir(), 'tandem-loading-'))
const model = await openModelFolder(join(root, 'resources/models/storybook'))
try {
  const data = join(work, 'data')
  const world = ['world', 'sample', '--seed', '5', '--count', String(ROWS), '--family', 'spatial', '--out', data]
  execFileSync(process.execPath, [join(root, 'src/main/cli.ts'), ...world], { stdio: 'ignore' })
  const set = await openDataset(data)
  const { hash } = await checkDataset(set, { model })
  const began = performance.now()
  const source = await createFolderSource(set, model, 0, hash)
  const encoding = performance.now() - began

  let fetching = 0
  const timed: SampleSource = {
    ...source,
    train(index, edit, progress) {
      const from = performance.now()
      const sample = source.train(index, edit, progress)
      fetching += performance.now() - from
      return sample
    },
  }
  const sft = sftSchema.parse({ batch: 16, generateShare: 0, imageOnlyShare: 0 })
  const weights = await readFlatWeights(model.directory, model.config)
  const task = createSftTask(model.config, sft, timed, { start: weights })
  const optimiser = await createOptimiser(task.table, optimiserSchema.parse({}))
  const gradient = new Float32Array(task.table.size)
  const random = seededRandom('loading')
  const layout = resolveLayout(model.config, 'edit')
  const shares: number[] = []
  const millisecondsOfStep: number[] = []
  for (let step = -2; step < steps; step++) {
    fetching = 0
    const from = performance.now()
    await task.step({ weights, gradient, random, position: (step + 2) * 16, step, progress: 0 })
    clipGradient(gradient, 1)
    await optimiser.update(weights, gradient, 1e-5)
    const whole = performance.now() - from
    const fetched = fetching
    // The step lays its batch out itself; the same once more is what that takes.
    const samples = Array.from({ length: 16 }, (_, i) => source.train((step + 2) * 16 + i, true, 0))
    const again = performance.now()
    buildBatch(model.config, layout, samples, sft.corruption, seededRandom('again', step))
    const laying = performance.now() - again
    if (step < 0) continue
    shares.push((100 * (fetched + laying)) / whole)
    millisecondsOfStep.push(whole)
  }
  await task.dispose()
  await optimiser.dispose()
  const percent = Number(median(shares).toFixed(3))
  const result = {
    what: 'share of a training step spent on data, percent, batch 16, model that ships, quadruplet folder',
    steps,
    percent,
    highestPercent: Number(Math.max(...shares).toFixed(3)),
    bar: 5,
    millisecondsOfStep: Math.round(median(millisecondsOfStep)),
    encodedOnceBefore: { rows: ROWS, milliseconds: Math.round(encoding) },
  }
  console.log(JSON.stringify(result, null, 2))
  await saveResult('data-loading', result)
  if (percent > result.bar) process.exitCode = 1
} finally {
  await model.image.dispose()
  await rm(work, { recursive: true, force: true })
}
