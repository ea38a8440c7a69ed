/**
 * A predictor that survives its provider: where a device fails in the middle of a run (its memory ran out, its driver was
 * reset, it went to sleep), the same step is computed on the processor and the run goes on. All randomness of a step comes
 * with its request, so nothing is drawn twice.
 */
import { TandemError, describeError } from '../../shared/errors.ts'
import type { ProviderName } from '../runtime/providers.ts'
import type { ModelPredictor } from './predictor.ts'

export interface Fall {
  readonly from: ProviderName
  readonly to: ProviderName
  /** In the runtime's words, one line. */
  readonly reason: string
}

/** What a model computes on, as all its predictors know it: a provider that failed once is not asked again. */
export interface ProviderState {
  readonly current: ProviderName
  fall(from: ProviderName, reason: string): void
  /** What happened since the last call. */
  take(): Fall[]
}

/** The provider nothing falls back from. */
const LAST: ProviderName = 'cpu'

export function createProviderState(first: ProviderName): ProviderState {
  let current = first
  let falls: Fall[] = []
  return {
    get current() {
      return current
    },
    fall(from, reason) {
      // Another predictor of the model may have been first.
      if (current !== from) return
      current = LAST
      falls.push({ from, to: LAST, reason })
    },
    take() {
      const taken = falls
      falls = []
      return taken
    },
  }
}

/** A predictor over whatever the model computes on now. `make` opens one on a provider. */
export function fallingBack(state: ProviderState, make: (provider: ProviderName) => ModelPredictor): ModelPredictor {
  let on = state.current
  let predictor = make(on)
  const before = { computed: 0, known: 0 }

  async function reopen(): Promise<void> {
    before.computed += predictor.rows.computed
    before.known += predictor.rows.known
    // A session of a device that is gone may not even close.
    await predictor.dispose().catch(() => undefined)
    on = state.current
    predictor = make(on)
  }
  return {
    get rows() {
      return { computed: before.computed + predictor.rows.computed, known: before.known + predictor.rows.known }
    },
    async predict(request) {
      if (on !== state.current) await reopen()
      try {
        return await predictor.predict(request)
      } catch (error) {
        if (on === LAST || error instanceof TandemError) throw error
        state.fall(on, describeError(error).slice(0, 300))
        await reopen()
        return predictor.predict(request)
      }
    },
    dispose: () => predictor.dispose(),
  }
}
