/** For tests: one job in this very process, its updates as lines of JSON on stdout, so that a kill hits the work itself. */
import { jobSpecSchema } from '../../shared/jobs.ts'
import { runJob } from '../../engine/jobs.ts'
import { createEngineCache } from '../../engine/jobs/context.ts'

const engines = createEngineCache()
const context = { signal: new AbortController().signal, engine: (directory: string) => engines.engine(directory) }
for await (const update of runJob(jobSpecSchema.parse(JSON.parse(process.argv[2]!)), context))
  process.stdout.write(JSON.stringify(update) + '\n')
await engines.dispose()
