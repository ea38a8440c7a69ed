/** Bad input ends in one line with cause and remedy, exit code 2, and nothing half-written. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import sharp from 'sharp'
import {
  floatTensor,
  openSafetensors,
  readTensor,
  writeSafetensors,
  type StoredTensor,
} from '../../engine/model/safetensors.ts'
import { readTrajectory, writeTrajectory } from '../../engine/trajectory/file.ts'
import { openWorkplace, tandem, writeTinyModel, type Workplace } from './testing.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
  const whole = await readFile(place.picture)
  await writeFile(place.path('truncated.png'), whole.subarray(0, whole.length / 2))
  await writeFile(place.path('empty.png'), '')
  await writeFile(place.path('text.png'), 'this is not a picture')
  const huge = sharp({
    create: { width: 30_000, height: 30_000, channels: 3, background: '#888' },
    limitInputPixels: false,
  })
  await huge.png({ compressionLevel: 1 }).toFile(place.path('huge.png'))
  await mkdir(place.path('folder'))
  await writeFile(place.path('file'), 'x')
}, 120_000)
afterAll(() => place.remove())

/** Runs and demands the one line; returns it. */
async function refused(...args: string[]): Promise<string> {
  const { code, err, out } = await tandem(...args)
  const lines = err.trim().split('\n')
  expect({ code, lines: lines.length, start: lines[0]?.slice(0, 8) }, err).toEqual({
    code: 2,
    lines: 1,
    start: 'tandem: ',
  })
  expect(out).toBe('')
  return lines[0]!
}

const editArgs = (
  over: Partial<Record<'image' | 'instruction' | 'steps' | 'model' | 'out', string>> = {},
): string[] => {
  const {
    image = place.picture,
    instruction = 'remove the dog',
    steps = '2',
    model = place.model,
    out = place.path('never'),
  } = over
  return ['edit', '--image', image, '--instruction', instruction, '--steps', steps, '--model', model, '--out', out]
}

describe('a bad picture', () => {
  it.each([
    ['missing.png', 'There is no picture'],
    ['truncated.png', 'damaged or cut short'],
    ['empty.png', 'is empty'],
    ['text.png', 'not a picture'],
    ['huge.png', '30000 x 30000'],
    ['folder', 'is a folder'],
  ])('%s is refused: %s', async (name, cause) => {
    expect(await refused(...editArgs({ image: place.path(name) }))).toContain(cause)
    expect(existsSync(place.path('never'))).toBe(false)
  })
})

describe('a bad instruction', () => {
  it.each([
    ['an empty one', '   ', 'is empty'],
    ['5,000 words', 'remove the dog '.repeat(1667), 'Shorten'],
    ['5,000 words of one letter', 'a '.repeat(5000), 'Shorten'],
    ['one without a word the model knows', 'zorp blik quux', 'no word this model was trained on'],
  ])('%s is refused', async (_name, instruction, cause) => {
    expect(await refused(...editArgs({ instruction }))).toContain(cause)
    expect(existsSync(place.path('never'))).toBe(false)
  })
})

