/** Pictures people bring, and the folders a served studio may read from. */
import { inspectResultSchema } from '../../../shared/jobs.ts'
import { TandemError } from '../../../shared/errors.ts'
import { openPicture } from '../pictures.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function pictureHandlers(deps: HandlerDeps): Handlers<'pictures' | 'folders'> {
  const { store, models, lanes, folders } = deps
  return {
    'pictures.open': (args) => openPicture(store.blobs, args),
    'pictures.inspect': async ({ blob, model }) => {
      const { path } = store.blobs.get(blob)
      const found = inspectResultSchema.parse(
        await lanes.ask({ kind: 'inspect', model: await models.path(model), picture: path }),
      )
      return { ...found, warning: warningOf(found.foreign.length, await cellsOf(model)) }
    },
    'folders.choose': () => {
      throw new TandemError('There is no dialog for folders here.', 'Choose one in the list.')
    },
    'folders.list': async ({ folder }) => ({ entries: await folders.list(folder) }),
    'folders.read': async ({ file }) => ({ blob: await folders.read(file) }),
  }

  async function cellsOf(model: string): Promise<number> {
    const grid = (await models.list()).find((entry) => entry.id === model)?.grid ?? 1
    return grid * grid
  }
}

function warningOf(foreign: number, cells: number): string | null {
  if (foreign === 0) return null
  const much = foreign > cells / 2 ? 'Most of this picture' : `Part of this picture (${foreign} of ${cells} cells)`
  return `${much} lies outside what the model knows: it will be redrawn in the model's own shapes, and instructions about it may not be understood.`
}
