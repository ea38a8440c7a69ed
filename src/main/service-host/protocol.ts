/**
 * Messages between a host (Electron's main process) and the service process it starts. The frames are parsed here; what
 * is inside a call or an event is parsed by the contract, at its two ends.
 */
import { z } from 'zod'
import { eventMessageSchema, failureSchema, methods, type Method } from '../../shared/ipc.ts'
import { blobIdSchema } from '../../shared/studio.ts'

const id = z.int().nonnegative()

/** Plain data, so that it can be sent: ServiceOptions with a word for its vault. */
const optionsSchema = z.strictObject({
  data: z.string().min(1),
  models: z.array(z.string()),
  host: z.enum(['electron', 'browser']),
  version: z.string(),
  roots: z.array(z.string()).optional(),
  /** The host answers `vault`. */
  vault: z.boolean().optional(),
})

export const toServiceSchema = z.discriminatedUnion('type', [
  /** First of all, once. Answered by `ready` or `refused`. */
  z.strictObject({ type: z.literal('start'), options: optionsSchema }),
  z.strictObject({ type: z.literal('call'), id, method: z.enum(methods as [Method, ...Method[]]), args: z.unknown() }),
  z.strictObject({ type: z.literal('blob'), id, blob: blobIdSchema }),
  /** Takes in a file that the host wrote, by its name in the folder for such files; the host removes it afterwards. */
  z.strictObject({ type: z.literal('adopt'), id, name: z.string().regex(/^[0-9a-f-]{1,64}$/) }),
  /** A folder the person chose in the host's own dialog. */
  z.strictObject({ type: z.literal('grant'), id, path: z.string().min(1) }),
  /** Answers `vault`. */
  z.strictObject({ type: z.literal('vaulted'), id, ok: z.boolean(), value: z.unknown() }),
  /** Closes everything; the process ends by itself. */
  z.strictObject({ type: z.literal('dispose') }),
])
export type ToService = z.infer<typeof toServiceSchema>

export const storedBlobSchema = z.strictObject({
  path: z.string(),
  size: z.int().nonnegative(),
  type: z.string(),
})
export const adoptedSchema = z.strictObject({ blob: blobIdSchema, size: z.int().nonnegative() })

export const grantedSchema = z.strictObject({ handle: z.string(), name: z.string() })

export const fromServiceSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  /** The service cannot start, and starting it again would not help. */
  z.strictObject({ type: z.literal('refused'), failure: failureSchema }),
  z.strictObject({ type: z.literal('result'), id, result: z.unknown() }),
  z.strictObject({ type: z.literal('failure'), id, failure: failureSchema }),
  z.strictObject({ type: z.literal('event'), event: eventMessageSchema }),
  /** The service needs a secret that the host keeps, or has one to keep. */
  z.strictObject({
    type: z.literal('vault'),
    id,
    ask: z.discriminatedUnion('do', [
      z.strictObject({ do: z.literal('state') }),
      z.strictObject({ do: z.literal('get'), name: z.string() }),
      z.strictObject({ do: z.literal('put'), name: z.string(), secret: z.string() }),
      z.strictObject({ do: z.literal('remove'), name: z.string() }),
    ]),
  }),
])
export type FromService = z.infer<typeof fromServiceSchema>

/** The folder, in the studio's data folder, for files a host has written and the service has yet to take in. */
export const INCOMING = 'incoming'
