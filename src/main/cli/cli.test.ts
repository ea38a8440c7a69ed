/** The commands as a user meets them: real processes, real files, a small real model. */
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frame } from '../../shared/trajectory-frame.ts'
import { runResultSchema, type RunResult } from '../../shared/jobs.ts'
import { readTrajectory } from '../../engine/trajectory/file.ts'
import { readQuadruplets } from '../../engine/data/quadruplets.ts'
import { loadTextTokenizer } from '../../engine/model/text-tokenizer.ts'
import { startEngineProcess } from '../jobs/engine-process.ts'
import { openWorkplace, tandem, type Workplace } from './testing.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.remove())

async function edit(out: string, ...more: string[]): Promise<RunResult> {
  const args = [
    'edit',
    '--image',
    place.picture,
    '--instruction',
    'swap the dog and the cow',
    '--steps',
    '6',
    '--seed',
    '11',
    '--model',
    place.model,
  ]
  const { code, out: stdout, err } = await tandem(...args, '--out', place.path(out), '--json', ...more)
  expect(err).toBe('')
  expect(code).toBe(0)
  return runResultSchema.parse(JSON.parse(stdout))
}

/** The text of a PNG's iTXt chunk. */
function textChunk(png: Buffer, keyword: string): string {
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const body = png.subarray(at + 8, at + 8 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) !== 'iTXt' || !body.toString('latin1').startsWith(`${keyword}\0`))
      continue
    return body.toString('utf8', keyword.length + 5)
  }
  throw new Error(`no ${keyword}`)
}

describe('tandem edit', () => {
  it('writes picture, reasoning and trajectory, and prints one JSON object', async () => {
    const result = await edit('first')
    expect(result).toMatchObject({ seed: 11, mode: 'parallel', steps: 6, forwards: 6, provider: 'cpu' })
    expect((await readdir(place.path('first'))).sort()).toEqual(['image.png', 'reasoning.txt', 'trajectory.tdm'])
    expect((await readFile(place.path('first/reasoning.txt'), 'utf8')).trim()).toBe(result.reasoning)
    const { header, steps } = await readTrajectory(result.trajectory)
    expect(steps).toHaveLength(6)
    const last = frame({ header, steps, events: [] }, 6).tokens
    expect([...last].filter((token) => token === header.maskId)).toEqual([])
    // The picture carries what is needed to make it again.
    const { model, guidance, temperatures, schedule, task } = header
    const recipe = { seed: 11, mode: 'parallel', steps: 6, instruction: header.instruction }
    const carried = textChunk(await readFile(result.image), 'tandem')
    expect(JSON.parse(carried)).toMatchObject({ ...recipe, model, guidance, temperatures, schedule, task })
  })

  it('gives the same file for the same seed, and another for another', async () => {
    await edit('again')
    await edit('other', '--seed', '12', '--temperature-image', '1')
    const bytes = (name: string): Promise<Buffer> => readFile(place.path(`${name}/trajectory.tdm`))
    expect((await bytes('again')).equals(await bytes('first'))).toBe(true)
    expect((await bytes('other')).equals(await bytes('first'))).toBe(false)
  })

  it('resumes an untouched run from every step to the same file', async () => {
    const whole = await readFile(place.path('first/trajectory.tdm'))
    // One by the command line, all the others in one engine.
    const engine = startEngineProcess()
    for (const step of [1, 2, 3, 4, 5]) {
      const known = { model: place.model, trajectory: place.path('first/trajectory.tdm'), replace: [], remask: [] }
      const out = place.path(`engine-${step}`)
      await Array.fromAsync(engine.run({ kind: 'resume', ...known, step, out }))
      expect((await readFile(`${out}/trajectory.tdm`)).equals(whole)).toBe(true)
    }
    engine.dispose()
    for (const step of [0]) {
      const out = place.path(`resumed-${step}`)
      const { code } = await tandem(
        'resume',
        place.path('first/trajectory.tdm'),
        '--step',
        String(step),
        '--model',
        place.model,
        '--out',
        out,
      )
      expect(code).toBe(0)
      expect((await readFile(`${out}/trajectory.tdm`)).equals(whole)).toBe(true)
    }
  })

  it('honours replaced and re-masked tokens on resume, and says where the branch came from', async () => {
    const out = place.path('branch')
    const { code, err } = await tandem(
      'resume',
      place.path('first/trajectory.tdm'),
      '--step',
      '4',
      '--replace',
      'text:0=cow',
      '--remask',
      'text:1,cell:0',
      '--model',
      place.model,
      '--out',
      out,
    )
    expect({ code, err: err.includes('tandem:') }).toEqual({ code: 0, err: false })
    const branch = await readTrajectory(`${out}/trajectory.tdm`)
    expect(branch.header.parent?.step).toBe(4)
    expect(branch.events.map((event) => event.kind)).toEqual(['replace', 'remask', 'remask'])
    expect(await readFile(`${out}/reasoning.txt`, 'utf8')).toMatch(/^cow/)
  })

  it('changes nothing outside the mask', async () => {
    const { default: sharp } = await import('sharp')
    const mask = Buffer.alloc(128 * 128)
    for (let y = 0; y < 32; y++) mask.fill(255, y * 128, y * 128 + 32)
    await sharp(mask, { raw: { width: 128, height: 128, channels: 1 } })
      .png()
      .toFile(place.path('mask.png'))
    const { trajectory } = await edit('masked', '--mask', place.path('mask.png'))
    const { header, steps } = await readTrajectory(trajectory)
    const field = (name: string): { start: number; length: number } => header.fields.find((f) => f.name === name)!
    const tokens = frame({ header, steps, events: [] }, steps.length).tokens
    const codes = (name: string): Int32Array => tokens.slice(field(name).start, field(name).start + 64)
    expect(header.region).toEqual([0, 1, 8, 9])
    codes('outputImage').forEach((code, cell) => {
      if (!header.region!.includes(cell)) expect(code).toBe(codes('inputImage')[cell])
    })
  })

  it('takes every mode, and runs a second sequence only where guidance asks for it', async () => {
    expect((await edit('sequential', '--mode', 'sequential')).forwards).toBe(6)
    expect((await edit('semi', '--mode', 'semi-parallel')).forwards).toBe(6)
    expect((await edit('only', '--mode', 'image-only')).reasoning).toBe('')
    expect((await edit('guided', '--guidance-image', '2')).forwards).toBe(12)
  })

  it('holds pinned tokens, by word, by code and by id', async () => {
    const { reasoning, trajectory } = await edit('pinned', '--pin', 'text:0=cow', 'cell:3=7', '--pin', 'text:1=#300')
    const { header, steps } = await readTrajectory(trajectory)
    const start = (name: string): number => header.fields.find((f) => f.name === name)!.start
    const tokens = frame({ header, steps, events: [] }, steps.length).tokens
    expect(reasoning).toMatch(/^cow /)
    expect(tokens[start('outputText') + 1]).toBe(300)
    expect(tokens[start('outputImage') + 3]).toBe(header.image.offset + 7)
    expect(header.pinned).toHaveLength(3)
  })

  it('normalises an instruction as training saw it', async () => {
    const { trajectory } = await edit('polite', '--instruction', '  Swap the DOG and the cow! ')
    expect((await readFile(trajectory)).equals(await readFile(place.path('first/trajectory.tdm')))).toBe(true)
  })

  it('names words the model was not trained on, and goes on', async () => {
    const args = [
      '--image',
      place.picture,
      '--steps',
      '1',
      '--model',
      place.model,
      '--out',
      place.path('unknown'),
      '--json',
    ]
    const { code, out, err } = await tandem('edit', '--instruction', 'remove the zeppelin', ...args)
    expect(code).toBe(0)
    expect(err).toContain('"zeppelin"')
    // Spelled in bytes, it is part of what the model sees.
    const { header } = await readTrajectory(runResultSchema.parse(JSON.parse(out)).trajectory)
    const { start, length } = header.fields.find((field) => field.name === 'instruction')!
    const seen = header.tokens.slice(start, start + length)
    const tokenizer = await loadTextTokenizer(place.path('model/tokenizer.json'))
    expect(tokenizer.decode(seen)).toBe('remove the zeppelin')
    const spelled = [...tokenizer.encode('remove the zeppelin')]
    expect(seen.slice(0, spelled.length)).toEqual(spelled)
  })
})

