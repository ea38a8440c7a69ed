/** `tandem world sample`: a quadruplet folder drawn from the storybook world, with its ground truth. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { createLive } from './live.ts'
import { integer } from './options.ts'
import { printJson } from './report.ts'

const splits = ['train', 'val', 'test'] as const
type SplitName = (typeof splits)[number]

function split(text: string): SplitName {
  const found = splits.find((name) => name === text)
  if (!found) throw new InvalidArgumentError(`"${text}" is not a split. Choose one of ${splits.join(', ')}.`)
  return found
}

interface SampleOptions {
  seed: number
  count: number
  split: SplitName
  family?: string
  out: string
  json?: boolean
}

export function addWorldCommand(program: Command): void {
  program
    .command('world')
    .description('The storybook world the shipped model knows.')
    .command('sample')
    .description('Write a quadruplet folder with pictures, data.jsonl, scenes.jsonl and world.json.')
    .requiredOption('--seed <n>', 'seed of the samples', integer(0, 0xffffffff))
    .requiredOption('--count <n>', 'how many', integer(1, 1_000_000))
    .option('--split <name>', 'train, val or test', split, 'train')
    .option('--family <name>', 'only this family: spatial, temporal, causal, world, general or generate')
    .requiredOption('--out <dir>', 'a new or empty folder')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tandem world sample --seed 1 --count 20 --out quadruplets')
    .action(async (options: SampleOptions) => {
      const [{ loadWorld }, { writeWorldFolder }, { familyNames }] = await Promise.all([
        import('../../engine/data/world/world.ts'),
        import('../../engine/data/quadruplets.ts'),
        import('../../engine/data/world/types.ts'),
      ])
      const { TandemError } = await import('../../shared/errors.ts')
      const { asWrite } = await import('../../engine/files.ts')
      const family = familyNames.find((name) => name === options.family)
      if (options.family !== undefined && !family) {
        throw new TandemError(`There is no family "${options.family}".`, `Choose one of ${familyNames.join(', ')}.`)
      }
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort())
      const live = createLive()
      const { rows } = await asWrite('The folder', async () =>
        writeWorldFolder(
          await loadWorld(),
          {
            seed: options.seed,
            counts: { [options.split]: options.count },
            ...(family ? { families: [family] } : {}),
            signal: stop.signal,
            onProgress: (done, total) => live.show({ type: 'progress', done, total, metrics: {} }),
          },
          options.out,
        ),
      ).catch((error: unknown) => {
        throw stop.signal.aborted ? new TandemError('Stopped.', '', 'cancelled') : error
      })
      const result = { folder: resolve(options.out), rows, split: options.split, seed: options.seed }
      if (options.json) printJson(result)
      else process.stdout.write(`${result.folder}\n`)
    })
}
