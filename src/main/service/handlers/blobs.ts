/** Files that came in parts. */
import { joinParts } from '../join-parts.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export const blobHandlers = ({ store }: HandlerDeps): Handlers<'blobs'> => ({
  'blobs.join': async ({ parts }) => ({ blob: await joinParts(store, parts) }),
})
