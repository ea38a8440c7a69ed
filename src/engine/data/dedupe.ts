/**
 * Finding pictures that look the same among many, without comparing each with each. A picture's _look_ is its colours on
 * an 8 x 8 grid. Two looks are the same when no value differs by more than LIGHT and the mean of no quarter by more than
 * QUARTER: JPEG and another size stay within (measured on scenes of the world: 2 and 12 of 255 at most, 95 % within 8),
 * another sprite in one of 16 cells does not (99 % beyond 10). A difference hash was tried and drowned in the texture of
 * backgrounds. Rows are put into buckets by the means of their quarters; only rows of one bucket are compared.
 */

/** Cells along a side of a look. */
export const LOOK_SIDE = 8
/** Bytes of a look: RGB, row by row. */
export const LOOK_BYTES = LOOK_SIDE * LOOK_SIDE * 3
const LIGHT = 8
const QUARTER = 2
/** Width of a bucket in each mean. Rows near its lower edge stand in the bucket below as well. */
const WIDTH = 16
/** A row is compared with so many before it in one bucket, and told to be like so many: blank pictures stay linear. */
const REACH = 256
const MATCHES = 16

/** Looks of rows, one or two pictures each, in one growing array. */
export class LookTable {
  readonly pictures: number
  readonly #bytes: number
  #data: Uint8Array
  #count = 0

  constructor(pictures: number) {
    this.pictures = pictures
    this.#bytes = pictures * LOOK_BYTES
    this.#data = new Uint8Array(this.#bytes * 1024)
  }

  get count(): number {
    return this.#count
  }

  /** The looks of one row, as many as the table has pictures. */
  add(...looks: readonly Uint8Array[]): void {
    const at = this.#count * this.#bytes
    if (at + this.#bytes > this.#data.length) {
      const larger = new Uint8Array(this.#data.length * 2)
      larger.set(this.#data)
      this.#data = larger
    }
    looks.forEach((look, i) => this.#data.set(look, at + i * LOOK_BYTES))
    this.#count++
  }

  row(index: number): Uint8Array {
    return this.#data.subarray(index * this.#bytes, (index + 1) * this.#bytes)
  }
}

/** Mean of each quarter of each picture of a row: four numbers a picture. */
function quarterMeans(row: Uint8Array): number[] {
  const half = LOOK_SIDE / 2
  const means = new Array<number>((row.length / LOOK_BYTES) * 4).fill(0)
  for (let i = 0; i < row.length; i++) {
    const pixel = Math.floor((i % LOOK_BYTES) / 3)
    const lower = Math.floor(pixel / LOOK_SIDE) >= half ? 2 : 0
    const right = pixel % LOOK_SIDE >= half ? 1 : 0
    means[Math.floor(i / LOOK_BYTES) * 4 + lower + right]! += row[i]!
  }
  return means.map((sum) => Math.fround(sum / (LOOK_BYTES / 4)))
}

/** Whether two rows look the same: the definition at the top. */
export function sameLook(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [quarterMeans(a), quarterMeans(b)]
  return one.every((mean, i) => Math.abs(mean - other[i]!) <= QUARTER) && sameLight(a, b)
}

function sameLight(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i]! - b[i]!) > LIGHT) return false
  return true
}

/** Pairs (i, j), i < j, of rows that look the same, each once, in no particular order; at most MATCHES for one j. */
export function* similarPairs(table: LookTable): Generator<[number, number]> {
  const quarters = table.pictures * 4
  const means = new Float32Array(table.count * quarters)
  for (let row = 0; row < table.count; row++) means.set(quarterMeans(table.row(row)), row * quarters)
  const same = (i: number, j: number): boolean => {
    for (let k = 0; k < quarters; k++)
      if (Math.abs(means[i * quarters + k]! - means[j * quarters + k]!) > QUARTER) return false
    return sameLight(table.row(i), table.row(j))
  }
  const { keys, rows } = fillBuckets(means, quarters)
  const order = Uint32Array.from(rows.keys()).sort((a, b) => keys[a]! - keys[b]! || rows[a]! - rows[b]!)
  const matches = new Uint8Array(table.count)
  // Of rows that stand in several buckets together.
  const seen = new Set<number>()
  let from = 0
  for (let q = 1; q < order.length; q++) {
    const at = order[q]!
    if (keys[order[from]!] !== keys[at]) {
      from = q
      continue
    }
    const j = rows[at]!
    for (let p = Math.max(from, q - REACH); p < q && matches[j]! < MATCHES; p++) {
      const i = rows[order[p]!]!
      if (i === j || !same(i, j)) continue
      const pair = i * table.count + j
      if (seen.has(pair)) continue
      seen.add(pair)
      matches[j]!++
      yield [i, j]
    }
  }
}

/**
 * Every row under the key of its bucket, and of those below whose edge it is near: two means that differ by QUARTER at
 * most are in one bucket, or the larger is so near to the edge between that it also stands with the smaller.
 */
function fillBuckets(means: Float32Array, quarters: number): { keys: number[]; rows: number[] } {
  const keys: number[] = []
  const rows: number[] = []
  for (let row = 0; row < means.length / quarters; row++) {
    let open = [0x811c9dc5 | 0]
    for (const mean of means.subarray(row * quarters, (row + 1) * quarters)) {
      const bucket = Math.floor(mean / WIDTH)
      const near = mean - bucket * WIDTH <= QUARTER && bucket > 0
      const choices = near ? [bucket, bucket - 1] : [bucket]
      // FNV-1a over the buckets' numbers.
      open = open.flatMap((key) => choices.map((choice) => Math.imul(key ^ choice, 0x01000193)))
    }
    for (const key of open) {
      keys.push(key >>> 0)
      rows.push(row)
    }
  }
  return { keys, rows }
}
