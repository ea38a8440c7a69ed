/**
 * The gate of a data set at size: 10,000 quadruplets of the world (20,000 pictures less the generations) checked with the
 * model that ships. To hold: 60 s on 2 cores, and memory that does not grow with the rows. `--rows N` for another size.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkDataset } from '../src/engine/data/check.ts'
import { openDataset } from '../src/engine/data/formats/open.ts'
import { writeWorldFolder } from '../src/engine/data/quadruplets.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { openTexts } from '../src/engine/jobs/dataset.ts'
import { shippedModel } from '../src/main/cli/installation.ts'
import { saveResult } from './lib.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000' } } })
const rows = Number(values.rows)
const folder = await mkdtemp(join(tmpdir(), 'dataset-check-'))
try {
  const set = join(folder, 'set')
  await writeWorldFolder(await loadWorld(), { seed: 1, counts: { train: rows - rows / 10, val: rows / 10 } }, set)
  const megabytes = (): number => Math.round(process.memoryUsage().rss / 1e6)
  const memory: { rows: number; rss: number }[] = []
  const report = await checkDataset(await openDataset(set), {
    model: await openTexts(shippedModel),
    onProgress(done) {
      if (done % (rows / 10) === 0) memory.push({ rows: done, rss: megabytes() })
    },
  })
  const { seconds, errors, warnings, counts } = report
  const result = { rows, seconds, rowsPerSecond: Math.round(rows / seconds), errors, warnings, counts, memory }
  process.stdout.write(JSON.stringify(result) + '\n')
  if (rows === 10_000) await saveResult('dataset-check', result)
} finally {
  await rm(folder, { recursive: true })
}
