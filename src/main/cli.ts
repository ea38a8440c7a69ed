/**
 * `tandem`: every job without a window. This file names the commands; each lives in its own file and loads what it needs
 * when it runs, so that help and errors are instant.
 */
import { Command, CommanderError } from 'commander'
import { addEditCommand, addGenerateCommand } from './cli/edit.ts'
import { addEvalCommand } from './cli/eval.ts'
import { addResumeCommand } from './cli/resume.ts'
import { addTrajectoryCommand } from './cli/trajectory.ts'
import { addWorldCommand } from './cli/world.ts'
import { addTrainCommand } from './cli/train.ts'
import { addDoctorCommand } from './cli/doctor.ts'
import { exitCodes, reportError } from './cli/report.ts'

const version = '0.1.0'

const program = new Command('tandem')
  .description('Thinking-aware image editing: one model reasons and draws together.')
  .version(version)
  .showHelpAfterError('(add --help for what this command takes)')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'tandem: ')) })
  .exitOverride()

addEditCommand(program)
addGenerateCommand(program)
addResumeCommand(program)
addTrajectoryCommand(program)
addWorldCommand(program)
addEvalCommand(program)
addTrainCommand(program)
addDoctorCommand(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.input
  else process.exitCode = reportError(error, process.argv.includes('--json'))
}
