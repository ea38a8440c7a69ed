/**
 * What a document may not grow to. Only what is done now is held to it: what was stored is applied as it stands, so a
 * document that is over a limit already still opens, and can be made smaller.
 */
import { applyCommand, type Document, type DocumentCommand } from './document.ts'
import { TandemError } from './errors.ts'

/** Layers of one document: each is a raster of its own while it is shown. */
export const MAX_LAYERS = 200

/** The document after a command that is made now. Throws a TandemError where it does not fit, or fits no more. */
export function applyNew(document: Document, command: DocumentCommand): Document {
  const next = applyCommand(document, command)
  if (next.layers.length > MAX_LAYERS && next.layers.length > document.layers.length)
    throw new TandemError(
      `A document has ${MAX_LAYERS} layers at most.`,
      'Merge some of them, or remove those that you no longer need.',
    )
  return next
}
