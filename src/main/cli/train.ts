/** `tandem train sft`: supervised fine-tuning with a bar, losses per modality, speed and time left; Ctrl-C keeps a checkpoint. */
import type { Command } from 'commander'
import { bytesInWords } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import { sftResultSchema, type PreflightReport } from '../../shared/training.ts'
import { trainingPresets } from '../../shared/training-settings.ts'
import { driveJob } from './drive.ts'
import { createLive, metricsLine, type Live } from './live.ts'
import { integer, names, oneOf, real, seed } from './options.ts'
import { note, printJson } from './report.ts'
import { addTrainExports } from './train-export.ts'
import { configOf, type TrainOptions } from './train-settings.ts'

/** Seconds between lines where stderr is a file. */
const QUIET_LINE_EVERY = 15
const weights = oneOf(['inverse-t', 'one'] as const, 'weight')
const optimisers = oneOf(['muon', 'adamw'] as const, 'optimiser')
const presets = oneOf(
  trainingPresets.map(({ id }) => id),
  'preset',
)

export function addTrainCommand(program: Command): void {
  const train = program.command('train').description('Train a model.')
  train
    .command('sft')
    .description('Supervised fine-tuning of a model or of an adapter, on a data set or on the storybook world.')
    .option('--config <file>', 'training config (JSON) instead of the options below; see docs/training.md')
    .requiredOption('--out <dir>', 'folder of the run: checkpoints, metrics, previews, and what comes out at the end')
    .option('--resume', 'go on with the run in that folder')
    .option('--preflight', 'only measure one step and say whether the run fits; nothing is trained')
    .option('--model <dir>', 'model folder to start from; the model that ships')
    .option('--data <dir>', 'data set in any format that can be read')
    .option('--mix <dir>', 'a second data set, trained on beside it so that what it teaches is not forgotten')
    .option('--mix-share <x>', 'share of the samples that come from it, 0.5', real(0.01, 0.99))
    .option('--preset <name>', `settings to start from: ${trainingPresets.map(({ id }) => id).join(', ')}`, presets)
    .option('--steps <n>', 'training steps', integer(1, 100_000_000))
    .option('--batch <n>', 'samples a step, 16', integer(1, 1024))
    .option('--accumulate <n>', 'passes a step is computed in, 1: less memory, the same gradient', integer(1, 1024))
    .option('--rate <x>', 'peak learning rate; 0.0003, with an adapter 0.002', real(0, 1))
    .option('--ema <x>', 'decay of the averaged weights that are exported, 0.99', real(0, 1))
    .option('--changed-weight <x>', 'weight of cells that change against those that stay, 3', real(1, 1000))
    .option('--text-weight <w>', 'w_text: inverse-t (the paper’s) or one', weights)
    .option('--image-weight <w>', 'w_img: one (the paper’s) or inverse-t', weights)
    .option('--drop-text <x>', 'share of samples whose instruction is masked, for guidance, 0.1', real(0, 1))
    .option('--drop-image <x>', 'share of samples whose input image is masked, for guidance, 0.1', real(0, 1))
    .option('--image-only-share <x>', 'share of batches without reasoning, 0.1', real(0, 1))
    .option('--independent <x>', 'share of samples whose two modalities draw their noise apart, 0.5', real(0, 1))
    .option('--optimiser <name>', 'muon (for block matrices; the rest by AdamW) or adamw', optimisers)
    .option('--validate-every <n>', 'steps between validations; a twentieth of the run', integer(1, 100_000_000))
    .option('--patience <n>', 'stop after so many validations without a better one', integer(1, 1_000_000))
    .option('--min-delta <x>', 'how much lower a validation has to be to count as better, 0', real(0, 1000))
    .option('--save-every <s>', 'seconds between checkpoints, 120', real(0.001, 1e9))
    .option('--preview-every <n>', 'steps between previews; a tenth of the run, 0 for none', integer(0, 100_000_000))
    .option('--previews <n>', 'validation prompts to preview, 4', integer(0, 64))
    .option('--preview-rows <ids>', 'rows to preview, by id', names)
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
      '\nExamples:\n  tandem train sft --data quadruplets --preset adapter --out runs/mine --preflight\n  tandem train sft --data quadruplets --steps 500 --out runs/mine\n  tandem train sft --data quadruplets --lora-rank 8 --steps 500 --out runs/mine --json-lines\n  tandem train sft --out runs/mine --resume\n  tandem train sft --out runs/mine --resume --accumulate 4\n  tandem train sft --config sft.json --out runs/mine',
    )
    .action(runSft)
  addTrainExports(train)
}

async function runSft(options: TrainOptions): Promise<void> {
  if (options.preflight && options.resume)
    throw new TandemError('A run that goes on needs no pre-flight.', 'Leave out one of the two.')
  const quiet = options.preflight ? { show: () => undefined, clear: () => undefined } : lines()
  const live = options.jsonLines ? jsonLines() : process.stderr.isTTY ? createLive() : quiet
  const spec = {
    kind: 'sft',
    config: configOf(options),
    out: options.out,
    resume: options.resume === true,
    ...(options.preflight ? { preflight: true } : {}),
  } as const
  const result = sftResultSchema.parse(await driveJob(spec, live))
  if (options.jsonLines) printJson({ type: 'result', result })
  else if (options.json) printJson(result)
  else if ('preflight' in result) process.stdout.write(preflightText(result.preflight))
  else {
    note(result.why)
    process.stdout.write(`${result.model ?? result.run}\n`)
  }
  if ('preflight' in result && result.preflight.verdict === 'refused') process.exitCode = 2
}

function preflightText(report: PreflightReport): string {
  const { verdict, sentence, proposal, memory, disk, parameters } = report
  const minutes = report.totalSeconds / 60
  return [
    `${verdict === 'fits' ? 'It fits.' : verdict === 'tight' ? 'It is tight.' : 'It does not fit.'} ${sentence}`,
    ...(proposal ? [proposal.words] : []),
    `  parameters  ${parameters.trained} of ${parameters.model} (${report.method === 'lora' ? 'adapter' : 'whole model'})`,
    `  the data    ${report.secondsPreparing.toFixed(1)} s to check and encode`,
    `  a step      ${report.secondsPerStep.toFixed(2)} s`,
    `  ${report.steps} steps  ${minutes < 1.5 ? `${Math.round(report.totalSeconds)} s` : `${Math.round(minutes)} min`}`,
    `  memory      ${bytesInWords(memory.peak)} at the peak, ${bytesInWords(memory.free)} to be had`,
    `  disk        ${bytesInWords(disk.needed)} of ${bytesInWords(disk.free)} free`,
    '',
  ].join('\n')
}

/** Plain lines, now and then: the log of a run in the background. */
function lines(): Live {
  let last = -Infinity
  const show: Live['show'] = (update) => {
    if (update.type === 'started') note(`${update.total} steps, ${update.detail}`)
    if (update.type === 'loading' && performance.now() / 1000 - last >= QUIET_LINE_EVERY) {
      last = performance.now() / 1000
      note(update.what)
    }
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