describe('bad options', () => {
  it.each(['0', 'abc', '-3', '2.5', '99999999'])('steps %s are refused', async (steps) => {
    expect(await refused(...editArgs({ steps }))).toContain('whole number')
  })
  it('an unknown mode is refused with the modes there are', async () => {
    expect(await refused(...editArgs(), '--mode', 'magic')).toContain('semi-parallel')
  })
  it.each([
    [['edit'], "required option '--image"],
    [['edit', '--magic'], "required option '--image"],
    [['doctor', '--magic'], "unknown option '--magic'"],
    [['paint'], "unknown command 'paint'"],
    [['edit', '--image', '', '--instruction', 'remove the dog'], "option '--image <file>' is empty"],
    [['generate', '--prompt', 'draw a cat', '--out', ''], "option '--out <dir>' is empty"],
    [['eval', '--seed', '1', '--count', '1', '--model', ''], "option '--model <dir>' is empty"],
    [['trajectory', 'film', 'x.tdm', '--out', ''], "option '--out <file>' is empty"],
    [['train', 'sft', '--config', '', '--out', 'x'], "option '--config <file>' is empty"],
    [['eval', '--seed', '1', '--count', '1', '--split', 'exam'], 'train, val, test'],
    [['world', 'sample', '--seed', '1', '--count', '1', '--out', 'x', '--family', 'royal'], 'spatial'],
    [['resume', 'x.tdm', '--step', '1', '--replace', 'text:0'], 'PLACE=TOKEN'],
    [['resume', 'x.tdm', '--step', '1', '--remask', 'here'], 'not a place'],
    [['dataset', 'import', 'x.parquet', '--columns', 'picture=src', '--out', 'x'], 'no field "picture"'],
    [['generate', '--prompt', 'draw a cat', '--guidance-image', '1e9'], 'from -100 to 100'],
  ])('%j is refused in one line that names the help to read', async (args, cause) => {
    const line = await refused(...args)
    expect(line).toContain(cause)
    expect(line).toMatch(/See "tandem.* --help"\.$/)
  })
  it('with --json, a command line that is not understood is an object on stdout as well', async () => {
    const { code, out } = await tandem('edit', '--steps', 'abc', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toHaveProperty('error.remedy', 'See "tandem edit --help".')
  })
  it('places and tokens the model does not have are named', async () => {
    expect(await refused(...editArgs(), '--pin', 'text:99=the')).toContain('from 0 to 35')
    expect(await refused(...editArgs(), '--pin', 'cell:64=0')).toContain('from 0 to 63')
    expect(await refused(...editArgs(), '--pin', '3=the')).toContain('not part of the output')
    expect(await refused(...editArgs(), '--pin', 'text:0=zorp')).toContain('not one token')
    expect(await refused(...editArgs(), '--pin', 'cell:0=16')).toContain('from 0 to 15')
    expect(await refused(...editArgs(), '--pin', 'text:0=#0')).toContain('There is no text token')
    expect(existsSync(place.path('never'))).toBe(false)
  })
  it('a mask without white is refused', async () => {
    const black = { create: { width: 64, height: 64, channels: 3 as const, background: '#000' } }
    await sharp(black).png().toFile(place.path('black.png'))
    expect(await refused(...editArgs(), '--mask', place.path('black.png'))).toContain('nothing may change')
  })
  it('with --json, the error is also an object on stdout', async () => {
    const { code, out } = await tandem(...editArgs({ instruction: ' ' }), '--json')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ error: { message: 'The instruction is empty.' } })
  })
})

describe('a bad trajectory', () => {
  it('missing, foreign and truncated ones are refused', async () => {
    const { code } = await tandem(...editArgs({ out: place.path('run') }))
    expect(code).toBe(0)
    const whole = await readFile(place.path('run/trajectory.tdm'))
    await writeFile(place.path('cut.tdm'), whole.subarray(0, whole.length - 20))
    for (const name of ['none.tdm', 'cut.tdm', 'text.png', 'empty.png', 'folder']) {
      await refused('resume', place.path(name), '--step', '0', '--model', place.model, '--out', place.path('never'))
      await refused('trajectory', 'show', place.path(name), '--step', '0', '--model', place.model)
    }
    expect(
      await refused(
        'resume',
        place.path('run/trajectory.tdm'),
        '--step',
        '9',
        '--model',
        place.model,
        '--out',
        place.path('never'),
      ),
    ).toContain('Choose a step')
    expect(existsSync(place.path('never'))).toBe(false)
  })
})

describe('a trajectory of another model', () => {
  it('is refused, and so is one that only claims to be of this one', async () => {
    await tandem(...editArgs({ out: place.path('own') }))
    const own = place.path('own/trajectory.tdm')
    await writeTinyModel(place.path('other'), 2)
    const resume = (path: string, model: string): Promise<string> =>
      refused('resume', path, '--step', '0', '--model', model, '--out', place.path('never'))
    expect(await resume(own, place.path('other'))).toContain('another model')
    const { header, steps, events } = await readTrajectory(own)
    const forged = place.path('forged.tdm')
    await writeTrajectory(forged, { header: { ...header, tokens: header.tokens.with(3, 1_000_000) }, steps, events })
    expect(await resume(forged, place.model)).toContain('does not fit')
    await writeTrajectory(forged, { header: { ...header, fields: header.fields.slice(1) }, steps, events })
    expect(await refused('trajectory', 'show', forged, '--step', '1', '--model', place.model)).toContain('does not fit')
    expect(existsSync(place.path('never'))).toBe(false)
  })
})

