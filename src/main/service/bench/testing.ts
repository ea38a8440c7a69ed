/** For tests of the bench: a service on a folder of its own, with the model that ships, and ways to call and wait. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ArgsOf, Method, ResultOf, StudioEvent } from '../../../shared/ipc.ts'
import type { StudioJob, StudioJobSpec, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import { temporaryFolder } from '../../store/testing.ts'
import { asking, isOver } from '../testing.ts'
import { createService } from '../service.ts'
import type { Service, ServiceOptions } from '../types.ts'

const models = [fileURLToPath(new URL('../../../../resources/models', import.meta.url))]

export const parabench = (more: Partial<StudioJobSpecOf<'parabench'>> = {}): StudioJobSpecOf<'parabench'> => ({
  kind: 'parabench',
  suite: 'storybook',
  model: 'storybook',
  mode: 'parallel',
  steps: 2,
  seeds: [1],
  guidance: { text: 0, image: 0 },
  temperatures: { text: 0, image: 0 },
  judge: { kind: 'exact' },
  limit: 6,
  ...more,
})

export interface BenchPlace {
  readonly path: string
  readonly events: StudioEvent[]
  call<M extends Method>(method: M, args: ArgsOf<M>): Promise<ResultOf<M>>
  until(id: string, wanted: (job: StudioJob) => boolean): Promise<StudioJob>
  /** Starts a job and waits for its end. */
  finish(spec: StudioJobSpec): Promise<StudioJob>
  ended(id: string): Promise<StudioJob>
  /** Takes bytes in as a blob. */
  put(bytes: Uint8Array): Promise<string>
  close(): Promise<void>
}

export async function openBench(options: Partial<ServiceOptions> = {}): Promise<BenchPlace> {
  const folder = temporaryFolder()
  const service: Service = await createService({ data: folder.path, models, host: 'browser', version: '1', ...options })
  const events: StudioEvent[] = []
  service.subscribe((event) => events.push(event))
  const { call, jobUntil: until } = asking(() => service)
  const ended = (id: string): Promise<StudioJob> => until(id, isOver)
  return {
    path: folder.path,
    events,
    call,
    until,
    ended,
    finish: async (spec) => ended((await call('jobs.start', { spec })).id),
    async put(bytes) {
      const { Readable } = await import('node:stream')
      return (await service.putBlob(Readable.from([bytes]))).blob
    },
    async close() {
      await service.close()
      folder.remove()
    },
  }
}

/** Engine processes below this one, youngest last. Linux alone. */
export function engineProcesses(): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids
    .flatMap((pid) => {
      try {
        const parent = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1])
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return parent === process.pid && /jobs\/worker\.[jt]s/.test(line) ? [Number(pid)] : []
      } catch {
        return []
      }
    })
    .sort((a, b) => a - b)
}
