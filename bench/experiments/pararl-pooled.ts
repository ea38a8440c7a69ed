/**
 * All seeds of one arm of the ParaRL experiment together: the change since before the training, and against another arm
 * seed by seed, with 95 % intervals that draw prompts and, within each, seeds; with --greedy of the answers without chance
 * too. One line of JSON.
 * Usage: node bench/experiments/pararl-pooled.ts --before DIR --runs DIR,DIR,... [--against DIR,DIR,...] [--greedy]
 */
import { parseArgs } from 'node:util'
import { changeOf, prefixed, readScores, type ScoresKind } from './pararl-suite.ts'

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    runs: { type: 'string' },
    against: { type: 'string' },
    greedy: { type: 'boolean', default: false },
  },
})
if (values.before === undefined || values.runs === undefined) throw new Error('needs --before DIR and --runs DIR,...')
const { before, against } = values
const runs = values.runs.split(',')
const others = against?.split(',') ?? null
if (others && others.length !== runs.length) throw new Error('--against needs as many folders as --runs')

async function pooled(kind: ScoresKind): Promise<{ prompts: number; metrics: Record<string, number> }> {
  const scoresOf = (folders: readonly string[]) => Promise.all(folders.map((folder) => readScores(folder, kind)))
  const start = await readScores(before, kind)
  const after = await scoresOf(runs)
  const versus = others ? changeOf('versus', after, await scoresOf(others)) : {}
  return { prompts: Object.keys(start).length, metrics: { ...changeOf('delta', after, [start]), ...versus } }
}

const { prompts, metrics } = await pooled('drawn')
const greedy = values.greedy ? prefixed('greedy.', (await pooled('greedy')).metrics) : {}
console.log(JSON.stringify({ seeds: runs.length, prompts, metrics: { ...metrics, ...greedy } }))