describe('the other commands', () => {
  it('generate draws from a prompt', async () => {
    const { code, out } = await tandem(
      'generate',
      '--prompt',
      'draw the meadow with a cat at b2',
      '--steps',
      '2',
      '--model',
      place.model,
      '--out',
      place.path('drawn'),
      '--json',
    )
    expect(code).toBe(0)
    expect(existsSync(runResultSchema.parse(JSON.parse(out)).image)).toBe(true)
  })

  it('trajectory show and film read a record without running the model', async () => {
    const shown = await tandem(
      'trajectory',
      'show',
      place.path('first/trajectory.tdm'),
      '--step',
      '2',
      '--out',
      place.path('two.png'),
      '--model',
      place.model,
      '--json',
    )
    expect(JSON.parse(shown.out)).toMatchObject({ step: 2, steps: 6, image: place.path('two.png') })
    const film = await tandem(
      'trajectory',
      'film',
      place.path('first/trajectory.tdm'),
      '--out',
      place.path('film.png'),
      '--cards',
      '3',
      '--model',
      place.model,
    )
    expect(film.code).toBe(0)
    expect((await readFile(place.path('film.png'))).subarray(1, 4).toString()).toBe('PNG')
  })

  it('world sample writes a folder that reads back', async () => {
    const folder = place.path('quadruplets')
    const { code, out } = await tandem('world', 'sample', '--seed', '3', '--count', '5', '--out', folder, '--json')
    expect({ code, rows: (JSON.parse(out) as { rows: number }).rows }).toEqual({ code: 0, rows: 5 })
    const rows = await Array.fromAsync(readQuadruplets(folder))
    expect(rows).toHaveLength(5)
    expect(rows.every((row) => existsSync(row.outputImage))).toBe(true)
    const refused = await tandem('world', 'sample', '--seed', '3', '--count', '5', '--out', folder)
    expect(refused.code).toBe(2)
  })

  it('doctor says which providers work and why the others do not', async () => {
    const { out } = await tandem('doctor', '--json')
    const report = JSON.parse(out) as {
      provider: string
      providers: { name: string; available: boolean; reason?: string }[]
    }
    expect(report.providers.find((p) => p.name === 'cpu')?.available).toBe(true)
    for (const provider of report.providers) if (!provider.available) expect(provider.reason).toBeTruthy()
  })
})
