/**
 * The only user of the transport. Screens call methods of the contract, listen to its events, and name pictures by blob
 * id. In Electron the preload script carries messages; in a browser a WebSocket does, and comes back when it drops.
 */
import {
  contract,
  failureSchema,
  parseEvent,
  UNRECORDED,
  type ArgsOf,
  type EventName,
  type Method,
  type PayloadOf,
  type ResultOf,
  type StudioEvent,
} from '../shared/ipc.ts'
import type { BlobId } from '../shared/studio.ts'
import { CallFailure } from './call-failure.ts'
import type { Transport } from './transport.ts'
import { electronTransport } from './transport-electron.ts'
import { socketTransport } from './transport-socket.ts'
import { uploadInParts } from './upload-parts.ts'

const transport: Transport = electronTransport() ?? socketTransport()
const listeners = new Set<(event: StudioEvent) => void>()
let lastSeq: number | null = null

transport.onEvent((message) => deliver(parseEvent(message)))

/** Events come once and in order, whatever the connection did meanwhile. */
function deliver(event: StudioEvent): void {
  if (event.seq !== UNRECORDED) {
    if (lastSeq !== null && event.seq <= lastSeq) return
    lastSeq = event.seq
  }
  for (const listener of listeners) listener(event)
}

async function call<M extends Method>(method: M, args: ArgsOf<M>): Promise<ResultOf<M>> {
  const reply = (await transport.request(method, args)) as { result?: unknown; failure?: unknown }
  if (reply.failure !== undefined) {
    const { message, remedy, kind } = failureSchema.parse(reply.failure)
    throw new CallFailure(method, message, remedy, kind)
  }
  return contract[method].result.parse(reply.result) as ResultOf<M>
}

export const api = {
  call,
  /** Listens to one kind of event. Returns how to stop. */
  on<E extends EventName>(name: E, handle: (payload: PayloadOf<E>, seq: number) => void): () => void {
    const listener = (event: StudioEvent): void => {
      if (event.name === name) handle(event.payload as PayloadOf<E>, event.seq)
    }
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  /** From here on events up to `seq` count as known. */
  startFrom(seq: number): void {
    lastSeq = seq
  },
  lastSeq: (): number | null => lastSeq,
  /** Events missed while the connection was away; those already heard are passed over. */
  catchUp(missed: readonly unknown[]): void {
    for (const message of missed) deliver(parseEvent(message))
  },
  onConnection: (handle: (up: boolean) => void): void => transport.onConnection(handle),
  /** The address of a blob, for an image element or a fetch. */
  blobUrl: (blob: BlobId): string => `blob/${blob}`,
  /** Takes a file or rendered picture into the store, in parts where it is large. Throws a TandemError that says why it cannot. */
  upload: (content: Blob, signal: AbortSignal | null = null): Promise<BlobId> =>
    uploadInParts(content, {
      send: (piece) => post(piece, signal),
      async join(parts) {
        const { blob } = await call('blobs.join', { parts })
        if (signal?.aborted) throw stopped()
        return blob
      },
    }),
}

const stopped = (): CallFailure => new CallFailure('upload', 'Stopped.', '', 'cancelled')

async function post(content: Blob, signal: AbortSignal | null): Promise<BlobId> {
  const reply = await fetch('blob', { method: 'POST', body: content, signal }).catch(() => null)
  if (signal?.aborted) throw stopped()
  if (!reply)
    throw new CallFailure('upload', 'The studio cannot be reached.', 'Wait a moment and try again.', 'environment')
  const body = (await reply.json().catch(() => ({}))) as { blob?: BlobId; failure?: unknown }
  if (reply.ok && body.blob) return body.blob
  const { data } = failureSchema.safeParse(body.failure)
  throw new CallFailure(
    'upload',
    data?.message ?? 'The file was not taken in.',
    data?.remedy ?? 'Try again.',
    data?.kind,
  )
}
