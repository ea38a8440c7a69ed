/**
 * All seeds of one arm of the ParaRL experiment together: the change since before the training, and against another arm
 * seed by seed, with 95 % intervals that draw prompts and, within each, seeds. One line of JSON.
 * Usage: node bench/experiments/pararl-pooled.ts --before DIR --runs DIR,DIR,... [--against DIR,DIR,...]
 */
import { parseArgs } from 'node:util'
import { changeOf, readScores, type SuiteScores } from './pararl-suite.ts'

const { values } = parseArgs({
  options: { before: { type: 'string' }, runs: { type: 'string' }, against: { type: 'string' } },
})
if (values.before === undefined || values.runs === undefined) throw new Error('needs --before DIR and --runs DIR,...')
const scoresOf = (folders: string): Promise<SuiteScores[]> => Promise.all(folders.split(',').map(readScores))
const before = await readScores(values.before)
const runs = await scoresOf(values.runs)
const others = values.against === undefined ? null : await scoresOf(values.against)
if (others && others.length !== runs.length) throw new Error('--against needs as many folders as --runs')
console.log(
  JSON.stringify({
    seeds: runs.length,
    prompts: Object.keys(before).length,
    metrics: { ...changeOf('delta', runs, [before]), ...(others ? changeOf('versus', runs, others) : {}) },
  }),
)
