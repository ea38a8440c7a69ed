/** `tandem train sft`: supervised fine-tuning with a bar, losses per modality, speed and time left; Ctrl-C keeps a checkpoint. */
import type { Command } from 'commander'
import { driveJob } from './drive.ts'
import { createLive, metricsLine, type Live } from './live.ts'
import { note, printJson } from './report.ts'

/** Seconds between lines where stderr is a file. */
const QUIET_LINE_EVERY = 15

export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description('Train a model.')
    .command('sft')
    .description('Supervised fine-tuning on the storybook world or on a quadruplet folder.')
    .requiredOption('--config <file>', 'training config (JSON); see docs/cli.md')
    .requiredOption('--out <dir>', 'folder of the run: checkpoint, and the model at the end')
    .option('--resume', 'go on with the run in that folder')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem train sft --config sft.json --out runs/mine\n  tandem train sft --config sft.json --out runs/mine --resume',
    )
    .action(async (options: { config: string; out: string; resume?: boolean; json?: boolean }) => {
      const result = await driveJob(
        { kind: 'sft', config: options.config, out: options.out, resume: options.resume === true },
        process.stderr.isTTY ? createLive() : lines(),
      )
      if (options.json) printJson(result)
      else process.stdout.write(`${(result as { model: string }).model}\n`)
    })
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
