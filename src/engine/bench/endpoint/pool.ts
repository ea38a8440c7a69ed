/** Work on many items with a few at a time; results are handed out as they come. */
export async function* pool<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running = new Map<number, Promise<{ at: number; result: R }>>()
  let next = 0
  const start = (): void => {
    const at = next++
    running.set(
      at,
      work(items[at]!).then((result) => ({ at, result })),
    )
  }
  try {
    while (next < items.length || running.size > 0) {
      while (next < items.length && running.size < width) start()
      const { at, result } = await Promise.race(running.values())
      running.delete(at)
      yield result
    }
  } finally {
    // Whoever stops early must not be surprised by a rejection that nobody awaits.
    await Promise.allSettled(running.values())
  }
}
