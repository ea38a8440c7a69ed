/** Data sets as screens ask for them. */
import { datasetColumnsSchema, type DatasetColumns } from '../../../shared/datasets.ts'
import { TandemError } from '../../../shared/errors.ts'
import { measureResultSchema } from '../../../shared/jobs.ts'
import { isActive } from '../../../shared/studio-jobs.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function datasetHandlers(deps: HandlerDeps): Handlers<'datasets'> {
  const { store, datasets, models, lanes, folders } = deps
  const { datasetRows: rows } = store

  /** Work on a set that would lose it under its hands. */
  function refuseBusy(id: string): void {
    const busy = store.jobs.list().find((job) => isActive(job) && JSON.stringify(job.spec).includes(`"${id}"`))
    if (busy) throw new TandemError(`"${busy.title}" works on this data set.`, 'Stop it first.')
  }

  const columnsAt = async (path: string, footer: boolean): Promise<DatasetColumns | null> =>
    datasetColumnsSchema.nullable().parse(await lanes.ask({ kind: 'dataset', path, work: { do: 'columns', footer } }))

  return {
    'datasets.list': async () => ({ datasets: await datasets.list() }),
    'datasets.get': ({ dataset }) => datasets.describe(dataset),
    'datasets.create': ({ name }) => datasets.create(name),
    'datasets.rename': ({ dataset, name }) => datasets.rename(dataset, name),
    'datasets.delete': async ({ dataset }) => {
      refuseBusy(dataset)
      await datasets.delete(dataset)
      return {}
    },
    'datasets.rows': ({ dataset, filter, limit, offset }) => Promise.resolve(rows.page(dataset, filter, limit, offset)),
    'datasets.place': ({ dataset, filter, row }) => Promise.resolve({ index: rows.place(dataset, filter, row) }),
    'datasets.row': ({ dataset, row }) =>
      Promise.resolve({ row: rows.record(rows.get(dataset, row)), problems: rows.problemsOf(row) }),
    'datasets.thumbnails': async ({ dataset, rows: keys }) => ({
      thumbnails: await datasets.thumbnails(dataset, keys),
    }),
    'datasets.picture': ({ dataset, row, side }) => datasets.picture(dataset, row, side),
    'datasets.edit': ({ dataset, action }) => datasets.edit(dataset, action),
    'datasets.undo': ({ dataset }) => datasets.travel(dataset, 'back'),
    'datasets.redo': ({ dataset }) => datasets.travel(dataset, 'forth'),
    'datasets.addRun': (args) => datasets.addRun(args),
    'datasets.problems': ({ dataset, code, limit, offset }) =>
      Promise.resolve(rows.problems(dataset, code, limit, offset)),
    'datasets.findings': ({ dataset }) => Promise.resolve({ counts: rows.findings(dataset) }),
    'datasets.columns': async (source) => {
      if (source.from === 'folder') return { columns: await columnsAt(await folders.path(source.handle), false) }
      const columns = await columnsAt(store.blobs.get(source.blob).path, true)
      return { columns: columns && { ...columns, file: source.name } }
    },
    'datasets.measure': async ({ model, instruction, reasoning }) =>
      measureResultSchema.parse(
        await lanes.ask({ kind: 'measure', model: await models.path(model), instruction, reasoning }),
      ),
  }
}
