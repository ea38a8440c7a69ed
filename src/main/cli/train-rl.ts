/** `tandem train pararl` and `tandem train scorer`: reinforcement learning along the trajectory, and what can reward it. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { completeRlSettings, pararlResultSchema, trainScorerResultSchema, type RlData } from '../../shared/rl.ts'
import { driveJob } from './drive.ts'
import { shippedModel } from './installation.ts'
import { createLive, metricsLine, type Live } from './live.ts'
import { integer, oneOf, real, seed } from './options.ts'
import { note, printJson } from './report.ts'

/** Seconds between lines where stderr is a file. */
const QUIET_LINE_EVERY = 15

interface Output {
  readonly json?: boolean
  readonly jsonLines?: boolean
}

interface PararlOptions extends Output {
  readonly out: string
  readonly resume?: boolean
  readonly model?: string
  readonly data?: string
  readonly reward?: string
  readonly world?: string
  readonly operations?: string[]
  readonly dataSeed?: number
  readonly sprites?: number
  readonly generateShare?: number
  readonly temperature?: number
  readonly loraRank?: number
  /** The rest are settings by their own names. */
  readonly [setting: string]: unknown
}

/** Options that are settings of the run, one for one. */
const SETTINGS = [
  ['--rollouts <n>', 'G: rollouts a prompt, 8', integer(2, 256)],
  ['--prompts <n>', 'prompts a phase, 8', integer(1, 256)],
  ['--inner <n>', 'updates made with the rollouts of a phase, 1', integer(1, 64)],
  ['--sampled-steps <s>', 's: denoising steps rewarded of each rollout, 3', integer(1, 64)],
  ['--sample-from <x>', 'sampled steps are those after this share of the run, 0', real(0, 0.99)],
  ['--deviation-floor <x>', 'advantages are divided by no less than this, 0.1; 0 as in the paper', real(0, 1)],
  [
    '--scale-on <what>',
    'pairs a reward is standardised over: rollouts or data',
    oneOf(['rollouts', 'data'] as const, 'choice'),
  ],
  [
    '--objective <name>',
    'trajectory (ParaRL) or output (the reward of the final pair)',
    oneOf(['trajectory', 'output'] as const, 'objective'),
  ],
  ['--likelihood <name>', 'replay or random-mask (the paper)', oneOf(['replay', 'random-mask'] as const, 'likelihood')],
  ['--steps <n>', 'updates, 200', integer(1, 10_000_000)],
  ['--denoising-steps <n>', 'steps of a rollout, 16', integer(2, 4096)],
  [
    '--mode <name>',
    'parallel, sequential or semi-parallel',
    oneOf(['parallel', 'sequential', 'semi-parallel'] as const, 'mode'),
  ],
  ['--clip-range <x>', 'ratios are clipped to 1 - x .. 1 + x, 0.2', real(0.000001, 10)],
  ['--kl-weight <x>', 'weight of the KL term, 0.0001', real(0, 100)],
  ['--kl-to <name>', 'old (the paper) or reference', oneOf(['old', 'reference'] as const, 'policy')],
  ['--learning-rate <x>', 'learning rate, 0.0003', real(0.0000000001, 1)],
  ['--warmup <n>', 'updates until it is reached, 5', integer(0, 1_000_000)],
  ['--ema <x>', 'decay of the averaged weights that are exported, 0', real(0, 1)],
  [
    '--hard-share <x>',
    'train on this share of the pool, the worst for the model, 1 (the paper: 0.1)',
    real(0.000001, 1),
  ],
  ['--pool <n>', 'prompts to train on, or to choose from, 1000', integer(1, 1_000_000)],
  ['--reward-timeout <s>', 'seconds the rewards of a phase may take, 120', real(0.001, 1_000_000)],
  ['--validate-every <n>', 'updates between validations, 25; 0 never', integer(0, 1_000_000)],
  ['--validation-prompts <n>', 'prompts of a validation, 64', integer(1, 10_000)],
  ['--judge-fall <x>', 'stop when the exact judge fell by this many points, 5', real(0.000001, 100)],
  ['--kl-ceiling <x>', 'stop past this many nats a token from the start, 0.5', real(0.000001, 1000)],
  ['--preview-every <n>', 'updates between previews of a few prompts, 50; 0 none', integer(0, 1_000_000)],
  ['--preview-prompts <n>', 'prompts of a preview, the first that validate, 4', integer(0, 64)],
  ['--preview-seed <n>', 'seed of every preview, 0', seed],
  ['--save-every <s>', 'seconds between checkpoints, 120', real(0.001, 1_000_000)],
  ['--keep-every <n>', 'phases whose trajectories are kept, every n-th, 1', integer(1, 1_000_000)],
  ['--seed <n>', 'seed of the run, 0', seed],
  ['--name <name>', 'name of what is exported', (text: string): string => text],
] as const satisfies readonly (readonly [string, string, (text: string) => unknown])[]

