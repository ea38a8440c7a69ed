/** Adapters on the model of a run: stacked, weighted, taken off. They are laid on when the run starts. */
import type { ReactElement } from 'react'
import type { RunSettings } from '../../../shared/studio.ts'
import { setSettings } from '../../state/documents.ts'
import { useAdapterStack } from '../../state/library-adapters.ts'
import { AdapterStack } from '../../ui/AdapterStack.tsx'

export function AdapterFields({ settings }: { readonly settings: RunSettings }): ReactElement | null {
  const stack = useAdapterStack(settings.model, settings.adapters ?? [])
  return (
    <AdapterStack
      {...stack}
      onChange={(next) => setSettings({ adapters: next.length === 0 ? undefined : [...next] })}
    />
  )
}
