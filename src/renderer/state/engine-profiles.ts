/** How fast models run on this machine, as far as it was measured; a measurement goes on when the page is loaded again. */
import { create } from 'zustand'
import type { EngineProfile } from '../../shared/engine-profile.ts'
import { api } from '../api.ts'
import { toastError } from './toasts.ts'

interface EngineProfiles {
  readonly profiles: ReadonlyMap<string, EngineProfile>
  /** What is being measured; `stopping` once it was asked to end. */
  readonly measuring: { readonly model: string; readonly done: number; readonly total: number } | null
  readonly stopping: boolean
  /** Why the last measurement of a model gave nothing. */
  readonly failed: { readonly model: string; readonly message: string; readonly remedy: string } | null
}

export const useEngineProfiles = create<EngineProfiles>(() => ({
  profiles: new Map(),
  measuring: null,
  stopping: false,
  failed: null,
}))

const keep = (model: string, profile: EngineProfile | null): void => {
  if (profile) useEngineProfiles.setState(({ profiles }) => ({ profiles: new Map(profiles).set(model, profile) }))
}

export function loadEngineProfile(model: string): void {
  api
    .call('engine.profile', { model })
    .then(({ profile, measuring }) => {
      keep(model, profile)
      useEngineProfiles.setState({ measuring })
    })
    .catch(toastError)
}

export function measureEngine(model: string): void {
  useEngineProfiles.setState({ failed: null, stopping: false })
  api.call('engine.measure', { model }).catch(toastError)
}

export function stopMeasuring(): void {
  useEngineProfiles.setState({ stopping: true })
  api.call('engine.stop', {}).catch(toastError)
}

export function followEngineProfiles(): void {
  api.on('engine.measuring', (measuring) => useEngineProfiles.setState({ measuring }))
  api.on('engine.measured', ({ model, profile, error }) => {
    keep(model, profile)
    useEngineProfiles.setState({ measuring: null, stopping: false, failed: error && { model, ...error } })
  })
}
