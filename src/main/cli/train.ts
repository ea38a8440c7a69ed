/** `tandem train sft`: supervised fine-tuning with a bar, losses per modality, speed and time left; Ctrl-C keeps a checkpoint. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { TandemError } from '../../shared/errors.ts'
import { driveJob } from './drive.ts'
import { shippedModel } from './installation.ts'
import { createLive, metricsLine, type Live } from './live.ts'
import { integer, names, real, seed } from './options.ts'
import { note, printJson } from './report.ts'

/** Seconds between lines where stderr is a file. */
const QUIET_LINE_EVERY = 15

interface TrainOptions {
  config?: string
  out: string
  resume?: boolean
  json?: boolean
  jsonLines?: boolean
  model?: string
  data?: string
  mix?: string
  mixShare?: number
  steps?: number
  batch?: number
  rate?: number
  seed?: number
  ema?: number
  name?: string
  changedWeight?: number
  loraRank?: number
  loraAlpha?: number
  loraTargets?: string[]
  loraDropout?: number
  trainWords?: string[]
}

export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description('Train a model.')
    .command('sft')
    .description('Supervised fine-tuning of a model or of an adapter, on a data set or on the storybook world.')
    .option('--config <file>', 'training config (JSON) instead of the options below; see docs/cli.md')
    .requiredOption('--out <dir>', 'folder of the run: checkpoint, and the model or adapter at the end')
    .option('--resume', 'go on with the run in that folder')
    .option('--model <dir>', 'model folder to start from; the model that ships')
    .option('--data <dir>', 'data set in any format that can be read')
    .option('--mix <dir>', 'a second data set, trained on beside it so that what it teaches is not forgotten')
    .option('--mix-share <x>', 'share of the samples that come from it, 0.5', real(0.01, 0.99))
    .option('--steps <n>', 'training steps', integer(1, 100_000_000))
    .option('--batch <n>', 'samples a step, 16', integer(1, 1024))
    .option('--rate <x>', 'peak learning rate; 0.0003, with an adapter 0.002', real(0, 1))
    .option('--ema <x>', 'decay of the averaged weights that are exported, 0.99', real(0, 1))
    .option('--changed-weight <x>', 'weight of cells that change against those that stay, 3', real(1, 1000))
    .option('--seed <n>', 'seed of the run, 0', seed)
    .option('--name <name>', 'name of what is exported')
    .option('--lora-rank <n>', 'train a low-rank adapter of this rank; the model stays as it is', integer(1, 1024))
    .option('--lora-alpha <x>', 'scale of the adapter times its rank; twice the rank', real(0, 100_000))
    .option(
      '--lora-targets <list>',
      'matrices it stands on: q_proj,k_proj,v_proj,attn_out,ff_proj,up_proj,ff_out,fuse',
      names,
    )
    .option('--lora-dropout <x>', 'share of its inputs dropped in a step, 0', real(0, 0.9))
    .option('--train-words <list>', 'words whose embedding rows train along with an adapter', names)
    .option('--json', 'print one JSON object')
    .option('--json-lines', 'print every event as a line of JSON, the result last')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem train sft --data quadruplets --steps 500 --out runs/mine\n  tandem train sft --data quadruplets --lora-rank 8 --steps 500 --out runs/mine --json-lines\n  tandem train sft --out runs/mine --resume\n  tandem train sft --config sft.json --out runs/mine',
    )
    .action(async (options: TrainOptions) => {
      const live = options.jsonLines ? jsonLines() : process.stderr.isTTY ? createLive() : lines()
      const spec = {
        kind: 'sft',
        config: configOf(options),
        out: options.out,
        resume: options.resume === true,
      } as const
      const result = await driveJob(spec, live)
      if (options.jsonLines) printJson({ type: 'result', result })
      else if (options.json) printJson(result)
      else process.stdout.write(`${(result as { model: string }).model}\n`)
    })
}

/** A config file, or the options as one. A run that goes on is told by its folder. */
function configOf(options: TrainOptions): string | Record<string, unknown> {
  const { config, out, resume, json: _json, jsonLines: _lines, ...rest } = options
  const given = Object.keys(rest).length > 0
  if (config !== undefined) {
    if (!given) return config
    throw new TandemError('Settings are given twice, in --config and beside it.', 'Give one of the two.')
  }
  const kept = join(out, 'sft.json')
  if (resume && !given) {
    if (existsSync(kept)) return resolve(kept)
    throw new TandemError('There is no run to go on with in that folder.', 'Check --out, or leave out --resume.')
  }
  const { data, steps } = options
  if (data === undefined || steps === undefined)
    throw new TandemError('A run needs --data and --steps, or --config.', 'See "tandem train sft --help".')
  const lora = options.loraRank !== undefined
  if (!lora && ['loraAlpha', 'loraTargets', 'loraDropout', 'trainWords'].some((name) => name in options))
    throw new TandemError('Settings of an adapter are given without --lora-rank.', 'Add --lora-rank N.')
  if (options.mixShare !== undefined && options.mix === undefined)
    throw new TandemError('A share is given without the data set it is of.', 'Add --mix DIR.')
  const optional = <T>(name: string, value: T | undefined): Record<string, T> =>
    value === undefined ? {} : { [name]: value }
  return {
    seed: options.seed ?? 0,
    model: resolve(options.model ?? shippedModel),
    data: { kind: 'folder', path: resolve(data) },
    ...(options.mix !== undefined && { mix: { path: resolve(options.mix), share: options.mixShare ?? 0.5 } }),
    sft: { batch: options.batch ?? 16, corruption: { changedCellWeight: options.changedWeight ?? 3 } },
    steps,
    optimiser: {},
    schedule: {
      peak: options.rate ?? (lora ? 2e-3 : 3e-4),
      warmup: Math.max(1, Math.min(50, Math.round(steps / 10))),
      decayFrom: 0.1,
      floor: 0.05,
    },
    clip: 1,
    ema: options.ema ?? 0.99,
    ...optional('name', options.name),
    ...(lora && {
      adapter: {
        rank: options.loraRank,
        ...optional('alpha', options.loraAlpha),
        ...optional('targets', options.loraTargets),
        ...optional('dropout', options.loraDropout),
        ...optional('words', options.trainWords),
      },
    }),
  }
}

/** Plain lines, now and then: the log of a run in the background. */
function lines(): Live {
  let last = -Infinity
  const show: Live['show'] = (update) => {
    if (update.type === 'started') note(`${update.total} steps, ${update.detail}`)
    if (update.type !== 'progress') return
    const validation = Object.keys(update.metrics).some((name) => name.startsWith('val_'))
    const now = performance.now() / 1000
    if (!validation && update.done < update.total && now - last < QUIET_LINE_EVERY) return
    if (!validation) last = now
    note(`${update.done}/${update.total}  ${metricsLine(update.metrics)}`)
  }
  return { show, clear: () => undefined }
}

/** Every event for a program that reads along. */
const jsonLines = (): Live => ({ show: (update) => printJson(update), clear: () => undefined })
