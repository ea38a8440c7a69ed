/** `tandem trajectory show` and `film`: look at a recorded run. Nothing is denoised: the record holds every step. */
import type { Command } from 'commander'
import { MAX_STEPS } from '../../shared/jobs.ts'
import { shippedModel } from './installation.ts'
import { integer } from './options.ts'
import { printJson } from './report.ts'

export function addTrajectoryCommand(program: Command): void {
  const command = program.command('trajectory').description('Look at recorded runs.')
  command
    .command('show')
    .description('Print the reasoning at a step, and write the picture as it stood.')
    .argument('<trajectory>')
    .requiredOption('--step <k>', 'step, 0 for the start', integer(0, MAX_STEPS))
    .option('--out <file>', 'write the picture (drafts filled in) as PNG')
    .option('--model <dir>', 'model folder, to decode with', shippedModel)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tandem trajectory show edited/trajectory.tdm --step 4 --out step4.png')
    .action(async (path: string, options: { step: number; out?: string; model: string; json?: boolean }) => {
      const { showStep } = await import('./look.ts')
      const { styledWords } = await import('./live.ts')
      const shown = await showStep(path, options)
      if (options.json) printJson(shown)
      else process.stdout.write(`${process.stdout.isTTY ? styledWords(shown.words) : shown.text}\n`)
    })
  command
    .command('film')
    .description('Draw a contact sheet: picture and reasoning at chosen steps.')
    .argument('<trajectory>')
    .requiredOption('--out <file>', 'PNG to write')
    .option('--cards <n>', 'how many steps to show', integer(2, 32), 6)
    .option('--model <dir>', 'model folder, to decode with', shippedModel)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tandem trajectory film edited/trajectory.tdm --out film.png')
    .action(async (path: string, options: { out: string; cards: number; model: string; json?: boolean }) => {
      const { drawFilm } = await import('./look.ts')
      const result = await drawFilm(path, options)
      if (options.json) printJson(result)
      else process.stdout.write(`${result.film}\n`)
    })
}
