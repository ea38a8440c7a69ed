/**
 * The one error a user is meant to read: what went wrong, and what to do about it. Anything else that is thrown is a
 * defect of ours. `conflict`: somebody else changed it first. `kind` decides the exit code and how a host shows it; the message never holds a stack.
 */
export const tandemErrorKinds = ['input', 'cancelled', 'environment', 'conflict', 'internal'] as const
export type TandemErrorKind = (typeof tandemErrorKinds)[number]

export class TandemError extends Error {
  override readonly name = 'TandemError'
  readonly remedy: string
  readonly kind: TandemErrorKind

  constructor(message: string, remedy: string, kind: TandemErrorKind = 'input', options?: ErrorOptions) {
    super(message, options)
    this.remedy = remedy
    this.kind = kind
  }
}

/** One line for a terminal or a toast: the cause, then the remedy. */
export function describeError(error: unknown): string {
  if (error instanceof TandemError) return `${error.message} ${error.remedy}`.replace(/\s+/g, ' ').trim()
  if (error instanceof Error) return error.message.replace(/\s+/g, ' ').trim()
  return String(error)
}
