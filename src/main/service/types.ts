/** The service as its hosts see it: contract calls in, events out, blobs by id. Hosts carry; they decide nothing. */
import type { Readable } from 'node:stream'
import type { Method, StudioEvent } from '../../shared/ipc.ts'
import type { BlobId } from '../../shared/studio.ts'

export interface StoredBlob {
  readonly path: string
  readonly size: number
  /** By its first bytes, never by a name: image/png, application/octet-stream ... */
  readonly type: string
}

export interface Service {
  /** Parses the arguments, does it, parses the result. Rejects with a TandemError; anything else is a defect. */
  call(method: Method, args: unknown): Promise<unknown>
  /** Events in order, each persisted before it is told. Returns how to stop listening. */
  subscribe(listener: (event: StudioEvent) => void): () => void
  /** Where a blob lies, or null. The path is for the host's own reading and never leaves it. */
  blob(id: BlobId): Promise<StoredBlob | null>
  /** Takes in a stream of bytes, at most `limit` of them; nothing half-written stays. */
  putBlob(stream: Readable, limit?: number): Promise<{ readonly blob: BlobId; readonly size: number }>
  /** A handle for a folder the person chose in a dialog of the host. The path is the host's own and never a page's. */
  grant(path: string): Promise<{ readonly handle: string; readonly name: string }>
  close(): Promise<void>
}

/** A service in this process. */
export interface OwnService extends Service {
  /**
   * Ends the engines and lets go of the store this moment: whoever asked for anything is gone. Every step and change is on
   * disk already; what still ran is settled when the next service starts.
   */
  letGo(): void
}

/** Where a host keeps secrets encrypted by the system. */
export interface Vault {
  /** `why` says why it cannot be used here. */
  state(): Promise<{ readonly usable: boolean; readonly why: string }>
  get(name: string): Promise<string | null>
  put(name: string, secret: string): Promise<void>
  remove(name: string): Promise<void>
}

export interface ServiceOptions {
  /** The folder that holds database, blobs and the work of runs; made when it is not there. */
  readonly data: string
  /** Folders whose subfolders are models, the shipped ones first. */
  readonly models: readonly string[]
  readonly host: 'electron' | 'browser'
  readonly version: string
  /** Absent: secrets are kept in memory alone. */
  readonly vault?: Vault
  /** Folders a browser may read from, see `folders.list`. */
  readonly roots?: readonly string[]
}
