/** Decoded pictures by blob id, each decoded once; whoever draws asks, and is told when one has come. */
import type { BlobId } from '../../shared/studio.ts'

export type PictureState = ImageBitmap | 'loading' | 'failed'

export class Pictures {
  readonly #load: (blob: BlobId) => Promise<ImageBitmap>
  readonly #arrived: () => void
  readonly #failed: (error: unknown) => void
  readonly #states = new Map<BlobId, PictureState>()

  /** `failed` is told once for each picture that cannot be had. */
  constructor(
    load: (blob: BlobId) => Promise<ImageBitmap>,
    arrived: () => void = () => undefined,
    failed: (error: unknown) => void = () => undefined,
  ) {
    this.#load = load
    this.#arrived = arrived
    this.#failed = failed
  }

  /** What is known of a picture; the first call starts the loading. */
  get(blob: BlobId): PictureState {
    const known = this.#states.get(blob)
    if (known !== undefined) return known
    this.#states.set(blob, 'loading')
    this.#load(blob).then(
      (bitmap) => this.#settle(blob, bitmap),
      (error: unknown) => {
        this.#failed(error)
        this.#settle(blob, 'failed')
      },
    )
    return 'loading'
  }

  /** Waits until these pictures are there. Rejects where one cannot be had. */
  async need(blobs: readonly BlobId[]): Promise<void> {
    await Promise.all(
      [...new Set(blobs)].map(async (blob) => {
        if (typeof this.#states.get(blob) !== 'object') this.#states.set(blob, await this.#load(blob))
      }),
    )
  }

  #settle(blob: BlobId, state: PictureState): void {
    // Dropped meanwhile: nobody waits for it.
    if (!this.#states.has(blob)) {
      if (typeof state !== 'string') state.close()
      return
    }
    this.#states.set(blob, state)
    this.#arrived()
  }

  /** Frees the pictures that are not in use any more. */
  keepOnly(used: ReadonlySet<BlobId>): void {
    for (const [blob, state] of this.#states) {
      if (used.has(blob)) continue
      this.#states.delete(blob)
      if (typeof state !== 'string') state.close()
    }
  }
}
