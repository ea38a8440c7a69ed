/**
 * Persist, then publish: an event is numbered and on disk before any screen hears of it. Only that the store cannot be
 * written at all is told without.
 */
import { parseEvent, UNRECORDED, type EventName, type PayloadOf, type StudioEvent } from '../../shared/ipc.ts'
import type { Store } from '../store/store.ts'

export interface Publisher {
  publish<E extends EventName>(name: E, payload: PayloadOf<E>): void
  /** As `publish`; where the store cannot be written, screens hear of it all the same, unrecorded. */
  say<E extends EventName>(name: E, payload: PayloadOf<E>): void
  /** Changes and the event that tells of them, in one transaction. */
  publishWith<E extends EventName>(change: () => PayloadOf<E>, name: E): void
  subscribe(listener: (event: StudioEvent) => void): () => void
  last(): number
  /** What was published after `seq`, or null where that is not known any more. */
  missed(seq: number): StudioEvent[] | null
}

export function createPublisher(store: Store): Publisher {
  const listeners = new Set<(event: StudioEvent) => void>()

  /** What is kept of an event: pixels are made again on demand, and a step's record stands in its own table. */
  function kept(name: EventName, payload: unknown): unknown {
    if (name !== 'run.step') return payload
    const { run, record } = payload as PayloadOf<'run.step'>
    return { run, step: record.step }
  }

  function told(seq: number, name: string, payload: unknown): StudioEvent | null {
    if (name !== 'run.step') return parseEvent({ seq, name, payload })
    const { run, step } = payload as { run: string; step: number }
    const record = store.records.step(run, step)
    return record ? parseEvent({ seq, name, payload: { run, record } }) : null
  }

  function tell(event: StudioEvent): void {
    for (const listener of listeners) listener(event)
  }

  function numbered(name: EventName, payload: unknown): number {
    try {
      return store.events.append(name, kept(name, payload))
    } catch {
      return UNRECORDED
    }
  }

  return {
    publish(name, payload) {
      const seq = store.events.append(name, kept(name, payload))
      tell({ seq, name, payload } as StudioEvent)
    },
    say: (name, payload) => tell({ seq: numbered(name, payload), name, payload } as StudioEvent),
    publishWith(change, name) {
      const { seq, payload } = store.together(() => {
        const payload = change()
        return { seq: store.events.append(name, kept(name, payload)), payload }
      })
      tell({ seq, name, payload } as StudioEvent)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    last: () => store.events.last(),
    missed(seq) {
      const stored = store.events.since(seq)
      if (!stored) return null
      const events = stored.map((event) => told(event.seq, event.name, event.payload))
      return events.every((event) => event !== null) ? events : null
    },
  }
}
