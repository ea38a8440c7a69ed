/**
 * What a document may not grow to. Only what is done now is held to it: what was stored is applied as it stands, so a
 * document that is over a limit already still opens, and can be made smaller.
 */
import type { z } from 'zod'
import { applyCommand, documentCommandSchema, type Document, type DocumentCommand } from './document.ts'
import { describeCommand } from './document-words.ts'
import { TandemError } from './errors.ts'

/** Layers of one document: each is a raster of its own while it is shown. */
export const MAX_LAYERS = 200

/** The document after a command that is made now. Throws a TandemError where it does not fit, or fits no more. */
export function applyNew(document: Document, command: DocumentCommand): Document {
  const { error } = documentCommandSchema.safeParse(command)
  if (error) throw refusal(command, error.issues[0])
  const next = applyCommand(document, command)
  if (next.layers.length > MAX_LAYERS && next.layers.length > document.layers.length)
    throw new TandemError(
      `A document has ${MAX_LAYERS} layers at most.`,
      'Merge some of them, or remove those that you no longer need.',
    )
  return next
}

/** The store takes no command like this, now or later: it is not begun. */
function refusal(command: DocumentCommand, issue: z.core.$ZodIssue | undefined): TandemError {
  const name = describeCommand(command)
  if (issue?.code !== 'too_big')
    return new TandemError(
      `${name}: this cannot be stored (${issue?.path.join('.') ?? ''}: ${issue?.message ?? '?'}).`,
      'Nothing was changed. Please report it.',
      'internal',
    )
  const most = issue.maximum.toLocaleString('en')
  switch (issue.origin) {
    case 'string':
      return new TandemError(`${name}: a text has ${most} characters at most here.`, 'Make it shorter.')
    case 'array':
      return new TandemError(`${name}: this has more points than can be kept.`, 'Do it in several parts.')
    default:
      return new TandemError(`${name}: ${most} is the most.`, 'Choose a smaller value.')
  }
}
