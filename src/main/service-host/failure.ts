/** What a person is told when a call fails; a defect is said in general words here and in full on stderr. */
import type { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { failureSchema } from '../../shared/ipc.ts'

export type Failure = z.infer<typeof failureSchema>

/** Any error as the failure that travels to a screen. What is no TandemError is a defect and is written to stderr. */
export function asFailure(error: unknown): Failure {
  if (error instanceof TandemError) return { message: error.message, remedy: error.remedy, kind: error.kind }
  process.stderr.write(`tandem: defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return {
    message: 'Something went wrong inside the studio.',
    remedy: 'Nothing that was saved is lost. Copy the diagnostics and report this.',
    kind: 'internal',
  }
}

/** A failure that came over a channel, as the error it was. */
export const asError = ({ message, remedy, kind }: Failure): TandemError => new TandemError(message, remedy, kind)
