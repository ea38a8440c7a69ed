/** For tests of data sets in the service: a folder of quadruplets made by the engine's own helpers, and a service on it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeJsonl, writeRows, type PlainRow } from '../../../engine/data/formats/testing.ts'
import type { Dataset } from '../../../shared/dataset-records.ts'
import type { ArgsOf, Method, ResultOf } from '../../../shared/ipc.ts'
import type { StudioJob, StudioJobSpec } from '../../../shared/studio-jobs.ts'
import { asking, isOver } from '../testing.ts'
import { createService } from '../service.ts'
import type { Service } from '../types.ts'

const models = [fileURLToPath(new URL('../../../../resources/models', import.meta.url))]

export interface DatasetStudio {
  readonly service: Service
  call<M extends Method>(method: M, args: ArgsOf<M>): Promise<ResultOf<M>>
  /** Starts a job and waits until it has ended, with the jobs that follow from it. */
  run(spec: StudioJobSpec): Promise<StudioJob>
  /** Imports a folder below the root. */
  importFolder(name: string, mode?: 'copy' | 'refer'): Promise<Dataset>
  handle(name: string): Promise<string>
}

export async function openStudio(data: string, roots: readonly string[]): Promise<DatasetStudio> {
  const service = await createService({ data, models, host: 'browser', version: '1', roots })
  const { call } = asking(() => service)
  async function settled(): Promise<void> {
    for (;;) {
      if ((await call('jobs.list', {})).jobs.every(isOver)) return
      await new Promise<void>((resolve) => {
        const stop = service.subscribe(() => (stop(), resolve()))
      })
    }
  }
  async function handle(name: string): Promise<string> {
    const [root] = (await call('folders.list', { folder: null })).entries
    const { entries } = await call('folders.list', { folder: root!.handle })
    return entries.find((entry) => entry.name === name)!.handle
  }
  async function run(spec: StudioJobSpec): Promise<StudioJob> {
    const { id } = await call('jobs.start', { spec })
    await settled()
    return call('jobs.get', { job: id })
  }
  return {
    service,
    call,
    run,
    handle,
    async importFolder(name, mode = 'copy') {
      const source = { from: 'folder', handle: await handle(name) } as const
      const job = await run({ kind: 'dataset-import', name, source, mode })
      if (job.state !== 'done')
        throw new Error(`${job.error?.message} ${job.error?.remedy} ${job.error?.details ?? ''}`)
      return call('datasets.get', { dataset: (job.result as { dataset: string }).dataset })
    },
  }
}

/** Words of the shipped model, so that a sound set has neither errors nor warnings. */
export const soundRow = (i: number): Partial<PlainRow> => ({
  instruction: `remove the ${words[i % words.length]!}`,
  reasoning: `the ${words[i % words.length]!} is gone .`,
  split: i % 4 === 3 ? 'val' : 'train',
})
const words = ['dog', 'cat', 'rocket', 'tree', 'apple', 'car', 'house', 'bird']

/** Twelve rows with three faults: a picture that is gone, a reasoning that is empty, and a row that is in both splits. */
export async function writeFaulty(folder: string): Promise<void> {
  const rows = await writeRows(folder, 12, soundRow)
  rows[2] = { ...rows[2]!, output_image: 'images/gone.png' }
  rows[5] = { ...rows[5]!, reasoning: '' }
  rows[11] = { ...rows[0]!, id: 'again', split: 'val' }
  await writeJsonl(folder, rows)
}

/** The lines of a copy's data.jsonl. */
export async function linesOf(data: string, dataset: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(data, 'datasets', dataset, 'data.jsonl'), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
