/** Shared by the benchmarks: interleaved timing, medians, and one JSON file per result under bench/results. */
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { basename, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { modelConfigSchema, type ModelConfig } from '../src/shared/model-config.ts'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The value below which `percent` of the values lie (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!
}

/** Runs every contender once a round, in turn, so that a noisy minute hits all of them. Milliseconds, warm-up left out. */
export async function interleave(
  contenders: Readonly<Record<string, () => Promise<number | void>>>,
  rounds: number,
  warmup = 2,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = -warmup; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      const began = performance.now()
      // A contender in another process reports its own time.
      const own = await run()
      if (round >= 0) times[name]!.push(typeof own === 'number' ? own : performance.now() - began)
    }
  }
  return times
}

export function machine(): Record<string, unknown> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    node: process.version,
    platform: process.platform,
  }
}

/** How this process was started, as one would write it in the project's folder. */
function command(): string {
  const [, script = '', ...options] = process.argv
  const path = relative(fileURLToPath(new URL('..', import.meta.url)), script).replaceAll('\\', '/')
  // Folders of one machine say nothing on another.
  return ['node', path, ...options.map((each) => (isAbsolute(each) ? basename(each) : each))].join(' ')
}

export async function saveResult(name: string, result: object): Promise<void> {
  const folder = fileURLToPath(new URL('results/', import.meta.url))
  await mkdir(folder, { recursive: true })
  const whole = { command: command(), ...machine(), ...result }
  await writeFile(join(folder, `${name}.json`), JSON.stringify(whole, null, 2) + '\n')
}

/** The model of the speed figures: 5.6 M parameters, untied head, one sequence of 256 (64 + 64 codes, text around). */
export function benchConfig(options: Partial<{ dModel: number; layers: number }> = {}): ModelConfig {
  const dModel = options.dModel ?? 256
  const codes = 64
  const text = 476
  const control = (...tokens: number[]): { kind: 'control'; tokens: number[] } => ({ kind: 'control', tokens })
  const field = <N extends string>(name: N, length: number): { kind: 'field'; name: N; length: number } => ({
    kind: 'field',
    name,
    length,
  })
  const input = [control(6, 4), field('inputImage', codes), control(5)]
  const instruction = [control(2), field('instruction', 59)]
  const output = [control(4), field('outputImage', codes), control(5, 2)]
  const thinking = [field('outputText', 62)]
  return modelConfigSchema.parse({
    format: 'tandem-model',
    version: 1,
    name: 'bench',
    dModel,
    layers: options.layers ?? 6,
    heads: dModel / 32,
    mlpHidden: Math.round((dModel * 8) / 3 / 32) * 32,
    normEps: 1e-5,
    ropeTheta: 10_000,
    options: {},
    vocabSize: text + 1024,
    textVocabSize: text,
    image: { size: 128, grid: 8, factor: 16, offset: text, codebookSize: 1024 },
    special: { mask: 0, pad: 1, bos: 2, eos: 3, soi: 4, eoi: 5 },
    layouts: {
      edit: [...input, ...instruction, ...output, ...thinking],
      generate: [...instruction, ...output, ...thinking],
      editImageOnly: [...input, ...instruction, ...output],
      generateImageOnly: [...instruction, ...output],
    },
  })
}
