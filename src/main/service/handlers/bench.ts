/** ParaBench as screens ask for it: suites, estimates, keys, reports, answers and votes. */
import {
  comparisonAnswerSchema,
  dragAnswerSchema,
  reportAnswerSchema,
  tableAnswerSchema,
  type BenchQuestion,
  type TableForm,
} from '../../../shared/bench-read.ts'
import type { BenchEstimate } from '../../../shared/bench.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { ParsedArgsOf } from '../../../shared/ipc.ts'
import { dragResultSchema, estimateResultSchema } from '../../../shared/jobs.ts'
import { askBench } from '../bench/ask.ts'
import { answersOf, openAnswer } from '../bench/answers.ts'
import { engineJudge } from '../bench/judge.ts'
import { benchJob, folderOfRun } from '../bench/places.ts'
import { blindPair, castVote, countVotes, exportVotes, livingStudies, startStudy } from '../bench/studies.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function benchHandlers(given: HandlerDeps): Handlers<'bench'> {
  const deps = { ...given, folder: (job: string) => given.jobs.folder(job) }
  const { store, lanes, models, suites, keys, publisher } = deps
  const ask = (question: BenchQuestion): Promise<unknown> => askBench(deps, question)

  async function asFile(answer: unknown, form: TableForm): Promise<{ blob: string; name: string }> {
    const { text, name } = tableAnswerSchema.parse(answer)
    const { blob } = await store.blobs.put(new TextEncoder().encode(text))
    const ending = { markdown: 'md', csv: 'csv', latex: 'tex', json: 'json' }[form]
    return { blob, name: `${name}.${ending}` }
  }

  async function estimate({ spec }: ParsedArgsOf<'bench.estimate'>): Promise<BenchEstimate> {
    if (spec.judge.kind === 'exact')
      throw new TandemError('The exact judge sends nothing and costs nothing.', 'Choose an endpoint to estimate.')
    const judge = engineJudge(spec.judge)
    const [model, suite] = await Promise.all([models.path(spec.model), suites.reference(spec.suite)])
    const { adapters: _on, alongEvery: _along, ...asked } = spec
    const common = { judge, model, suite, out: deps.work, estimateOnly: true }
    if (asked.kind === 'parabench-drag')
      return estimateResultSchema.parse(await lanes.ask({ ...asked, ...common })).estimate
    const { answersOf: _of, ...run } = asked
    return estimateResultSchema.parse(await lanes.ask({ ...run, ...common })).estimate
  }

  function drag(id: string): unknown {
    const { result, state } = benchJob(deps, id)
    const parsed = dragResultSchema.omit({ folder: true }).safeParse(result)
    if (parsed.success) return { report: parsed.data.report }
    throw new TandemError(
      'The report is written when all four runs are there.',
      state === 'running' || state === 'queued' ? 'Wait for its end.' : 'Resume the job.',
    )
  }

  return {
    'bench.suites': async () => ({ suites: await suites.list() }),
    'bench.addSuite': async (args) => {
      if ('blob' in args) return suites.addZip(store.blobs.get(args.blob).path, args.name)
      return suites.addFolder(await deps.folders.path(args.folder))
    },
    'bench.deleteSuite': async ({ suite }) => {
      if ((await suites.list()).some(({ id, shipped }) => shipped && id === suite))
        throw new TandemError('A suite that ships with the studio stays.', 'Choose one you have added.')
      const used = store.jobs.list().find(({ spec }) => 'suite' in spec && spec.suite === suite)
      if (used) throw new TandemError(`The suite is that of "${used.title}".`, 'Delete the runs that use it first.')
      await suites.delete(suite)
      return {}
    },
    'bench.estimate': estimate,
    'bench.key': ({ url }) => keys.state(url),
    'bench.setKey': async ({ url, key, keep }) => {
      await keys.set(url, key, keep)
      return keys.state(url)
    },
    'bench.forgetKey': async ({ url }) => {
      await keys.forget(url)
      return keys.state(url)
    },
    'bench.report': async ({ judge, ...run }) =>
      reportAnswerSchema.parse(await ask({ what: 'report', run: folderOfRun(deps, run), judge })),
    'bench.compare': async ({ a, b, judge }) =>
      comparisonAnswerSchema.parse(
        await ask({ what: 'comparison', a: folderOfRun(deps, a), b: folderOfRun(deps, b), judge }),
      ),
    'bench.drag': ({ job }) => Promise.resolve(dragAnswerSchema.parse(drag(job))),
    'bench.answers': (args) => answersOf(deps, args),
    'bench.open': async (args) => {
      const before = store.runs.list({ project: args.project, query: '', rejected: true, limit: 1, offset: 0 }).total
      const run = await openAnswer(deps, args)
      publisher.publish('run.changed', { run })
      const after = store.runs.list({ project: args.project, query: '', rejected: true, limit: 1, offset: 0 }).total
      if (after !== before) publisher.publish('projects.changed', { projects: store.projects.list() })
      return run
    },
    'bench.export': async ({ of, runs, judge, form }) => {
      const folders = of === 'drag' ? [deps.folder(runs[0]!.job)] : runs.map((run) => folderOfRun(deps, run))
      return asFile(await ask({ what: 'table', of, runs: folders, judge, form }), form)
    },
    'bench.exportVotes': async ({ study, form }) => asFile(await exportVotes(deps, study, form), form),
    'bench.studies': () => Promise.resolve({ studies: livingStudies(deps) }),
    'bench.startStudy': (args) => startStudy(deps, args),
    'bench.pair': ({ study, place }) => blindPair(deps, study, place),
    'bench.vote': (args) => Promise.resolve(castVote(deps, args)),
    'bench.votes': ({ study }) => countVotes(deps, study),
    'bench.deleteStudy': ({ study }) => {
      store.studies.delete(study)
      return Promise.resolve({})
    },
  }
}
