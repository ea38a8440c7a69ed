/** Published models as screens ask for them. */
import { checkpointLookSchema } from '../../../shared/checkpoints.ts'
import { machineMemory } from '../../jobs/job-death.ts'
import { placesOf } from '../jobs/checkpoint-kind.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function hostingHandlers(deps: HandlerDeps): Handlers<'checkpoints'> {
  return {
    'checkpoints.look': async (source) => {
      const work = { do: 'look', ...(await placesOf(source, deps)) } as const
      const look = checkpointLookSchema.parse(await deps.lanes.ask({ kind: 'checkpoint', work }))
      return { look, memory: machineMemory() }
    },
  }
}
