/** A stream worked on several items at a time: results come in order, and no more than `width` are ever held. */
export async function* mapOrdered<T, R>(
  items: AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const waiting: Promise<R>[] = []
  const source = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await source.next()
      if (next.done) break
      const result = work(next.value)
      // Whoever awaits it later hears of a failure; until then it must not count as unheard.
      result.catch(() => undefined)
      waiting.push(result)
      if (waiting.length >= width) yield await waiting.shift()!
    }
    while (waiting.length > 0) yield await waiting.shift()!
  } finally {
    await source.return?.()
    await Promise.allSettled(waiting)
  }
}
