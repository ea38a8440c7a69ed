/** `tandem eval`: the exact judge over samples nobody trained on. */
import type { Command } from 'commander'
import type { AdapterStack } from '../../shared/jobs.ts'
import type { DecodingMode } from '../../shared/trajectory.ts'
import { driveJob } from './drive.ts'
import { createLive } from './live.ts'
import { shippedModel } from './installation.ts'
import { guidance, integer, mode, names, seed, split, stackedAdapter, stepCount, temperature } from './options.ts'
import { printJson } from './report.ts'

interface EvalOptions {
  seed: number
  count: number
  mode: DecodingMode
  steps: number
  split: 'test' | 'val' | 'train'
  heldOut?: boolean
  operation?: string[]
  world?: string
  guidanceText: number
  guidanceImage: number
  temperatureText: number
  temperatureImage: number
  model: string
  adapter: AdapterStack
  json?: boolean
}

export function addEvalCommand(program: Command): void {
  program
    .command('eval')
    .description('Judge the model exactly: right picture, right reasoning, and the six dimensions.')
    .requiredOption('--seed <n>', 'seed of the samples', seed)
    .requiredOption('--count <n>', 'how many', integer(1, 1_000_000))
    .option('--mode <mode>', 'decoding mode', mode, 'parallel')
    .option('--steps <n>', 'denoising steps', stepCount, 16)
    .option('--split <name>', 'test, val or train', split, 'test')
    .option('--held-out', 'only combinations that are in no training sample')
    .option('--operation <list>', 'only these operations; extra ones too (docs/world.md)', names)
    .option('--world <dir>', 'folder of another world; the one that ships')
    .option('--guidance-text <x>', 'guidance of the reasoning', guidance, 0)
    .option('--guidance-image <x>', 'guidance of the image', guidance, 0)
    .option('--temperature-text <x>', 'temperature of the reasoning', temperature, 0)
    .option('--temperature-image <x>', 'temperature of the image', temperature, 0)
    .option('--model <dir>', 'model folder', shippedModel)
    .option('--adapter <dir[:weight]>', 'an adapter on the model, with how much of it; repeatable', stackedAdapter, [])
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem eval --seed 1 --count 300\n  tandem eval --seed 1 --count 300 --held-out --mode sequential --json\n  tandem eval --seed 1 --count 300 --operation mirror --model runs/mirror/adapter',
    )
    .action(async (options: EvalOptions) => {
      const result = await driveJob(
        {
          kind: 'eval',
          model: options.model,
          ...(options.adapter.length > 0 ? { adapters: options.adapter } : {}),
          seed: options.seed,
          count: options.count,
          mode: options.mode,
          steps: options.steps,
          split: options.split,
          heldOutOnly: options.heldOut === true,
          ...(options.operation && { operations: options.operation }),
          ...(options.world !== undefined && { world: options.world }),
          guidance: { text: options.guidanceText, image: options.guidanceImage },
          temperatures: { text: options.temperatureText, image: options.temperatureImage },
        },
        createLive(),
      )
      if (options.json) printJson(result)
      else process.stdout.write(table(result as EvalReport))
    })
}

type Cell = number | { value: number; low: number; high: number } | null
interface EvalReport {
  overall: Record<string, Cell>
  families: Record<string, Record<string, Cell>>
  held_out: Record<string, Cell> | null
}

const columns = [
  'count',
  'right_image',
  'right_reasoning',
  'text_quality',
  'text_alignment',
  'image_consistency',
  'image_alignment',
  'image_quality',
  'output_alignment',
  'ms',
]

/** One line a family, value and interval. */
function table({ overall, families, held_out }: EvalReport): string {
  const rows = [['', ...columns.map((c) => c.replace('_', ' '))]]
  const groups = { ...families, ...(held_out ? { 'held out': held_out } : {}), overall }
  for (const [name, cells] of Object.entries(groups))
    rows.push([name, ...columns.map((column) => format(cells[column] ?? null, column))])
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return (
    rows
      .map((row) =>
        row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd(),
      )
      .join('\n') + '\n'
  )
}

function format(cell: Cell, column: string): string {
  if (cell === null) return '-'
  if (typeof cell === 'number') return String(cell)
  const [factor, digits] = column.startsWith('right') ? [100, 1] : [1, column === 'ms' ? 0 : 1]
  const f = (x: number): string => (x * factor).toFixed(digits)
  return `${f(cell.value)} (${f(cell.low)}-${f(cell.high)})`
}
