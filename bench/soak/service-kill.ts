/**
 * Kills the service, or the engine under it, at random moments of real work: a run that is going and a document that is
 * being edited. What was acknowledged or told before the kill must be there after it, and the run, continued, must end as
 * the run nobody disturbed. Usage: npm run soak -- service-kill [times]
 */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../src/engine/data/random.ts'
import { launchNodeService } from '../../src/main/service-host/node-service.ts'
import { zlibCompression } from '../../src/main/store/records.ts'
import { testSettings } from '../../src/main/store/testing.ts'
import type { ArgsOf, Method, ResultOf } from '../../src/shared/ipc.ts'
import type { Run } from '../../src/shared/studio.ts'
import { decodeTrajectory } from '../../src/shared/trajectory-codec.ts'
import type { TrajectoryStep } from '../../src/shared/trajectory.ts'
import { saveResult } from '../lib.ts'

const times = Number(process.argv[2] ?? 50)
const STEPS = 128
const root = fileURLToPath(new URL('../..', import.meta.url))
const data = await mkdtemp(join(tmpdir(), 'tandem-service-kill-'))
const random = seededRandom('service-kill')
const service = launchNodeService({
  data,
  models: [join(root, 'resources/models')],
  host: 'browser',
  version: 'soak',
})
const counts = { kills: 0, serviceKills: 0, engineKills: 0, runsCut: 0, identical: 0, stepsLost: 0, commandsLost: 0 }

async function call<M extends Method>(method: M, args: ArgsOf<M>): Promise<ResultOf<M>> {
  for (;;) {
    try {
      return (await service.call(method, args)) as ResultOf<M>
    } catch (error) {
      if (!(error instanceof Error) || !('kind' in error) || error.kind !== 'environment') throw error
      await pause(50)
    }
  }
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Steps as they were told, by run. */
const told = new Map<string, TrajectoryStep[]>()
service.subscribe((event) => {
  if (event.name === 'run.step') told.get(event.payload.run)?.push(event.payload.record)
})

await service.ready
const project = await call('projects.create', { name: 'Soak' })
const { blob } = await service.putBlob(createReadStream(join(root, 'resources/demo/scene.png')))
const start = async (): Promise<Run> => {
  const { runs } = await call('runs.start', {
    project: project.id,
    document: project.document,
    settings: {
      ...testSettings,
      instruction: 'swap the dog and the cow',
      steps: STEPS,
      temperatures: { text: 0.5, image: 0.5 },
    },
    input: blob,
    mask: null,
    box: null,
    pins: [],
    count: 1,
    lane: 'interactive',
  })
  told.set(runs[0]!.id, [])
  return runs[0]!
}
async function ended(id: string): Promise<Run> {
  for (;;) {
    const run = await call('runs.get', { run: id })
    if (run.state === 'done' || run.state === 'failed' || run.state === 'cancelled') return run
    await pause(20)
  }
}
const stepsOf = async (id: string): Promise<readonly TrajectoryStep[]> =>
  decodeTrajectory((await call('runs.trajectory', { run: id })).bytes, zlibCompression).steps

/** The engine processes under the service. */
async function children(pid: number): Promise<number[]> {
  const found: number[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '')
    if (Number(/PPid:\s+(\d+)/.exec(status)?.[1]) === pid) found.push(Number(entry))
  }
  return found
}

const first = await start()
await ended(first.id)
const expected = JSON.stringify(await stepsOf(first.id))
let acknowledged = 0

for (let i = 0; i < times; i++) {
  const run = await start()
  let editing = true
  // A person goes on editing while the run goes; a lost acknowledgement is asked again, as the screens do.
  const edits = (async () => {
    while (editing) {
      const feather = acknowledged % 200
      const sent = service.call('documents.append', {
        document: project.document,
        at: acknowledged,
        commands: [{ type: 'setFeather', feather }],
        by: { writer: 'soak', revision: 0 },
      })
      await sent.then(() => acknowledged++).catch(() => pause(20))
      await pause(15)
    }
  })()
  await pause(100 + random.int(1500))
  const pid = service.pid
  const engine = random.int(2) === 0
  const victims = pid === undefined ? [] : engine ? await children(pid) : [pid]
  const heard = told.get(run.id)!.length
  const acked = acknowledged
  for (const victim of victims) process.kill(victim, 'SIGKILL')
  counts.kills++
  if (engine) counts.engineKills++
  else counts.serviceKills++
  const after = await ended(run.id)
  editing = false
  await edits
  const stored = await call('documents.open', { document: project.document })
  if (stored.first + stored.commands.length < acked) counts.commandsLost++
  if (after.step < heard) counts.stepsLost++
  if (after.state !== 'done') {
    counts.runsCut++
    if (after.hasTrajectory) {
      const kept = JSON.stringify(await stepsOf(run.id))
      if (!kept.startsWith(JSON.stringify(told.get(run.id)!.slice(0, heard)).slice(0, -1))) counts.stepsLost++
    }
    await call('runs.continue', { run: run.id })
    await ended(run.id)
  }
  if (JSON.stringify(await stepsOf(run.id)) === expected) counts.identical++
}
await service.close()
await rm(data, { recursive: true, force: true })
await saveResult('soak-service-kill', { times, steps: STEPS, ...counts })
console.log(JSON.stringify(counts))
if (counts.stepsLost + counts.commandsLost > 0 || counts.identical !== times) process.exitCode = 1
