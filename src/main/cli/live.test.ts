/** What stands on a terminal while a command works, read from a terminal of paper and, for a whole edit, from a real one. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobUpdate, ShownWord } from '../../shared/jobs.ts'
import { bar, createLive, metricsLine, type Live } from './live.ts'
import { openWorkplace, type Workplace } from './testing.ts'

/** Lines of cells that obey what a Live writes: text, new lines, up, and clear to the end; styles are kept in the text. */
class Screen {
  readonly isTTY = true
  lines: string[] = ['']
  #at = 0
  /** The most lines it ever held. */
  tallest = 0

  readonly columns: number
  readonly rows: number

  constructor(columns = 60, rows = 12) {
    this.columns = columns
    this.rows = rows
  }

  write(text: string): boolean {
    // eslint-disable-next-line no-control-regex -- what a terminal is told begins with an escape
    for (const part of text.split(/(\u001b\[\d+[AJ]|\n)/)) {
      if (part === '\n') this.#at++
      else if (part.endsWith('A') && part.startsWith('\u001b')) this.#at -= parseInt(part.slice(2))
      else if (part.endsWith('J') && part.startsWith('\u001b')) this.lines.length = this.#at
      else this.lines[this.#at] = (this.lines[this.#at] ?? '') + part
      this.lines[this.#at] ??= ''
      this.tallest = Math.max(this.tallest, this.lines.length - 1)
    }
    return true
  }

  get text(): string {
    return this.lines.join('\n').trimEnd()
  }
}

const on = (screen: Screen): Live => createLive(screen as unknown as NodeJS.WriteStream)
const word = (text: string, state: ShownWord['state'], confidence = 0.9): ShownWord => ({ text, state, confidence })
const stepOf = (step: number, masked: number, words: readonly ShownWord[]): JobUpdate => {
  const none = { positions: [], tokens: [], confidence: [] }
  const record = { step, forwards: 1, commits: none, candidates: none, remasked: [] }
  return { type: 'step', step, total: 4, masked, words: [...words], record }
}

describe('on a terminal', () => {
  it('an edit shows how far it is and its reasoning as it unmasks, each step in the place of the last', () => {
    const screen = new Screen()
    const live = on(screen)
    live.show({ type: 'loading', what: 'Reading the model', part: 1, parts: 2 })
    expect(screen.text).toContain('Reading the model')
    live.show(stepOf(1, 60, [word('the', 'committed'), word('dog', 'candidate'), word('', 'mask')]))
    expect(screen.text).toContain('step 1 of 4, 60 masked')
    expect(screen.text).not.toContain('Reading')
    // Bright, dim, and a block.
    expect(screen.text).toContain('\u001b[1mthe\u001b[0m \u001b[2mdog\u001b[0m \u001b[2m▒▒\u001b[0m')
    live.show(stepOf(4, 0, [word('the', 'committed'), word('cat', 'committed'), word('.', 'committed')]))
    expect(screen.text).toContain('step 4 of 4, 0 masked')
    expect(screen.text).toContain('\u001b[1mcat\u001b[0m')
    expect(screen.text).not.toMatch(/step 1|dog|▒/)
    live.clear()
    expect(screen.text).toBe('')
  })

  it('a training shows losses of both modalities, samples a second and the time that is left', () => {
    const screen = new Screen(120)
    const metrics = { loss: 1.5, text_ce: 0.25, image_ce: 2, samples_per_second: 31.14, eta_seconds: 600 }
    on(screen).show({ type: 'progress', done: 25, total: 100, metrics })
    expect(screen.text).toBe(
      `${bar(25, 100)}  25 of 100  loss 1.5000  text_ce 0.2500  image_ce 2.0000  31.1 samples/s  ETA 10 min`,
    )
  })

  it('never writes more than can be taken away again', () => {
    const screen = new Screen(20, 6)
    const live = on(screen)
    const long = Array.from({ length: 60 }, (_, i) => word(`word${i}`, 'committed'))
    for (const step of [1, 2, 3]) live.show(stepOf(step, 9, long))
    expect(screen.tallest).toBeLessThan(6)
    live.clear()
    expect(screen.text).toBe('')
  })

  it('the bar is as full as the work is done', () => {
    const full = (done: number): number => bar(done, 4).split('█').length - 1
    expect([full(0), full(2), full(4)]).toEqual([0, bar(0, 4).length / 2, bar(0, 4).length])
    expect(metricsLine({ eta_seconds: 12, learning_rate: 0.0003 })).toBe('ETA 12 s  learning_rate 3.0e-4')
  })
})

it('where there is no terminal, nothing is written', () => {
  const written: string[] = []
  const live = createLive({ write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream)
  live.show(stepOf(1, 60, []))
  live.clear()
  expect(written).toEqual([])
})

describe.skipIf(process.platform !== 'linux')('a whole edit on a real terminal', () => {
  let place: Workplace
  beforeAll(async () => {
    place = await openWorkplace()
  })
  afterAll(() => place.remove())

  it('shows every step, and at the end the reasoning alone', () => {
    const cli = fileURLToPath(new URL('../cli.ts', import.meta.url))
    const words = [
      '--image',
      place.picture,
      '--instruction',
      "'remove the dog'",
      '--steps',
      '3',
      '--model',
      place.model,
    ]
    const command = [process.execPath, cli, 'edit', ...words, '--out', place.path('edited')].join(' ')
    const { status, stdout } = spawnSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      encoding: 'utf8',
    })
    expect(status, stdout).toBe(0)
    for (const step of [1, 2, 3]) expect(stdout).toContain(`${bar(step, 3)}  step ${step} of 3`)
    // Drafts are dim until they are decided.
    const [dim, bright] = ['\u001b[2m', '\u001b[1m']
    const first = stdout.slice(stdout.indexOf('step 1 of 3'), stdout.indexOf('step 2 of 3'))
    expect([first.includes(dim), first.includes(bright)]).toEqual([true, true])
    const last = stdout.slice(stdout.lastIndexOf('step 3 of 3'))
    expect([last.includes(dim), last.includes(bright)]).toEqual([false, true])
    expect(last).toContain('\u001b[0J')
    expect(last).toContain(`${place.path('edited')}/image.png`)
  })
})
