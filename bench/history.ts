/**
 * How fast a history of 10,000 runs opens and is searched, through the service as a screen asks it: the call, the query,
 * the parse of every record on its way out. Usage: node bench/history.ts
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../src/engine/data/random.ts'
import { makeSample } from '../src/engine/data/world/sample.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { createService } from '../src/main/service/service.ts'
import { openStore } from '../src/main/store/store.ts'
import { testProject, testRun, testSettings } from '../src/main/store/testing.ts'
import { percentile, saveResult } from './lib.ts'

const RUNS = 10_000
const REPEATS = 60
const folder = await mkdtemp(join(tmpdir(), 'tandem-history-'))
try {
  const world = await loadWorld()
  const store = openStore(folder)
  const project = testProject(store)
  store.together(() => {
    for (let index = 0; index < RUNS; index++) {
      const sample = makeSample(world, { split: 'train', seed: 1, index })
      const settings = { ...testSettings, instruction: sample.instruction }
      const change = { settings, reasoning: sample.reasoning, createdAt: index, rating: index % 6 }
      store.runs.insert(testRun(project.id, `run-${index}`, change))
    }
  })
  store.close()
  const service = await createService({ data: folder, models: [], host: 'browser', version: 'bench' })
  const random = seededRandom('history')
  const words = ['cat', 'remove the', 'swap dog', 'b1', 'balloo', 'the place is night', 'nothing-of-this', 'now']
  const open: number[] = []
  const search: number[] = []
  const filter: number[] = []
  const timed = async (into: number[], args: object): Promise<void> => {
    const began = performance.now()
    await service.call('runs.list', { project: project.id, limit: 100, ...args })
    into.push(performance.now() - began)
  }
  for (let i = 0; i < REPEATS; i++) {
    await timed(open, { offset: i % 2 === 0 ? 0 : random.int(RUNS - 100) })
    await timed(search, { query: words[i % words.length] })
    await timed(filter, { query: words[i % words.length], minRating: 3, mode: 'parallel' })
  }
  await service.close()
  const summary = (values: number[]): Record<string, number> => ({
    median_ms: percentile(values, 50),
    p95_ms: percentile(values, 95),
  })
  await saveResult('history', {
    runs: RUNS,
    repeats: REPEATS,
    open: summary(open),
    search: summary(search),
    filter: summary(filter),
  })
} finally {
  await rm(folder, { recursive: true, force: true })
}
