/** `tandem edit` and `tandem generate`: one run from the command line, its reasoning unmasking as it goes. */
import type { Command } from 'commander'
import { runResultSchema, type AdapterStack, type RunResult } from '../../shared/jobs.ts'
import type { PresetName } from '../../shared/acceleration.ts'
import type { DecodingMode } from '../../shared/trajectory.ts'
import type { ProviderChoice } from '../../shared/providers.ts'
import { providerFor } from '../providers.ts'
import { dataFolder } from '../service-host/data-folder.ts'
import { driveJob } from './drive.ts'
import { createLive } from './live.ts'
import { withModelDefaults } from './model-defaults.ts'
import { shippedModel } from './installation.ts'
import {
  fastOf,
  freshFolder,
  freshSeed,
  guidance,
  mode,
  placedTokens,
  providerChoice,
  providerHelp,
  preset,
  seed,
  slug,
  stackedAdapter,
  stepCount,
  temperature,
  type PlacedToken,
} from './options.ts'
import { note, printJson } from './report.ts'

interface RunOptions {
  image?: string
  instruction?: string
  prompt?: string
  mode: DecodingMode
  steps: number
  imageSteps?: number
  seed?: number
  mask?: string
  guidanceText: number
  guidanceImage: number
  temperatureText: number
  temperatureImage: number
  pin: PlacedToken[]
  fast?: PresetName | true
  model: string
  adapter: AdapterStack
  provider: ProviderChoice
  out?: string
  json?: boolean
}

export function addEditCommand(program: Command): void {
  const command = program
    .command('edit')
    .description('Edit a picture by an instruction.')
    .requiredOption('--image <file>', 'the picture to edit (PNG, JPEG, WebP)')
    .requiredOption('--instruction <text>', 'what should change')
    .option('--mask <file>', 'a picture whose white parts may change; the rest is kept')
  addRunOptions(command)
  command.addHelpText(
    'after',
    '\nExamples:\n  tandem edit --image scene.png --instruction "swap the dog and the cow" --seed 7 --out edited\n  tandem edit --image scene.png --instruction "remove the dog" --mask corner.png --mode sequential --steps 24 --json\n  tandem edit --image scene.png --instruction "remove the dog" --pin text:0=the text:1=dog --guidance-image 2\n  tandem edit --image scene.png --instruction "remove the dog" --steps 32 --fast',
  )
  command.action(async (options: RunOptions) => run(await withModelDefaults(options, command)))
}

export function addGenerateCommand(program: Command): void {
  const command = program
    .command('generate')
    .description('Draw a picture from a prompt.')
    .requiredOption('--prompt <text>', 'what to draw')
  addRunOptions(command)
  command.addHelpText(
    'after',
    '\nExample:\n  tandem generate --prompt "draw the meadow with a cat at b2 and a dog right of it" --out drawn',
  )
  command.action(async (options: RunOptions) => run(await withModelDefaults(options, command)))
}

function addRunOptions(command: Command): void {
  command
    .option('--mode <mode>', 'parallel, sequential, semi-parallel or image-only', mode, 'parallel')
    .option('--steps <n>', 'denoising steps', stepCount, 16)
    .option('--image-steps <n>', 'how many of its steps update the image (default: all)', stepCount)
    .option('--seed <n>', 'a whole number; drawn and printed when absent', seed)
    .option('--guidance-text <x>', 'guidance of the reasoning', guidance, 0)
    .option('--guidance-image <x>', 'guidance of the image', guidance, 0)
    .option('--temperature-text <x>', 'sampling temperature of the reasoning', temperature, 0)
    .option('--temperature-image <x>', 'sampling temperature of the image', temperature, 0)
    .option(
      '--pin <place=token...>',
      'hold output tokens, e.g. text:0=the cell:12=345 (#ID: any token by its id)',
      placedTokens,
      [],
    )
    .option(
      '--fast [preset]',
      'give up a little for speed: fast (the default) or fastest; docs/acceleration.md says how much',
      preset,
    )
    .option('--model <dir>', 'model folder', shippedModel)
    .option('--adapter <dir[:weight]>', 'an adapter on the model, with how much of it; repeatable', stackedAdapter, [])
    .option('--provider <p>', providerHelp, providerChoice, 'auto')
    .option('--out <dir>', 'folder for image.png, reasoning.txt and trajectory.tdm (default: tandem-out/WORDS-SEED)')
    .option('--json', 'print one JSON object')
}

async function run(options: RunOptions): Promise<void> {
  const concrete = options.seed ?? freshSeed()
  const instruction = options.instruction ?? options.prompt ?? ''
  const result = await driveJob(
    {
      kind: 'generate',
      model: options.model,
      ...(options.adapter.length > 0 ? { adapters: options.adapter } : {}),
      provider: await providerFor(options.provider, dataFolder()),
      picture: options.image ?? null,
      instruction,
      mode: options.mode,
      steps: options.steps,
      ...(options.imageSteps === undefined ? {} : { imageSteps: options.imageSteps }),
      seed: concrete,
      guidance: { text: options.guidanceText, image: options.guidanceImage },
      temperatures: { text: options.temperatureText, image: options.temperatureImage },
      ...fastOf(options.fast),
      mask: options.mask ?? null,
      pins: options.pin,
      out: options.out ?? freshFolder(`${slug(instruction)}-${concrete}`),
    },
    createLive(),
  )
  showRun(runResultSchema.parse(result), options.json === true)
}

/** The end of any run: one JSON object, or a few lines. */
export function showRun(result: RunResult, json: boolean): void {
  if (json) return printJson(result)
  note(result.reasoning || '(no reasoning)')
  note(
    `${result.steps} steps, ${result.forwards} forwards, ${(result.ms / 1000).toFixed(2)} s on ${result.provider}, seed ${result.seed}`,
  )
  process.stdout.write(`${result.image}\n`)
}
