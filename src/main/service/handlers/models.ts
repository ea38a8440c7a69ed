/** Models, tokens of a text, and the tray of sprites. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tokensResultSchema, trayResultSchema } from '../../../shared/jobs.ts'
import type { Tray } from '../../../shared/studio.ts'
import { pictureRef } from '../pictures.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function modelHandlers(deps: HandlerDeps): Handlers<'models' | 'tray'> {
  const { models, lanes, library, store, publisher } = deps
  const changed = (): void => publisher.publish('models.changed', {})
  let tray: Promise<Tray> | null = null
  return {
    'models.list': async () => ({ models: await models.list() }),
    'models.library': () => library.list(),
    'models.annotate': ({ model, note }) => {
      store.modelNotes.set(model, note.trim())
      changed()
      return Promise.resolve({})
    },
    'models.delete': async ({ model }) => {
      await library.delete(model)
      changed()
      return {}
    },
    'models.export': async ({ model }) => {
      const { bytes, name } = await library.export(model)
      const { blob } = await store.blobs.put(bytes)
      return { blob, name }
    },
    'models.import': async ({ blob, name }) => {
      const model = await library.import(await readFile(store.blobs.get(blob).path), name)
      changed()
      return { model }
    },
    'models.vocabulary': ({ model }) => models.vocabulary(model),
    'models.tokens': async ({ model, text }) =>
      tokensResultSchema.parse(await lanes.ask({ kind: 'tokens', model: await models.path(model), text })),
    'tray.get': async ({ model }) => {
      const known = (await models.list()).find((entry) => entry.id === model)
      if (!known?.storybook) return null
      tray ??= makeTray(deps)
      tray.catch(() => (tray = null))
      return tray
    },
  }
}

/** The world's pictures, taken into the store; the same bytes are the same blobs at every start. */
async function makeTray({ lanes, store, work }: HandlerDeps): Promise<Tray> {
  const folder = join(work, 'tray')
  try {
    const made = trayResultSchema.parse(await lanes.ask({ kind: 'tray', out: folder }))
    const take = async (file: string): Promise<Tray['sprites'][number]['picture']> => {
      const { blob } = await store.blobs.put(await readFile(join(folder, file)))
      return pictureRef(store.blobs, blob)
    }
    const sprites: Tray['sprites'] = []
    for (const { name, category, file } of made.sprites) sprites.push({ name, category, picture: await take(file) })
    const backgrounds: Tray['backgrounds'] = []
    for (const { name, file } of made.backgrounds) backgrounds.push({ name, picture: await take(file) })
    return { cell: made.cell, cells: made.cells, sprites, backgrounds, attribution: made.attribution }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
