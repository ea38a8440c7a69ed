/** The exact judge over a thousand samples a mode. Usage: npm run soak -- eval [count] [seed] */
import { createEngineCache } from '../../src/engine/jobs/context.ts'
import { runJob } from '../../src/engine/jobs.ts'
import { fileURLToPath } from 'node:url'
import { saveResult } from '../lib.ts'

const count = Number(process.argv[2] ?? 1000)
const seed = Number(process.argv[3] ?? 4242)
const model = fileURLToPath(new URL('../../resources/models/storybook', import.meta.url))
const engines = createEngineCache()
const context = { signal: new AbortController().signal, engine: (directory: string) => engines.engine(directory) }
const zero = { text: 0, image: 0 }
const results: Record<string, unknown> = {}
for (const mode of ['parallel', 'sequential', 'semi-parallel', 'image-only'] as const) {
  const spec = {
    kind: 'eval',
    model,
    seed,
    count,
    mode,
    steps: 16,
    split: 'test',
    heldOutOnly: false,
    guidance: zero,
    temperatures: zero,
  } as const
  for await (const update of runJob(spec, context)) {
    if (update.type === 'progress' && update.done % 100 === 0) console.error(mode, update.done)
    if (update.type === 'result') results[mode] = update.result
  }
}
await engines.dispose()
console.log(JSON.stringify(results, null, 1))
await saveResult('soak-eval', { count, seed, results })
