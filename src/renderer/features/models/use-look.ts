/** What a chosen folder holds, asked for again when the choice changes; answers to an older choice are dropped. */
import { useEffect, useState } from 'react'
import type { CheckpointSource } from '../../../shared/checkpoint-jobs.ts'
import type { CheckpointLook } from '../../../shared/checkpoints.ts'
import type { ResultOf } from '../../../shared/ipc.ts'
import { api } from '../../api.ts'
import { asWords } from '../../state/problems.ts'

export type Found = ResultOf<'checkpoints.look'>
export type Choice = CheckpointLook['choices'][number]

export function useLook(source: CheckpointSource | null): {
  readonly found: Found | null
  readonly looking: boolean
  readonly fault: string | null
} {
  const [state, setState] = useState<{ found: Found | null; looking: boolean; fault: string | null }>({
    found: null,
    looking: false,
    fault: null,
  })
  const key = JSON.stringify(source)
  useEffect(() => {
    const asked = JSON.parse(key) as CheckpointSource | null
    if (!asked) return
    let current = true
    // Of the same folder the last answer stays until the next is here.
    setState((before) => ({ ...before, looking: true, fault: null }))
    api.call('checkpoints.look', asked).then(
      (found) => current && setState({ found, looking: false, fault: null }),
      (reason: unknown) => current && setState({ found: null, looking: false, fault: asWords(reason) }),
    )
    return () => {
      current = false
    }
  }, [key])
  return state
}