describe('a bad model folder', () => {
  async function broken(name: string, change: (tensors: Map<string, StoredTensor>) => void): Promise<string> {
    const folder = place.path(name)
    await cp(place.model, folder, { recursive: true })
    const file = await openSafetensors(`${place.model}/model.safetensors`)
    const tensors = new Map<string, StoredTensor>()
    for (const tensor of file.tensors.keys()) tensors.set(tensor, await readTensor(file, tensor))
    change(tensors)
    await writeSafetensors(`${folder}/model.safetensors`, tensors)
    return folder
  }
  it('missing, extra and misshapen tensors are named', async () => {
    const head = 'model.transformer.ln_f.weight'
    const missing = await broken('missing', (tensors) => tensors.delete(head))
    expect(await refused(...editArgs({ model: missing }))).toContain(`lacks ${head}`)
    const extra = await broken('extra', (tensors) => tensors.set('stray', floatTensor(new Float32Array(2), [2])))
    expect(await refused(...editArgs({ model: extra }))).toContain('stray')
    const misshapen = await broken('misshapen', (tensors) => tensors.set(head, floatTensor(new Float32Array(7), [7])))
    expect(await refused(...editArgs({ model: misshapen }))).toContain('[7]')
    await truncate(`${misshapen}/model.safetensors`, 100)
    await refused(...editArgs({ model: misshapen }))
    await refused(...editArgs({ model: place.path('no-model') }))
  })
})

describe('a bad place to write', () => {
  it('a file where the folder should be is refused', async () => {
    expect(await refused(...editArgs({ out: place.path('file') }))).toContain('file')
    expect(await readFile(place.path('file'), 'utf8')).toBe('x')
  })
  it('the log of a run that was cut off is neither overwritten nor lost', async () => {
    await mkdir(place.path('cut-off'))
    await writeFile(place.path('cut-off/trajectory.tdl'), 'steps of an hour')
    expect(await refused(...editArgs({ out: place.path('cut-off') }))).toContain('cut off')
    expect(await readFile(place.path('cut-off/trajectory.tdl'), 'utf8')).toBe('steps of an hour')
    expect(await readdir(place.path('cut-off'))).toEqual(['trajectory.tdl'])
  })
  it('training that cannot start leaves no folder', async () => {
    const train = (...more: string[]): Promise<string> =>
      refused('train', 'sft', '--config', place.path('bad.json'), '--out', place.path('never'), ...more)
    expect(await train()).toContain('There is no readable bad.json')
    await writeFile(place.path('bad.json'), '{ "steps": 1 }')
    expect(await train()).toContain('bad.json')
    const loop = { steps: 1, optimiser: {}, schedule: { peak: 1, warmup: 0, decayFrom: 0, floor: 0 }, clip: 1, ema: 0 }
    const config = { ...loop, seed: 1, model: 'model', sft: { batch: 1 }, data: { kind: 'folder', path: 'nowhere' } }
    await writeFile(place.path('bad.json'), JSON.stringify(config))
    expect(await train()).toContain('There is no data set nowhere')
    expect(await train('--resume')).toContain('no run to go on with')
    expect(existsSync(place.path('never'))).toBe(false)
  })
  it('a path below a file is refused', async () => {
    await refused(...editArgs({ out: place.path('file/below') }))
  })
  it.runIf(process.platform === 'linux')('a place where no folder can be made is refused', async () => {
    await refused(...editArgs({ out: '/proc/tandem' }))
  })
  it('a full disk and a read-only folder are refused, and keep nothing', async (context) => {
    const disk = place.path('disk')
    await mkdir(disk)
    const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0
    // Only root may mount: elsewhere the words for these refusals are covered by the tests of files.ts.
    if (!mount('-t', 'tmpfs', '-o', 'size=16k', 'tandem-test', disk)) return context.skip()
    await tandem(...editArgs({ out: place.path('whole') }))
    const [run, model] = [place.path('whole/trajectory.tdm'), ['--model', place.model]]
    const writing: [what: string, args: string[]][] = [
      ['edit', editArgs({ out: `${disk}/out` })],
      ['generate', ['generate', '--prompt', 'draw a cat', '--steps', '2', ...model, '--out', `${disk}/out`]],
      ['resume', ['resume', run, '--step', '1', ...model, '--out', `${disk}/out`]],
      ['show', ['trajectory', 'show', run, '--step', '1', ...model, '--out', `${disk}/step.png`]],
      ['film', ['trajectory', 'film', run, ...model, '--out', `${disk}/film.png`]],
      ['world sample', ['world', 'sample', '--seed', '1', '--count', '3', '--out', `${disk}/out`]],
    ]
    try {
      // Room for a log, and not for what comes of it; then no room at all.
      expect(await refused(...editArgs({ out: `${disk}/out` }))).toContain('disk is full')
      expect(await readdir(disk)).toEqual([])
      await writeFile(`${disk}/other`, new Uint8Array(16 * 1024)).catch(() => undefined)
      for (const [what, args] of writing) {
        expect(await refused(...args), what).toMatch(/disk is full|does not fit on the disk/)
        expect(await readdir(disk), what).toEqual(['other'])
      }
      mount('-o', 'remount,ro', disk)
      for (const [what, args] of writing) expect(await refused(...args), what).toContain('read-only')
    } finally {
      spawnSync('umount', [disk])
    }
  })
})
