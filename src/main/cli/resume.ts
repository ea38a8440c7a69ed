/** `tandem resume`: go on from a step of a recorded run, with tokens replaced or masked again. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { MAX_STEPS, runResultSchema, type Place } from '../../shared/jobs.ts'
import { driveJob } from './drive.ts'
import { showRun } from './edit.ts'
import { createLive } from './live.ts'
import { integer, placedToken, places, shippedModel } from './options.ts'

interface ResumeOptions {
  step: number
  replace: { place: Place; token: string }[]
  remask: Place[]
  model: string
  out?: string
  json?: boolean
}

export function addResumeCommand(program: Command): void {
  program
    .command('resume')
    .description('Go on from a step of a run, as it was or with tokens changed.')
    .argument('<trajectory>', 'trajectory.tdm, or the trajectory.tdl of a run that was cut off')
    .requiredOption('--step <k>', 'steps to keep', integer(0, MAX_STEPS))
    .option(
      '--replace <place=token...>',
      'put tokens, e.g. text:6=b3 cell:12=345 (#ID for a text token by number)',
      collect,
      [],
    )
    .option(
      '--remask <places>',
      'mask again, e.g. text:4,text:5,cell:12',
      (text: string, known: Place[]) => [...known, ...places(text)],
      [],
    )
    .option('--model <dir>', 'model folder', shippedModel())
    .option('--out <dir>', 'output folder (default: tandem-out/resumed-STEP)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  tandem resume edited/trajectory.tdm --step 6 --replace text:1=cat --remask text:4 --out branch',
    )
    .action(async (trajectory: string, options: ResumeOptions) => {
      const live = createLive()
      const result = await driveJob(
        {
          kind: 'resume',
          model: options.model,
          trajectory,
          step: options.step,
          replace: options.replace,
          remask: options.remask,
          out: options.out ?? join('tandem-out', `resumed-${options.step}`),
        },
        (update) => live.show(update),
      )
      showRun(runResultSchema.parse(result), options.json === true)
    })
}

function collect(text: string, known: { place: Place; token: string }[]): { place: Place; token: string }[] {
  return [...known, placedToken(text)]
}
