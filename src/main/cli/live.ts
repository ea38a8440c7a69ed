/** What a terminal shows while a job runs: a bar, and the reasoning unmasking in place. Nothing where stderr is no terminal. */
import { bytesInWords } from '../../shared/bytes.ts'
import type { JobUpdate, ShownWord } from '../../shared/jobs.ts'

const BAR = 28
const escape = '\u001b['
const style = (code: string, text: string): string => `${escape}${code}m${text}${escape}0m`

export function bar(done: number, total: number): string {
  const full = Math.round((BAR * done) / Math.max(1, total))
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

/** Decided words bright, drafts dim, masks as blocks. */
export function styledWords(words: readonly ShownWord[]): string {
  return words
    .map(({ text, state }) =>
      state === 'mask' ? style('2', '▒▒') : state === 'candidate' ? style('2', text) : style('1', text),
    )
    .join(' ')
}

export interface Live {
  show(update: JobUpdate): void
  /** Takes what is shown away, before a line is printed and at the end. */
  clear(): void
}

/** Redraws a few lines on a terminal. */
export function createLive(stream: NodeJS.WriteStream = process.stderr): Live {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined }
  let lines = 0
  const clear = (): void => {
    if (lines > 0) stream.write(`${escape}${lines}A${escape}0J`)
    lines = 0
  }
  const draw = (text: string): void => {
    // What is taller than the terminal could not be taken away again.
    const wrapped = wrap(text, Math.max(20, (stream.columns || 80) - 1)).slice(0, Math.max(1, (stream.rows || 24) - 1))
    clear()
    stream.write(wrapped.join('\n') + '\n')
    lines = wrapped.length
  }
  return {
    clear,
    show(update) {
      if (update.type === 'loading') draw(`${bar(update.part - 1, update.parts)}  ${update.what}`)
      if (update.type === 'started') draw(`${bar(0, update.total)}  ${update.detail}`)
      if (update.type === 'step')
        draw(
          `${bar(update.step, update.total)}  step ${update.step} of ${update.total}, ${update.masked} masked\n${styledWords(update.words)}`,
        )
      if (update.type === 'progress') draw(`${bar(update.done, update.total)}  ${countsLine(update)}`)
    },
  }
}

/** Bytes in words where it counts bytes. */
function countsLine({ done, total, metrics }: Extract<JobUpdate, { type: 'progress' }>): string {
  if ('bytes' in metrics) return `${bytesInWords(done)} of ${bytesInWords(total)}`
  return `${done} of ${total}  ${metricsLine(metrics)}`
}

/** `loss 0.1234  eta 3 min` in a steady order. */
export function metricsLine(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => {
      if (name === 'eta_seconds')
        return `ETA ${value > 90 ? `${Math.round(value / 60)} min` : `${Math.round(value)} s`}`
      if (name === 'samples_per_second') return `${value.toFixed(1)} samples/s`
      return `${name} ${Math.abs(value) < 0.01 && value !== 0 ? value.toExponential(1) : value.toFixed(4)}`
    })
    .join('  ')
}

/** Wraps by visible width: escape sequences take none. */
function wrap(text: string, width: number): string[] {
  const out: string[] = []
  for (const line of text.split('\n')) {
    let current = ''
    let used = 0
    for (const word of line.split(' ')) {
      // eslint-disable-next-line no-control-regex -- the escape character is what is stripped
      const visible = word.replace(/\u001b\[[0-9;]*m/g, '').length
      if (used > 0 && used + 1 + visible > width) {
        out.push(current)
        current = word
        used = visible
      } else {
        current = used > 0 ? `${current} ${word}` : word
        used += visible + (used > 0 ? 1 : 0)
      }
    }
    out.push(current)
  }
  return out
}
