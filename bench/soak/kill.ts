/**
 * Kills the engine process at random moments of real edits and resumes from what its log holds: the result must be the
 * file an untouched run gives. Usage: npm run soak -- kill [times]
 */
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../src/engine/data/random.ts'
import { recoverLog } from '../../src/engine/trajectory/log.ts'
import { startEngineProcess } from '../../src/main/jobs/engine-process.ts'
import type { JobSpec } from '../../src/shared/jobs.ts'
import { saveResult } from '../lib.ts'

const times = Number(process.argv[2] ?? 50)
const root = fileURLToPath(new URL('../..', import.meta.url))
const model = join(root, 'resources/models/storybook')
const work = await mkdtemp(join(tmpdir(), 'tandem-soak-'))
const random = seededRandom('kill')
const STEPS = 128
/** About two steps. */
const MOMENT_MS = 20

const spec = (out: string): JobSpec => ({
  kind: 'generate',
  model,
  picture: join(root, 'resources/demo/scene.png'),
  instruction: 'swap the dog and the cow',
  mode: 'parallel',
  steps: STEPS,
  seed: 9,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 0.5, image: 0.5 },
  mask: null,
  pins: [],
  out,
})

const whole = join(work, 'whole')
/** How long opening the model takes on this machine as it is now: some of the kills fall into it. */
const first = startEngineProcess()
const began = performance.now()
let opening = 0
for await (const update of first.run(spec(whole))) {
  if (update.type === 'failed') throw new Error(update.message)
  if (update.type === 'started') opening = performance.now() - began
}
first.dispose()
const expected = await readFile(join(whole, 'trajectory.tdm'))

const counts = { killedBeforeTheLog: 0, resumed: 0, identical: 0, finishedBeforeTheKill: 0 }
for (let i = 0; i < times; i++) {
  const out = join(work, `run-${i}`)
  const engine = startEngineProcess()
  // One in ten while the model is opened; the others at a step that was heard of, or a moment later.
  const at = i % 10 === 0 ? 0 : 1 + random.int(STEPS - 4)
  const killIn = (ms: number): NodeJS.Timeout => setTimeout(() => engine.kill(), random.int(Math.ceil(ms)))
  let timer = at === 0 ? killIn(opening) : undefined
  let last = ''
  for await (const update of engine.run(spec(out))) {
    last = update.type
    if (update.type === 'step' && update.step === at) timer = killIn(MOMENT_MS)
  }
  clearTimeout(timer)
  engine.dispose()
  const names: string[] = await readdir(out).catch(() => [])
  if (last === 'done') {
    counts.finishedBeforeTheKill++
  } else if (!names.includes('trajectory.tdl')) {
    if (names.length > 0) throw new Error(`a killed run left ${names.join(', ')}`)
    counts.killedBeforeTheLog++
  } else {
    const log = join(work, `log-${i}.tdl`)
    await cp(join(out, 'trajectory.tdl'), log)
    const { trajectory } = await recoverLog(log)
    const again = startEngineProcess()
    const target = join(work, `again-${i}`)
    const step = Math.min(trajectory.steps.length, STEPS - 1)
    for await (const update of again.run({
      kind: 'resume',
      model,
      trajectory: log,
      step,
      replace: [],
      remask: [],
      out: target,
    })) {
      if (update.type === 'failed') throw new Error(update.message)
    }
    again.dispose()
    counts.resumed++
    if ((await readFile(join(target, 'trajectory.tdm'))).equals(expected)) counts.identical++
  }
  await rm(out, { recursive: true, force: true })
}
await rm(work, { recursive: true, force: true })
const result = { what: 'engine killed with SIGKILL at random moments of an edit', times, ...counts }
console.log(JSON.stringify(result, null, 2))
await saveResult('soak-kill', result)
if (counts.identical !== counts.resumed) process.exitCode = 1
if (counts.resumed < times / 2) {
  console.error('Too few runs were cut in the middle for this to say anything.')
  process.exitCode = 1
}
