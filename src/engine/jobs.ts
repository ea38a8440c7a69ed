/** Job kind -> generator. The map is total: a kind without its generator does not compile. */
import type { JobKind, JobSpec, JobUpdate, SpecOf } from '../shared/jobs.ts'
import type { JobContext } from './jobs/context.ts'
import { animateJob } from './jobs/animate.ts'
import { decodeJob } from './jobs/decode.ts'
import { describeJob, tokensJob } from './jobs/describe.ts'
import { evaluateJob } from './jobs/evaluate.ts'
import { generateJob } from './jobs/generate.ts'
import { inspectJob } from './jobs/inspect.ts'
import { resumeJob } from './jobs/resume.ts'
import { sftJob } from './jobs/sft.ts'
import { trayJob } from './jobs/tray.ts'

type Generators = { readonly [K in JobKind]: (spec: SpecOf<K>, context: JobContext) => AsyncGenerator<JobUpdate> }

const generators: Generators = {
  generate: generateJob,
  resume: resumeJob,
  eval: evaluateJob,
  sft: sftJob,
  decode: decodeJob,
  describe: describeJob,
  tokens: tokensJob,
  inspect: inspectJob,
  tray: trayJob,
  animate: animateJob,
}

/** Runs a job; ends early, without a result, when the context's signal is aborted. */
export function runJob(spec: JobSpec, context: JobContext): AsyncGenerator<JobUpdate> {
  const generator = generators[spec.kind] as (spec: JobSpec, context: JobContext) => AsyncGenerator<JobUpdate>
  return generator(spec, context)
}
