/** Many edits in one engine: resident memory must level off. Usage: npm run soak -- leak [edits] */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPicture } from '../../src/engine/images.ts'
import { openModelFolder } from '../../src/engine/model/folder.ts'
import { createEngine, prepareRun, readOutcome, runSteps } from '../../src/engine/run.ts'
import { frame } from '../../src/shared/trajectory-frame.ts'
import { saveResult } from '../lib.ts'

const edits = Number(process.argv[2] ?? 200)
const root = fileURLToPath(new URL('../..', import.meta.url))
const model = await openModelFolder(join(root, 'resources/models/storybook'))
const engine = createEngine(model)
const { rgb } = await readPicture(join(root, 'resources/demo/scene.png'), { size: model.config.image.size })
const megabytes: number[] = []
for (let i = 0; i < edits; i++) {
  const header = await prepareRun(engine, {
    instruction: 'swap the dog and the cow',
    input: rgb,
    mode: 'parallel',
    steps: 16,
    seed: i,
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
  })
  const steps = await Array.fromAsync(runSteps(engine, { header, steps: [], events: [] }))
  await readOutcome(engine, header, frame({ header, steps, events: [] }, steps.length).tokens)
  if (i % 10 === 9) megabytes.push(Math.round(process.memoryUsage().rss / 1e6))
}
await engine.dispose()
const half = megabytes.slice(megabytes.length >> 1)
const growth = half.at(-1)! - half[0]!
const result = {
  what: 'resident memory over edits in one engine, every 10 edits',
  edits,
  megabytes,
  growthOverSecondHalf: growth,
}
console.log(JSON.stringify(result, null, 2))
await saveResult('soak-leak', result)
if (growth > 30) process.exitCode = 1
