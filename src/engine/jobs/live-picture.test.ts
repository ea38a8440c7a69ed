/** A run that is watched decodes its picture where it changed, and every step brings the picture that belongs to it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Raster } from '../../shared/jobs.ts'
import { frame, frameCodes } from '../../shared/trajectory-frame.ts'
import { openModelFolder } from '../model/folder.ts'
import { createEngine, prepareRun } from '../run.ts'
import { decodeRaster } from './decode.ts'
import { recordRun } from './record.ts'

test('steps that decide words alone bring the picture of the step before, which is not decoded again', async () => {
  const model = await openModelFolder(fileURLToPath(new URL('../../../resources/models/storybook', import.meta.url)))
  const { image } = model
  let decoded = 0
  const counting = {
    ...image,
    decode: (codes: Int32Array) => {
      decoded++
      return image.decode(codes)
    },
  }
  const engine = createEngine({ ...model, image: counting }, 'cpu', 1)
  const header = await prepareRun(engine, {
    instruction: 'draw the meadow with a cat at b2',
    input: null,
    mode: 'parallel',
    steps: 24,
    imageSteps: 4,
    seed: 1,
    guidance: { text: 0, image: 1 },
    temperatures: { text: 0, image: 0 },
  })
  const out = await mkdtemp(join(tmpdir(), 'tandem-live-'))
  const pictures: Raster[] = []
  const steps = []
  const { signal } = new AbortController()
  for await (const update of recordRun(engine, { header, steps: [], events: [] }, out, 0, signal, true)) {
    if (update.type !== 'step') continue
    pictures.push(update.picture!)
    steps.push(update.record)
  }
  expect(pictures).toHaveLength(24)
  // Four updates, the first step's drafts, and the picture of the result.
  expect(decoded).toBeLessThanOrEqual(6)
  for (const [i, picture] of pictures.entries()) {
    const codes = frameCodes(header, frame({ header, steps: steps.slice(0, i + 1), events: [] }, i + 1))
    expect(picture).toEqual(await decodeRaster(model, codes))
  }
  await engine.dispose()
  await rm(out, { recursive: true })
})
