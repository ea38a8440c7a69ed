/** What is told of copies of the project database: that one took a damaged one's place, or that none can be made. */
import { TandemError } from '../../shared/errors.ts'
import { explained } from '../store/database.ts'
import type { Store } from '../store/store.ts'

interface Notice {
  readonly message: string
  readonly remedy: string
}

export function damageNotices({ setAside, restored }: Pick<Store, 'setAside' | 'restored'>): Notice[] {
  if (setAside === null) return []
  const met = `The project database was damaged. It was set aside as ${setAside}`
  if (restored === null)
    return [
      {
        message: `${met} and a new one was started: there was no copy of it.`,
        remedy: 'Import your exported project files, or have the damaged file examined.',
      },
    ]
  return [
    {
      message: `${met}, and its copy of ${momentOf(restored)} took its place.`,
      remedy: 'What was done after that is in the damaged file alone: have it examined if you miss something.',
    },
  ]
}

const momentOf = (ms: number): string => new Date(ms).toISOString().replace(/^(.*)T(.*):\d\d\..*$/, '$1 $2 UTC')

export function backupFailed(error: unknown): Notice {
  const said = explained(error)
  return {
    message: `No copy of the project database could be made: ${said instanceof Error ? said.message : String(said)}`,
    remedy: said instanceof TandemError ? said.remedy : 'It is tried again within the hour.',
  }
}
