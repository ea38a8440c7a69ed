/** ParaRL as screens ask for it: rows as they grow, rollouts as runs, and the reward along a run. */
import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scoreResultSchema } from '../../../shared/rl.ts'
import { openRollout, readRl } from '../rl/rollouts.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function rlHandlers(deps: HandlerDeps): Handlers<'rl'> {
  const { store, models, lanes, work } = deps
  return {
    'rl.rows': ({ job, cursor }) => readRl(deps, job, cursor),
    'rl.openRollout': (which) => openRollout(deps, which),
    async 'rl.score'({ run: id, reward }) {
      const run = store.runs.get(id)
      const model = await models.path(run.settings.model)
      const folder = join(work, `score-${randomBytes(6).toString('hex')}`)
      try {
        await mkdir(folder, { recursive: true })
        const trajectory = join(folder, 'run.tdm')
        await writeFile(trajectory, store.records.bytes(id))
        const subject = { kind: 'trajectory', model, trajectory } as const
        return scoreResultSchema.parse(await lanes.ask({ kind: 'score', reward, subject }))
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}
