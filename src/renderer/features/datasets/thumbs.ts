/** Thumbnails of rows: asked for in batches as rows come into sight, kept as long as there is room. */
import { create } from 'zustand'
import type { DatasetRecord } from '../../../shared/dataset-records.ts'
import { api } from '../../api.ts'

export interface Thumb {
  readonly input: string | null
  readonly output: string | null
}

const KEPT = 1500
const BATCH = 40
const WAIT_MS = 30

const cache = new Map<string, Thumb>()
const wanted = new Map<string, { dataset: string; row: number }>()
let timer: ReturnType<typeof setTimeout> | null = null
let working = false

/** Grows with every batch that comes in. */
const useThumbs = create<{ readonly version: number }>(() => ({ version: 0 }))

/** A row's pictures are other pictures when their names are. */
const keyOf = (dataset: string, { key, input, output }: DatasetRecord): string =>
  `${dataset}/${key}/${input ?? ''}/${output ?? ''}`

/** The small pictures of a row; undefined while they are on their way. */
export function useThumb(dataset: string, row: DatasetRecord): Thumb | undefined {
  useThumbs((s) => s.version)
  const key = keyOf(dataset, row)
  const known = cache.get(key)
  if (!known && row.broken === null && !wanted.has(key)) {
    wanted.set(key, { dataset, row: row.key })
    timer ??= setTimeout(() => void fetchBatch(), WAIT_MS)
  }
  return known
}

async function fetchBatch(): Promise<void> {
  timer = null
  if (working) return
  working = true
  try {
    while (wanted.size > 0) {
      // What was asked for last is in sight now.
      const entries = [...wanted].reverse()
      const { dataset } = entries[0]![1]
      const batch = entries.filter(([, want]) => want.dataset === dataset).slice(0, BATCH)
      const rows = batch.map(([, { row }]) => row)
      const { thumbnails } = await api.call('datasets.thumbnails', { dataset, rows }).catch(() => ({ thumbnails: [] }))
      const byRow = new Map(thumbnails.map((thumb) => [thumb.row, thumb]))
      for (const [key, { row }] of batch) {
        const found = byRow.get(row)
        wanted.delete(key)
        keep(key, { input: urlOf(found?.input ?? null), output: urlOf(found?.output ?? null) })
      }
      useThumbs.setState(({ version }) => ({ version: version + 1 }))
    }
  } finally {
    working = false
  }
}

const urlOf = (bytes: Uint8Array | null): string | null =>
  bytes && URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/webp' }))

function keep(key: string, thumb: Thumb): void {
  cache.set(key, thumb)
  for (const [old, { input, output }] of cache) {
    if (cache.size <= KEPT) return
    cache.delete(old)
    for (const url of [input, output]) if (url !== null) URL.revokeObjectURL(url)
  }
}
