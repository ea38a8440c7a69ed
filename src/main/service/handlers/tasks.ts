/** Stopping calls that take a while. */
import type { HandlerDeps, Handlers } from './deps.ts'

export const taskHandlers = ({ tasks }: HandlerDeps): Handlers<'tasks'> => ({
  'tasks.cancel': ({ task }) => {
    tasks.cancel(task)
    return Promise.resolve({})
  },
})