const settingName = (flags: string): string =>
  flags.slice(2, flags.indexOf(' ')).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Adds to the `train` command that is there. */
export function addRlTrainCommands(program: Command): void {
  const train = program.commands.find((command) => command.name() === 'train')
  if (!train) throw new Error('the train command comes first')
  addPararl(train)
  addScorer(train)
}

function addPararl(train: Command): void {
  const command = train
    .command('pararl')
    .description('Reinforcement learning with rewards along the denoising trajectory (ParaRL), or at its end.')
    .requiredOption('--out <dir>', 'folder of the run: checkpoint, record, rollouts, and the model at the end')
    .option('--resume', 'go on with the run in that folder, as it was started')
    .option('--model <dir>', 'model folder to start from; the model that ships')
    .option('--data <dir>', 'world, or a data set whose instructions are the prompts')
    .option(
      '--reward <name>',
      'storybook (the scorer that ships), a folder (scorer or exported CLIP), or oracle[:DIMENSION]',
    )
    .option('--world <dir>', 'folder of another world for --data world')
    .option('--operations <list>', 'only these operations of the world', words)
    .option('--data-seed <n>', 'seed of the world prompts, 0', integer(0, 2 ** 31))
    .option('--sprites <n>', 'only the first so many sprites of the world', integer(8, 1000))
    .option('--generate-share <x>', 'share of world prompts without an input, 0.15', real(0, 1))
    .option('--temperature <x>', 'sampling temperature of the rollouts, 1', real(0.01, 100))
    .option('--lora-rank <n>', 'train a low-rank adapter of this rank; the model stays as it is', integer(1, 1024))
  for (const [flags, description, parse] of SETTINGS)
    command.option(flags, description, parse as (text: string) => unknown)
  command
    .option('--no-judge-fall', 'never stop because the exact judge fell')
    .option('--no-kl-ceiling', 'never stop because of the KL')
    .option('--json', 'print one JSON object')
    .option('--json-lines', 'print every event as a line of JSON, the result last')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem train pararl --data world --reward storybook --steps 200 --out runs/pararl\n  tandem train pararl --model mine --data world --reward storybook --objective output --rollouts 8 --sampled-steps 3 --steps 200 --out runs/output --json-lines\n  tandem train pararl --data quadruplets --reward clip-vit-base-patch32 --lora-rank 8 --steps 500 --out runs/clip\n  tandem train pararl --out runs/pararl --resume',
    )
    .action(async (options: PararlOptions) => {
      const result = pararlResultSchema.parse(await driveJob(pararlSpec(options), liveFor(options)))
      report(options, result, result.model)
    })
}

function pararlSpec(options: PararlOptions): SpecOf<'pararl'> {
  const { out, resume, json: _json, jsonLines: _lines, ...rest } = options
  // --no-X sets its name to true where nothing is said.
  const said = Object.entries(rest).filter(([name, value]) => !(value === true && /^(judgeFall|klCeiling)$/.test(name)))
  if (resume) {
    if (said.length > 0)
      throw new TandemError(
        'A run goes on with the settings it was started with.',
        'Leave the others out beside --resume.',
      )
    return { kind: 'pararl', run: null, out, resume: true }
  }
  const { model, data, reward, loraRank, temperature } = options
  if (data === undefined || reward === undefined)
    throw new TandemError('A run needs --data and --reward.', 'See "tandem train pararl --help".')
  const names = new Set(SETTINGS.map(([flags]) => settingName(flags)))
  const settings = Object.fromEntries(
    said.filter(([name]) => names.has(name)).map(([name, value]) => [name, value === false ? null : value]),
  )
  return {
    kind: 'pararl',
    run: {
      model: resolve(model ?? shippedModel),
      data: dataOf(data, options),
      reward,
      settings: completeRlSettings({
        ...settings,
        ...(loraRank === undefined ? {} : { method: 'lora', rank: loraRank }),
        ...(temperature === undefined ? {} : { temperatures: { text: temperature, image: temperature } }),
      }),
    },
    out,
    resume: false,
  }
}

