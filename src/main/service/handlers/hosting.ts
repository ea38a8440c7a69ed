/** Published models as screens ask for them. */
import { statfs } from 'node:fs/promises'
import { checkpointLookSchema } from '../../../shared/checkpoints.ts'
import { TandemError } from '../../../shared/errors.ts'
import { foundEarlier, measure } from '../../providers.ts'
import { hubListingSchema } from '../../../shared/hub.ts'
import { machineMemory } from '../../jobs/job-death.ts'
import { placesOf } from '../jobs/checkpoint-kind.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function hostingHandlers(deps: HandlerDeps): Handlers<'checkpoints' | 'hub' | 'providers'> {
  return {
    'checkpoints.look': async (source) => {
      const work = { do: 'look', ...(await placesOf(source, deps)) } as const
      const look = checkpointLookSchema.parse(await deps.lanes.ask({ kind: 'checkpoint', work }))
      return { look, memory: machineMemory() }
    },
    'hub.list': async (address) => {
      const work = { do: 'list', ...address } as const
      const listing = hubListingSchema.parse(await deps.lanes.ask({ kind: 'hub', work }, deps.closing))
      const disk = await statfs(deps.options.data)
      return { listing, freeDisk: Number(disk.bavail) * Number(disk.bsize), memory: machineMemory() }
    },
    'providers.get': async () => ({ found: await foundEarlier(deps.options.data) }),
    'providers.measure': async () => {
      const probed = await measure(deps.options.data)
      if (probed.found) return { found: probed.found }
      const remedy = 'Update the drivers of this machine; runs go on with the processor.'
      throw new TandemError(`The providers could not be probed: ${probed.reason}.`, remedy, 'environment')
    },
  }
}
