/** What the command line says and with which code it ends. With --json, stdout holds one JSON object and nothing else. */
import type { CommanderError } from 'commander'
import { describeError, TandemError } from '../../shared/errors.ts'

export const exitCodes = { ok: 0, defect: 1, input: 2, interrupted: 130 } as const

/** The one JSON object of a run. */
export function printJson(value: unknown): void {
  process.stdout.write(JSON.stringify(value) + '\n')
}

export function note(line: string): void {
  process.stderr.write(line + '\n')
}

/** One line with cause and remedy for what a person can mend, a trace for a defect. Returns the exit code. */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof TandemError ? error : null
  if (known?.kind === 'cancelled') {
    note('tandem: stopped.')
    if (json) printJson({ error: { message: 'Stopped.', remedy: 'Run the command again.' } })
    return exitCodes.interrupted
  }
  const message = error instanceof Error ? error.message : String(error)
  const remedy = known?.remedy ?? 'This is a defect of Tandem: please report it with the lines above.'
  const defect = !known || known.kind === 'internal'
  if (defect) note(diagnostic(error))
  note(`tandem: ${describeError(new TandemError(message, remedy))}`)
  if (json) printJson({ error: { message, remedy } })
  return defect ? exitCodes.defect : exitCodes.input
}

/** Where a defect happened: its own trace, or what the engine process said. */
function diagnostic(error: unknown): string {
  const detail = error instanceof TandemError ? (error.cause ?? error) : error
  if (detail instanceof Error) return detail.stack ?? detail.message
  return String(detail)
}

/** A command line that is not understood: one line that names the help to read. Help and version end here as well. */
export function reportUsage(error: CommanderError, json: boolean, command: string): number {
  if (error.exitCode === 0) return exitCodes.ok
  // Help shown because a command was missing has said everything.
  if (error.code === 'commander.help') return exitCodes.input
  const message = sentence(error.message.replace(/^error: /, ''))
  return reportError(new TandemError(message, `See "${command} --help".`), json)
}

function sentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return /[.?!)]$/.test(line) ? line : `${line}.`
}