function dataOf(data: string, { world, operations, dataSeed, sprites, generateShare }: PararlOptions): RlData {
  if (data === 'world')
    return {
      kind: 'world',
      path: world === undefined ? null : resolve(world),
      operations: operations ?? null,
      seed: dataSeed ?? 0,
      sprites: sprites ?? 32,
      generateShare: generateShare ?? 0.15,
    }
  if ([world, operations, dataSeed, sprites, generateShare].some((given) => given !== undefined))
    throw new TandemError(
      'Settings of a world are given beside a data set.',
      'Leave --world, --operations, --data-seed, --sprites and --generate-share out.',
    )
  return { kind: 'folder', path: resolve(data) }
}

const words = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)

interface ScorerOptions extends Output {
  readonly out: string
  readonly resume?: boolean
  readonly from?: string
  readonly steps: number
  readonly batch: number
  readonly rate: number
  readonly seed: number
  readonly evaluate: number
  readonly name: string
}

function addScorer(train: Command): void {
  train
    .command('scorer')
    .description('Train a text-image scorer for the storybook world: a small CLIP that also reads unfinished pairs.')
    .requiredOption('--out <dir>', 'folder of the run: checkpoint, and the scorer at the end')
    .option('--resume', 'go on with the run in that folder')
    .option('--from <dir>', 'folder of a scorer to start from, not from fresh weights')
    .option('--steps <n>', 'training steps', integer(1, 10_000_000), 4500)
    .option('--batch <n>', 'pairs a step', integer(2, 1024), 64)
    .option('--rate <x>', 'peak learning rate', real(0.0000001, 1), 0.003)
    .option('--seed <n>', 'seed of the run', seed, 0)
    .option('--evaluate <n>', 'unseen pairs it is measured on at the end', integer(2, 100_000), 512)
    .option('--name <name>', 'its name', 'scorer')
    .option('--json', 'print one JSON object')
    .option('--json-lines', 'print every event as a line of JSON, the result last')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem train scorer --steps 4500 --out runs/scorer\n  tandem train scorer --steps 4500 --out runs/scorer --resume --json',
    )
    .action(async (options: ScorerOptions) => {
      const { out, resume, steps, batch, rate, evaluate, name } = options
      const spec = {
        kind: 'train-scorer',
        out,
        resume: resume === true,
        from: options.from === undefined ? null : resolve(options.from),
        steps,
        batch,
        learningRate: rate,
        seed: options.seed,
        evaluate,
        saveEvery: 60,
        name,
      } as const
      const result = trainScorerResultSchema.parse(await driveJob(spec, liveFor(options)))
      report(options, result, result.folder)
    })
}

function report({ json, jsonLines }: Output, result: unknown, line: string): void {
  if (jsonLines) printJson({ type: 'result', result })
  else if (json) printJson(result)
  else process.stdout.write(`${line}\n`)
}

function liveFor({ jsonLines }: Output): Live {
  if (jsonLines) return { show: (update) => printJson(update), clear: () => undefined }
  return process.stderr.isTTY ? createLive() : lines()
}

/** Plain lines, now and then: the log of a run in the background. */
function lines(): Live {
  let last = -Infinity
  return {
    show(update) {
      if (update.type === 'started') note(`${update.total} steps, ${update.detail}`)
      if (update.type === 'rl' && update.row.kind === 'validation') {
        const { step, reward, judge } = update.row
        const parts = Object.entries({ reward, raw: update.row.raw, ...judge }).filter(
          (entry): entry is [string, number] => entry[1] !== null,
        )
        note(`validation at ${step}: ${metricsLine(Object.fromEntries(parts))}`)
      }
      if (update.type !== 'progress') return
      const now = performance.now() / 1000
      if (update.done < update.total && now - last < QUIET_LINE_EVERY) return
      last = now
      note(`${update.done}/${update.total}  ${metricsLine(update.metrics)}`)
    },
    clear: () => undefined,
  }
}
