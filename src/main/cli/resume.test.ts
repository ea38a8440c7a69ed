/** A run that nobody touched, gone on with from any of its steps, ends in the same file: in every mode, with everything that is drawn by chance. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JobSpec } from '../../shared/jobs.ts'
import { decodingModeSchema, type DecodingMode } from '../../shared/trajectory.ts'
import { startEngineProcess, type EngineProcess } from '../jobs/engine-process.ts'
import { openWorkplace, type Workplace } from './testing.ts'

const STEPS = 6
let place: Workplace
let engine: EngineProcess
beforeAll(async () => {
  place = await openWorkplace()
  engine = startEngineProcess()
})
afterAll(async () => {
  engine.dispose()
  await place.remove()
})

/** The bytes of the trajectory that a job leaves in `out`. */
async function trajectoryOf(spec: JobSpec, out: string): Promise<Buffer> {
  for await (const event of engine.run(spec)) if (event.type === 'failed') throw new Error(event.message)
  return readFile(`${out}/trajectory.tdm`)
}

type Case = readonly [what: string, mode: DecodingMode, picture: boolean, chance: boolean]
const cases: Case[] = decodingModeSchema.options.flatMap((mode): Case[] => [
  [`${mode}, an edit`, mode, true, false],
  [`${mode}, guided and sampled`, mode, true, true],
])

it.each<Case>([...cases, ['parallel, a generation', 'parallel', false, true]])(
  '%s',
  async (what, mode, picture, chance) => {
    const [text, image] = chance ? [1.5, 2] : [0, 0]
    const out = place.path(what)
    const whole = await trajectoryOf(
      {
        kind: 'generate',
        model: place.model,
        picture: picture ? place.picture : null,
        instruction: picture ? 'swap the dog and the cow' : 'draw the meadow with a cat at b2',
        mode,
        steps: STEPS,
        seed: 5,
        guidance: { text, image },
        temperatures: chance ? { text: 0.7, image: 1 } : { text: 0, image: 0 },
        mask: null,
        pins: [],
        out,
      },
      out,
    )
    for (let step = 0; step < STEPS; step++) {
      const again = `${out} from ${step}`
      const known = { model: place.model, trajectory: `${out}/trajectory.tdm`, replace: [], remask: [] }
      const resumed = await trajectoryOf({ kind: 'resume', ...known, step, out: again }, again)
      expect(resumed.equals(whole), `after step ${step}`).toBe(true)
    }
  },
)
