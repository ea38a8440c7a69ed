/** What the command line says and with which code it ends. With --json, stdout holds one JSON object and nothing else. */
import { TandemError } from '../../shared/errors.ts'

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
  if (error instanceof TandemError && error.kind === 'cancelled') {
    note('tandem: stopped.')
    return exitCodes.interrupted
  }
  const known = error instanceof TandemError
  const message = error instanceof Error ? error.message : String(error)
  const remedy = known ? error.remedy : 'This is a defect of Tandem: please report it with the lines above.'
  if (!known || error.kind === 'internal') {
    const detail = known && error.cause !== undefined ? error.cause : error
    note(
      typeof detail === 'string'
        ? detail
        : detail instanceof Error
          ? (detail.stack ?? detail.message)
          : JSON.stringify(detail),
    )
  }
  note(`tandem: ${`${message} ${remedy}`.replace(/\s+/g, ' ').trim()}`)
  if (json) printJson({ error: { message, remedy } })
  return known && error.kind !== 'internal' ? exitCodes.input : exitCodes.defect
}
