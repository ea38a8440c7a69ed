/** Job kind -> generator. The map is total: a kind without its generator does not compile. */
import type { JobKind, JobSpec, JobUpdate, SpecOf } from '../shared/jobs.ts'
import type { JobContext } from './jobs/context.ts'
import { benchReadJob } from './jobs/bench-read.ts'
import { animateJob } from './jobs/animate.ts'
import { datasetJob } from './jobs/dataset.ts'
import { decodeJob } from './jobs/decode.ts'
import { describeJob, tokensJob } from './jobs/describe.ts'
import { engineProfileJob } from './jobs/engine-profile.ts'
import { evaluateJob } from './jobs/evaluate.ts'
import { generateJob } from './jobs/generate.ts'
import { checkpointJob } from './jobs/checkpoints.ts'
import { hubJob } from './jobs/hub.ts'
import { modelJob } from './jobs/models.ts'
import { measureJob } from './jobs/measure.ts'
import { inspectJob } from './jobs/inspect.ts'
import { metricsExportJob } from './jobs/metrics-export.ts'
import { parabenchJob } from './jobs/parabench.ts'
import { dragJob } from './jobs/parabench-drag.ts'
import { benchCompareJob, benchReportJob } from './jobs/parabench-read.ts'
import { pararlJob } from './jobs/pararl.ts'
import { resumeJob } from './jobs/resume.ts'
import { scoreJob } from './jobs/score.ts'
import { sftJob } from './jobs/sft.ts'
import { trainScorerJob } from './jobs/train-scorer.ts'
import { trayJob } from './jobs/tray.ts'

type Generators = { readonly [K in JobKind]: (spec: SpecOf<K>, context: JobContext) => AsyncGenerator<JobUpdate> }

const generators: Generators = {
  generate: generateJob,
  resume: resumeJob,
  eval: evaluateJob,
  parabench: parabenchJob,
  'parabench-drag': dragJob,
  'parabench-report': benchReportJob,
  'parabench-compare': benchCompareJob,
  'bench-read': benchReadJob,
  sft: sftJob,
  'train-scorer': trainScorerJob,
  pararl: pararlJob,
  score: scoreJob,
  decode: decodeJob,
  describe: describeJob,
  tokens: tokensJob,
  measure: measureJob,
  inspect: inspectJob,
  tray: trayJob,
  animate: animateJob,
  dataset: datasetJob,
  model: modelJob,
  'metrics-export': metricsExportJob,
  checkpoint: checkpointJob,
  hub: hubJob,
  'engine-profile': engineProfileJob,
}

/** Runs a job; ends early, without a result, when the context's signal is aborted. */
export function runJob(spec: JobSpec, context: JobContext): AsyncGenerator<JobUpdate> {
  const generator = generators[spec.kind] as (spec: JobSpec, context: JobContext) => AsyncGenerator<JobUpdate>
  return generator(spec, context)
}
