/** How the screens were left: kept at once, told to nobody. */
import type { HandlerDeps, Handlers } from './deps.ts'

export function layoutHandlers({ store }: HandlerDeps): Handlers<'layout'> {
  return {
    'layout.get': () => Promise.resolve({ entries: store.layout.get() }),
    'layout.set': ({ entries }) => {
      store.layout.set(entries)
      return Promise.resolve({})
    },
  }
}
