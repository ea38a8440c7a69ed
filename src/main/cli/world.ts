/** `tandem world sample`: a quadruplet folder drawn from the storybook world, with its ground truth. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { TandemError } from '../../shared/errors.ts'
import { onInterrupt } from './interrupt.ts'
import { createLive } from './live.ts'
import { family, integer, names, seed, split } from './options.ts'
import { printJson } from './report.ts'

/** All of them are drawn before the first is written. */
const MAX_SAMPLES = 100_000

interface SampleOptions {
  seed: number
  count: number
  split: ReturnType<typeof split>
  family?: ReturnType<typeof family>
  operation?: string[]
  world?: string
  out: string
  json?: boolean
}

export function addWorldCommand(program: Command): void {
  program
    .command('world')
    .description('The storybook world the shipped model knows.')
    .command('sample')
    .description('Write a quadruplet folder with pictures, data.jsonl, scenes.jsonl and world.json.')
    .requiredOption('--seed <n>', 'seed of the samples', seed)
    .requiredOption('--count <n>', 'how many', integer(1, MAX_SAMPLES))
    .option('--split <name>', 'train, val or test', split, 'train')
    .option('--family <name>', 'only this family: spatial, temporal, causal, world, general or generate', family)
    .option('--operation <list>', 'only these operations; extra ones too (docs/world.md)', names)
    .option('--world <dir>', 'folder of another world; the one that ships')
    .requiredOption('--out <dir>', 'a new or empty folder')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem world sample --seed 1 --count 20 --out quadruplets\n  tandem world sample --seed 1 --count 200 --split test --family causal --out causal\n  tandem world sample --seed 1 --count 200 --operation mirror --out mirror',
    )
    .action(async (options: SampleOptions) => {
      const [{ loadWorld }, { writeWorldFolder }, { asWrite }] = await Promise.all([
        import('../../engine/data/world/world.ts'),
        import('../../engine/data/quadruplets.ts'),
        import('../../engine/files.ts'),
      ])
      const stop = new AbortController()
      const release = onInterrupt(() => stop.abort())
      const live = createLive()
      const work = {
        seed: options.seed,
        counts: { [options.split]: options.count },
        ...(options.family ? { families: [options.family] } : {}),
        ...(options.operation ? { operations: options.operation } : {}),
        signal: stop.signal,
        onProgress: (done: number, total: number) => live.show({ type: 'progress', done, total, metrics: {} }),
      }
      const { rows } = await asWrite('The folder', async () =>
        writeWorldFolder(await loadWorld(options.world), work, options.out),
      )
        .catch((error: unknown) => {
          throw stop.signal.aborted ? new TandemError('Stopped.', '', 'cancelled') : error
        })
        .finally(() => {
          live.clear()
          release()
        })
      const result = { folder: resolve(options.out), rows, split: options.split, seed: options.seed }
      if (options.json) printJson(result)
      else process.stdout.write(`${result.folder}\n`)
    })
}
