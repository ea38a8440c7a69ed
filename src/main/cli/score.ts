/** `tandem score`: what a reward makes of a picture and a text, or of every step of a recorded run. */
import type { Command } from 'commander'
import type { SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Mark, ScoreResult } from '../../shared/rl.ts'
import { driveJob } from './drive.ts'
import { shippedModel } from './installation.ts'
import { createLive } from './live.ts'
import { printJson } from './report.ts'

interface ScoreOptions {
  readonly reward: string
  readonly image?: string
  readonly text?: string
  readonly trajectory?: string
  readonly model: string
  readonly json?: boolean
}

export function addScoreCommand(program: Command): void {
  program
    .command('score')
    .description('Mark how well a picture and a text agree, for a pair or at every step of a run.')
    .option(
      '--reward <name>',
      'storybook (the scorer that ships), or the folder of a scorer or an exported CLIP',
      'storybook',
    )
    .option('--image <file>', 'a picture')
    .option('--text <text>', 'a text; _ stands for a word that is not decided yet')
    .option('--trajectory <file>', 'a recorded run (.tdm) instead of a pair')
    .option('--model <dir>', 'the model that made it', shippedModel)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem score --image edited.png --text "now b3 has the cat ."\n  tandem score --trajectory edited/trajectory.tdm --json\n  tandem score --reward clip-vit-base-patch32 --image photo.png --text "a red bicycle"',
    )
    .action(async (options: ScoreOptions) => {
      const { reward } = options
      const spec = { kind: 'score', reward, subject: subjectOf(options) } as const
      const result = (await driveJob(spec, createLive())) as ScoreResult
      if (options.json) printJson(result)
      else process.stdout.write(table(result))
    })
}

function subjectOf({ image, text, trajectory, model }: ScoreOptions): SpecOf<'score'>['subject'] {
  if (trajectory !== undefined && image === undefined && text === undefined)
    return { kind: 'trajectory', model, trajectory }
  if (trajectory === undefined && image !== undefined && text !== undefined)
    return { kind: 'pair', picture: image, text }
  throw new TandemError('There is nothing to mark.', 'Give --image and --text, or --trajectory.')
}

const number = ({ raw, reward }: Mark): string =>
  `${raw.toFixed(3)}${reward === null ? '' : `  reward ${reward.toFixed(3)}`}`

function table({ pair, steps, concepts }: ScoreResult): string {
  if (pair) return `${number(pair)}\n`
  const marks = steps.map((mark) => `${String(mark.step).padStart(4)}  ${number(mark)}  ${mark.text}\n`)
  const found = concepts.map(({ text, step }) => `${step === null ? '   -' : String(step).padStart(4)}  ${text}\n`)
  return `${marks.join('')}${found.length > 0 ? `\nfrom step\n${found.join('')}` : ''}`
}
