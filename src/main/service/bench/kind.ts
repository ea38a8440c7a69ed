/** Runs of the bench as jobs: where what they name is found, what they may send where, and what is kept of the answer. */
import { dirname, join } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import { dragResultSchema, parabenchResultSchema, type AdapterStack, type SpecOf } from '../../../shared/jobs.ts'
import type { StudioDrag, StudioParabench } from '../../../shared/studio-bench.ts'
import type { StudioJobSpec } from '../../../shared/studio-jobs.ts'
import type { JobKindDefinition, KindDeps } from '../jobs/kind.ts'
import { checkAgreed, engineJudge } from './judge.ts'

/** What a run of the bench names, where the engine finds it. */
async function found(
  { suite, model, adapters, judge }: StudioParabench | StudioDrag,
  { suites, models }: KindDeps,
): Promise<Pick<SpecOf<'parabench'>, 'suite' | 'model' | 'judge'> & { adapters: AdapterStack }> {
  checkAgreed(judge)
  return {
    suite: await suites.reference(suite),
    model: await models.path(model),
    adapters: await models.stack(adapters ?? []),
    judge: engineJudge(judge),
  }
}

async function judgeKey({ judge }: StudioParabench | StudioDrag, { keys }: KindDeps): Promise<string | null> {
  if (judge.kind === 'exact' || !judge.keyed) return null
  const key = await keys.find(judge.url)
  if (key === null)
    throw new TandemError(
      `The key for ${judge.agreed} is not at hand any more.`,
      'Give it again in the bench, then resume: what was judged is kept.',
    )
  return key
}

/** Answers are marked anew only where they were asked for in the same way. */
function checkAnswers(spec: StudioParabench, other: StudioJobSpec): void {
  const plain = ({ judge: _judge, answersOf: _of, ...rest }: StudioParabench): string =>
    JSON.stringify(Object.entries(rest).sort(([x], [y]) => (x < y ? -1 : 1)))
  if (other.kind !== 'parabench' || plain(spec) !== plain(other))
    throw new TandemError('Those answers were asked for with other settings.', 'Judge them from their own report.')
}

export const parabenchKind: JobKindDefinition<'parabench'> = {
  title: ({ suite, mode, steps }) => `${suite}, ${mode}, ${steps} steps`,
  async engineSpec(spec, deps, { folder }) {
    const { answersOf, ...rest } = spec
    if (answersOf !== undefined) checkAnswers(spec, deps.store.jobs.get(answersOf).spec)
    // What another job answered lies beside this job's own folder.
    const out = answersOf === undefined ? folder : join(dirname(folder), answersOf)
    return { ...rest, ...(await found(spec, deps)), out }
  },
  judgeKey,
  result(raw) {
    const { folder: _, ...rest } = parabenchResultSchema.parse(raw)
    return rest
  },
}

export const dragKind: JobKindDefinition<'parabench-drag'> = {
  title: ({ suite, steps }) => `Reasoning drag on ${suite}, ${steps} steps`,
  engineSpec: async (spec, deps, { folder }) => ({ ...spec, ...(await found(spec, deps)), out: folder }),
  judgeKey,
  result(raw) {
    const { folder: _, ...rest } = dragResultSchema.parse(raw)
    return rest
  },
}
