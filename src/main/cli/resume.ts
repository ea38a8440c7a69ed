/** `tandem resume`: go on from a step of a recorded run, with tokens replaced or masked again. */
import { basename, dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { MAX_STEPS, runResultSchema, type AdapterStack, type Place } from '../../shared/jobs.ts'
import type { ProviderChoice } from '../../shared/providers.ts'
import { providerFor } from '../providers.ts'
import { dataFolder } from '../service-host/data-folder.ts'
import { driveJob } from './drive.ts'
import { showRun } from './edit.ts'
import { createLive } from './live.ts'
import { shippedModel } from './installation.ts'
import {
  freshFolder,
  integer,
  placedTokens,
  places,
  providerChoice,
  providerHelp,
  stackedAdapter,
  type PlacedToken,
} from './options.ts'

interface ResumeOptions {
  step: number
  replace: PlacedToken[]
  remask: Place[]
  model: string
  adapter: AdapterStack
  provider: ProviderChoice
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
      'put tokens, e.g. text:6=b3 cell:12=345 (#ID: any token by its id)',
      placedTokens,
      [],
    )
    .option(
      '--remask <places>',
      'mask again, e.g. text:4,text:5,cell:12',
      (text: string, known: Place[]) => [...known, ...places(text)],
      [],
    )
    .option('--model <dir>', 'model folder', shippedModel)
    .option('--adapter <dir[:weight]>', 'an adapter on the model, with how much of it; repeatable', stackedAdapter, [])
    .option('--provider <p>', providerHelp, providerChoice, 'auto')
    .option('--out <dir>', 'output folder (default: tandem-out/RUN-from-STEP)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem resume edited/trajectory.tdm --step 6 --out again\n  tandem resume edited/trajectory.tdm --step 6 --replace text:1=cat --remask text:4 --out branch',
    )
    .action(async (trajectory: string, options: ResumeOptions) => {
      const result = await driveJob(
        {
          kind: 'resume',
          model: options.model,
          ...(options.adapter.length > 0 ? { adapters: options.adapter } : {}),
          provider: await providerFor(options.provider, dataFolder()),
          trajectory,
          step: options.step,
          replace: options.replace,
          remask: options.remask,
          out: options.out ?? freshFolder(`${basename(dirname(resolve(trajectory)))}-from-${options.step}`),
        },
        createLive(),
      )
      showRun(runResultSchema.parse(result), options.json === true)
    })
}
