/** How fast a model runs on this machine: one measurement at a time, in the lane of interactive runs, so that jobs give way. */
import { TandemError } from '../../../shared/errors.ts'
import { engineProfileSchema, type EngineProfile } from '../../../shared/engine-profile.ts'
import { isJobEnd } from '../../../shared/jobs.ts'
import { providerFor } from '../../providers.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

const ROUNDS = 12

interface Measuring {
  readonly model: string
  readonly stop: AbortController
  done: number
  total: number
}

export function engineHandlers({ models, lanes, publisher, closing, store, options }: HandlerDeps): Handlers<'engine'> {
  const found = new Map<string, EngineProfile>()
  let now: Measuring | null = null

  async function measure(own: Measuring, path: string): Promise<EngineProfile | null> {
    const signal = AbortSignal.any([own.stop.signal, closing])
    // On what runs are computed on.
    const provider = await providerFor(store.preferences.get().provider, options.data)
    const spec = { kind: 'engine-profile', model: path, provider, rounds: ROUNDS } as const
    let profile: EngineProfile | null = null
    for await (const event of lanes.run('interactive', spec, signal)) {
      if (event.type === 'started') own.total = Math.max(1, event.total)
      if (event.type === 'progress') own.done = event.done
      if (event.type === 'started' || event.type === 'progress')
        publisher.publish('engine.measuring', { model: own.model, done: own.done, total: own.total })
      if (event.type === 'result') profile = engineProfileSchema.parse(event.result)
      if (isJobEnd(event) && event.type === 'failed') throw new TandemError(event.message, event.remedy, event.kind)
      if (isJobEnd(event) && event.type === 'cancelled') return null
    }
    return profile
  }

  async function carryOut(own: Measuring, path: string): Promise<void> {
    const outcome = await measure(own, path).then(
      (profile) => ({ profile, error: null }),
      (error: unknown) => {
        const known = error instanceof TandemError ? error : null
        return {
          profile: null,
          error: {
            message: known?.message ?? 'The measurement broke off.',
            remedy: known?.remedy ?? 'Measure once more.',
          },
        }
      },
    )
    if (outcome.profile) found.set(own.model, outcome.profile)
    now = null
    if (!closing.aborted) publisher.publish('engine.measured', { model: own.model, ...outcome })
  }

  return {
    'engine.profile': ({ model }) =>
      Promise.resolve({
        profile: found.get(model) ?? null,
        measuring: now && { model: now.model, done: now.done, total: now.total },
      }),
    'engine.measure': async ({ model }) => {
      if (now)
        throw new TandemError(
          `${now.model} is being measured.`,
          'Wait for it, or stop it: two at once slow each other.',
        )
      const own: Measuring = { model, stop: new AbortController(), done: 0, total: 1 }
      now = own
      try {
        const path = await models.path(model)
        publisher.publish('engine.measuring', { model, done: 0, total: 1 })
        void carryOut(own, path)
      } catch (error) {
        now = null
        throw error
      }
      return {}
    },
    'engine.stop': () => {
      now?.stop.abort()
      return Promise.resolve({})
    },
  }
}
