/** Projects and their documents. */
import { emptyDocument, documentSchema } from '../../../shared/document.ts'
import type { RunSettings } from '../../../shared/studio.ts'
import { exportProject, importProject } from '../project-file.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

/** Pixels along one side of a new document where no model says otherwise. */
const DEFAULT_SIDE = 128

export function projectHandlers(deps: HandlerDeps): Handlers<'projects' | 'documents'> {
  const { store, publisher, models, scheduler, tasks } = deps
  const tell = (): void => publisher.publish('projects.changed', { projects: store.projects.list() })

  return {
    'projects.list': () => Promise.resolve({ projects: store.projects.list() }),
    'projects.create': async ({ name }) => {
      const [model] = await models.list()
      const document = documentSchema.parse(emptyDocument(model?.size ?? DEFAULT_SIDE, firstSettings(model?.id)))
      const project = store.together(() => {
        const made = store.projects.create(name)
        store.documents.create(made.document, made.id, document)
        return made
      })
      tell()
      return project
    },
    'projects.rename': ({ project, name }) => {
      store.projects.rename(project, name)
      tell()
      return Promise.resolve(store.projects.get(project))
    },
    'projects.delete': ({ project }) => {
      const runs = store.runs.ofProject(project).map((run) => run.id)
      for (const { run } of scheduler.items()) if (runs.includes(run)) scheduler.cancel(run, true)
      const { document } = store.projects.get(project)
      store.projects.delete(project)
      store.layout.forget(document)
      if (runs.length > 0) publisher.publish('run.removed', { runs })
      tell()
      return Promise.resolve({})
    },
    'projects.export': ({ project, task: name }) => tasks.run(name, (task) => exportProject(store, project, task)),
    'projects.import': async ({ blob, task: name }) => {
      const project = await tasks.run(name, (task) => importProject(store, blob, task))
      tell()
      return project
    },
    'documents.open': ({ document }) =>
      Promise.resolve({ ...store.documents.open(document), revision: store.documents.revision(document) }),
    'documents.append': ({ document, at, commands, by }) => {
      const revision = store.documents.append(document, at, commands, by)
      store.projects.touch(store.documents.projectOf(document))
      return Promise.resolve({ revision })
    },
    'documents.seek': ({ document, cursor, by }) =>
      Promise.resolve({ revision: store.documents.seek(document, cursor, by) }),
  }
}

const firstSettings = (model = 'storybook'): RunSettings => ({
  task: 'edit',
  instruction: '',
  mode: 'parallel',
  steps: 16,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 0, image: 0 },
  seed: null,
  model,
})
