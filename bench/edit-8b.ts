/**
 * A model with the sizes of MMaDA-Parallel-M and random weights, imported and edited with end to end at 512 pixels on a
 * provider: seconds to import, of the first forward and of the others, of the whole edit, and memory. It writes 16.2 GB first.
 * Usage: node bench/edit-8b.ts [--provider cuda] [--precision int4] [--steps 128] [--image-steps 30] [--fast fastest]
 *   [--width 4096] [--layers 32] [--folder DIR]; a narrower or shallower model tries the command itself.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { presetNames, presets } from '../src/shared/acceleration.ts'
import { precisions } from '../src/shared/checkpoints.ts'
import { providerNameSchema } from '../src/shared/providers.ts'
import { advanceFrame, frame } from '../src/shared/trajectory-frame.ts'
import { importAll } from '../src/engine/checkpoints/import-fixtures.ts'
import { openImported } from '../src/engine/checkpoints/open.ts'
import { eightB, layOutEightB } from '../src/engine/checkpoints/published-fixtures.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { watchPeak } from '../src/engine/memory.ts'
import { createEngine, prepareRun, readOutcome, runSteps } from '../src/engine/run.ts'
import { median, saveResult } from './lib.ts'

const { values } = parseArgs({
  options: {
    provider: { type: 'string', default: 'cpu' },
    precision: { type: 'string' },
    steps: { type: 'string', default: '128' },
    'image-steps': { type: 'string', default: '30' },
    fast: { type: 'string' },
    width: { type: 'string', default: String(eightB.dModel) },
    layers: { type: 'string', default: String(eightB.layers) },
    folder: { type: 'string', default: tmpdir() },
  },
})
const provider = providerNameSchema.parse(values.provider)
const precision = precisions.find((each) => each === values.precision) ?? null
const preset = presetNames.find((each) => each === values.fast) ?? null
const dModel = Number(values.width)
const sizes = { dModel, layers: Number(values.layers), heads: dModel / 128, mlpHidden: 3 * dModel }
const isWhole = sizes.dModel === eightB.dModel && sizes.layers === eightB.layers

/** Bytes in use on the first device of NVIDIA; null where there is none. */
const deviceMemory = (): Promise<number | null> =>
  promisify(execFile)('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits', '--id=0']).then(
    ({ stdout }) => 1e6 * 1.048576 * Number(stdout),
    () => null,
  )

const seconds = (since: number): number => Number(((performance.now() - since) / 1000).toFixed(2))
const root = await mkdtemp(join(values.folder, 'tandem-edit-8b-'))
try {
  const place = await layOutEightB('m', root, { ...sizes, filled: true })
  console.error(`${(place.bytes / 1e9).toFixed(1)} GB written`)
  const idleDevice = await deviceMemory()
  const peak = watchPeak()
  const out = join(root, 'imported')
  const signal = new AbortController().signal
  const began = performance.now()
  await importAll({
    directory: place.directory,
    vq: place.vq,
    out,
    name: 'random',
    variant: null,
    behaviour: 'released',
    precision,
    imageSize: null,
    prompts: [],
    signal,
  })
  const importSeconds = seconds(began)

  const engine = createEngine(await openImported(out), provider)
  const random = seededRandom('edit-8b')
  const edit = performance.now()
  const header = await prepareRun(engine, {
    instruction: 'abc',
    input: Uint8Array.from({ length: 512 * 512 * 3 }, () => random.int(256)),
    mode: 'parallel',
    steps: Number(values.steps),
    imageSteps: Number(values['image-steps']),
    seed: 1,
    guidance: { text: 0, image: 3.5 },
    temperatures: { text: 0, image: 1 },
    ...(preset ? { acceleration: presets[preset].acceleration } : {}),
  })
  const encodeSeconds = seconds(edit)
  let state = frame({ header, steps: [], events: [] }, 0)
  let forwards = 0
  let device = 0
  const steps: number[] = []
  let beat = performance.now()
  for await (const step of runSteps(engine, { header, steps: [], events: [] })) {
    state = advanceFrame(state, header, step, [])
    forwards += step.forwards
    if (step.forwards > 0) steps.push((performance.now() - beat) / step.forwards)
    device = Math.max(device, (await deviceMemory()) ?? 0)
    beat = performance.now()
    console.error(`step ${step.step} of ${header.steps}: ${((steps.at(-1) ?? 0) / 1000).toFixed(2)} s a forward`)
  }
  const decode = performance.now()
  const { rgb } = await readOutcome(engine, header, state.tokens)
  // On the processor after all: the numbers would be those of something else.
  for (const { reason } of engine.falls()) throw new Error(`${provider} failed: ${reason}`)
  const result = {
    what: 'an edit at 512 pixels end to end, random weights with the sizes of MMaDA-Parallel-M',
    provider,
    precision: precision ?? 'bf16',
    speed: preset ?? 'exact',
    sizes,
    gigabytes: Number((place.bytes / 1e9).toFixed(1)),
    sequence: header.length,
    steps: header.steps,
    imageSteps: Number(values['image-steps']),
    forwards,
    seconds: {
      import: importSeconds,
      encode: encodeSeconds,
      firstForward: Number((steps[0]! / 1000).toFixed(2)),
      forward: Number((median(steps.slice(1)) / 1000).toFixed(3)),
      decode: seconds(decode),
      edit: seconds(edit),
    },
    megabytes: {
      process: Math.round(peak() / 1e6),
      device: idleDevice === null ? null : Math.round((device - idleDevice) / 1e6),
    },
    pixels: rgb.length / 3,
  }
  await engine.dispose()
  console.log(JSON.stringify(result, null, 2))
  if (isWhole) await saveResult(`edit-8b-${provider}-${result.precision}`, result)
} finally {
  await rm(root, { recursive: true, force: true })
}
