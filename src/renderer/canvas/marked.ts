/**
 * A surface that follows a list of marks: one more mark draws one mark, one less puts its patch back, anything else
 * draws again from the start. Marks are immutable, so identity tells what is new.
 */
import type { Box } from '../../shared/studio.ts'
import { intersect, roundOut, union } from './geometry.ts'
import { Surface, type Patch } from './surface.ts'

/** Pixels of patches kept at most for one surface. */
const PATCH_PIXELS = 24e6
/** Of a long list drawn at once only the last marks get patches: those a person may undo next. */
const PATCHED_AT_ONCE = 8
/** Canvases grow by whole tiles, so that a stroke across the edge does not move them each time. */
const TILE = 256

export interface MarkPainter<M> {
  /** The pixels a mark may change; null for none. */
  reach(mark: M): Box | null
  /** Whether a mark can colour pixels where there were none; others never enlarge the surface. */
  adds(mark: M): boolean
  /** False where the mark cannot be drawn yet: those after it wait. */
  ready(mark: M): boolean
  paint(mark: M, surface: Surface, reach: Box): void
}

/** Where surfaces may reach: a transform can push a layer far out, memory cannot follow. */
const LIMIT: Box = { x: -8192, y: -8192, width: 24576, height: 24576 }

export class MarkedSurface<M> {
  readonly #painter: MarkPainter<M>
  readonly #fixed: Box | null
  #drawn: readonly M[] = []
  #patches: (Patch | null)[] = []
  #patchPixels = 0
  #surface: Surface | null = null
  /** Grows whenever pixels change. */
  version = 0

  /** `fixed`: where the surface lies; without it the surface grows as its marks do. */
  constructor(painter: MarkPainter<M>, fixed: Box | null = null) {
    this.#painter = painter
    this.#fixed = fixed
  }

  get surface(): Surface | null {
    return this.#surface
  }

  /** Makes the pixels those of `marks`. Returns whether all of them are drawn: pictures may still be on their way. */
  sync(marks: readonly M[]): boolean {
    let shared = 0
    while (shared < this.#drawn.length && this.#drawn[shared] === marks[shared]) shared++
    if (shared < this.#drawn.length) this.#back(shared)
    const first = this.#drawn.length
    const upTo = this.#readyFrom(marks, first)
    if (upTo > first) {
      this.#makeRoom(marks.slice(first, upTo))
      for (let i = first; i < upTo; i++) this.#add(marks[i]!, upTo - i <= PATCHED_AT_ONCE)
      this.#drawn = marks.slice(0, upTo)
      this.version++
    }
    return upTo === marks.length
  }

  #readyFrom(marks: readonly M[], first: number): number {
    let i = first
    while (i < marks.length && this.#painter.ready(marks[i]!)) i++
    return i
  }

  #back(to: number): void {
    this.version++
    const undone = this.#patches.slice(to)
    if (undone.every((patch) => patch !== null)) {
      for (const patch of undone.reverse()) {
        this.#surface?.putBack(patch)
        this.#patchPixels -= patch.box.width * patch.box.height
      }
      this.#patches.length = to
      this.#drawn = this.#drawn.slice(0, to)
      return
    }
    this.#surface = null
    this.#patches = []
    this.#patchPixels = 0
    this.#drawn = []
  }

  /** One growth for all the marks that are about to come. */
  #makeRoom(marks: readonly M[]): void {
    let needed: Box | null = this.#fixed
    if (!needed) {
      for (const mark of marks) if (this.#painter.adds(mark)) needed = union(needed, this.#painter.reach(mark))
      needed = needed && intersect(roundOut(needed, TILE), LIMIT)
    }
    if (!needed) return
    const has = this.#surface?.box ?? null
    const all = union(has, needed)!
    if (!this.#surface) this.#surface = new Surface(all)
    else if (has && (all.width !== has.width || all.height !== has.height)) this.#surface = this.#surface.grown(all)
  }

  #add(mark: M, patched: boolean): void {
    const reach = this.#painter.reach(mark)
    const part = reach && this.#surface && intersect(roundOut(reach, 1), this.#surface.box)
    if (!part || !this.#surface) {
      // Nothing to cover: going back over it is free.
      this.#patches.push({ box: { x: 0, y: 0, width: 0, height: 0 }, pixels: nothing() })
      return
    }
    const patch = patched ? this.#surface.take(part) : null
    this.#patches.push(patch)
    if (patch) this.#forget(patch.box.width * patch.box.height)
    this.#painter.paint(mark, this.#surface, part)
  }

  #forget(added: number): void {
    this.#patchPixels += added
    for (let i = 0; i < this.#patches.length - 1 && this.#patchPixels > PATCH_PIXELS; i++) {
      const patch = this.#patches[i]
      if (!patch) continue
      this.#patchPixels -= patch.box.width * patch.box.height
      this.#patches[i] = null
    }
  }
}

let empty: OffscreenCanvas | null = null
const nothing = (): OffscreenCanvas => (empty ??= new OffscreenCanvas(1, 1))
