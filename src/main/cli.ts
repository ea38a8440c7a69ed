/**
 * `tandem`: every job without a window. This file names the commands; each lives in its own file and loads what it needs
 * when it runs, so that help and errors are instant.
 */
import { Command, CommanderError } from 'commander'
import { addBenchCommand } from './cli/bench.ts'
import { addEditCommand, addGenerateCommand } from './cli/edit.ts'
import { addEvalCommand } from './cli/eval.ts'
import { addResumeCommand } from './cli/resume.ts'
import { addTrajectoryCommand } from './cli/trajectory.ts'
import { addWorldCommand } from './cli/world.ts'
import { addDatasetCommand } from './cli/dataset.ts'
import { addVqCommand } from './cli/checkpoint.ts'
import { addModelCommand } from './cli/model.ts'
import { addScoreCommand } from './cli/score.ts'
import { addTrainCommand } from './cli/train.ts'
import { addRlTrainCommands } from './cli/train-rl.ts'
import { addDoctorCommand } from './cli/doctor.ts'
import { addProviderCommand } from './cli/provider.ts'
import { addServeCommand } from './cli/serve.ts'
import { addStudioCommand } from './cli/studio.ts'
import { version } from './cli/installation.ts'
import { installInterrupts } from './cli/interrupt.ts'
import { refuseEmptyPaths } from './cli/options.ts'
import { reportError, reportUsage } from './cli/report.ts'

const program = new Command('tandem')
  .description('Thinking-aware image editing: one model reasons and draws together.')
  .version(version)
  .addHelpText(
    'after',
    `
Examples:
  tandem edit --image scene.png --instruction "swap the dog and the cow"
  tandem doctor
  tandem help edit

With --json, stdout holds one JSON object. Exit codes: 0 done, 2 something to mend (one line says what), 130 stopped, 1 a defect.`,
  )
  // Said once, as one line, by reportUsage.
  .configureOutput({ outputError: () => undefined })
  .exitOverride()
  .hook('preAction', (_program, command) => refuseEmptyPaths(command))

addEditCommand(program)
addGenerateCommand(program)
addResumeCommand(program)
addTrajectoryCommand(program)
addWorldCommand(program)
addEvalCommand(program)
addBenchCommand(program)
addDatasetCommand(program)
addModelCommand(program)
addVqCommand(program)
addTrainCommand(program)
addRlTrainCommands(program)
addScoreCommand(program)
addDoctorCommand(program)
addProviderCommand(program)
addServeCommand(program)
addStudioCommand(program)

/** `tandem train sft`, as far as the words on the command line name commands: whose help to point to. */
function commandName(): string {
  let at: Command = program
  const names = [program.name()]
  for (const word of process.argv.slice(2)) {
    const next = at.commands.find((command) => command.name() === word)
    if (!next) break
    at = next
    names.push(word)
  }
  return names.join(' ')
}

installInterrupts()
// Whoever reads our output may stop reading: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  await program.parseAsync()
} catch (error) {
  const json = process.argv.includes('--json')
  process.exitCode =
    error instanceof CommanderError ? reportUsage(error, json, commandName()) : reportError(error, json)
}
