/** The queue as lanes, and where a run goes when it is moved. Pure. */
import type { QueueItem } from '../../../shared/studio.ts'

export interface Lane {
  readonly lane: QueueItem['lane']
  readonly items: readonly QueueItem[]
}

/** Both lanes, what runs first. */
export const lanesOf = (queue: readonly QueueItem[]): readonly Lane[] =>
  (['interactive', 'background'] as const).map((lane) => ({
    lane,
    items: [...queue.filter((item) => item.lane === lane)].sort(
      (a, b) => Number(a.state === 'queued') - Number(b.state === 'queued'),
    ),
  }))

/** Before which run a waiting one goes when it is moved up or down; undefined where it cannot go further. */
export function moveTarget(items: readonly QueueItem[], run: string, by: 1 | -1): string | null | undefined {
  const waiting = items.filter((item) => item.state === 'queued')
  const at = waiting.findIndex((item) => item.run === run)
  if (at < 0) return undefined
  if (by < 0) return at === 0 ? undefined : waiting[at - 1]!.run
  return at === waiting.length - 1 ? undefined : (waiting[at + 2]?.run ?? null)
}

/** Before which run a waiting one goes when it is dropped on another; undefined where nothing changes. */
export function dropTarget(items: readonly QueueItem[], dragged: string, onto: string): string | null | undefined {
  const waiting = items.filter((item) => item.state === 'queued')
  const from = waiting.findIndex((item) => item.run === dragged)
  const to = waiting.findIndex((item) => item.run === onto)
  if (from < 0 || to < 0 || from === to) return undefined
  return from > to ? onto : (waiting[to + 1]?.run ?? null)
}
