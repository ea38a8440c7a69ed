/** Something asked of the service for a view: its answer, or why there is none. A newer question makes an older one void. */
import { useCallback, useEffect, useState } from 'react'
import { asWords } from '../../state/problems.ts'

export interface Answer<T> {
  readonly value: T | null
  readonly error: string | null
  readonly loading: boolean
  readonly again: () => void
}

/**
 * `key` says what is asked: another key empties the answer. `pulse` asks the same again and keeps what is shown until the
 * new answer is there.
 */
export function useAnswer<T>(key: string, ask: () => Promise<T>, pulse: unknown = null): Answer<T> {
  const [state, setState] = useState<{ key: string; value: T | null; error: string | null }>({
    key,
    value: null,
    error: null,
  })
  const [round, setRound] = useState(0)
  const [settled, setSettled] = useState<string | null>(null)
  const turn = `${key} ${round} ${String(pulse)}`
  useEffect(() => {
    let live = true
    ask().then(
      (value) => {
        if (!live) return
        setState({ key, value, error: null })
        setSettled(turn)
      },
      (error: unknown) => {
        if (!live) return
        setState({ key, value: null, error: asWords(error) })
        setSettled(turn)
      },
    )
    return () => {
      live = false
    }
    // `ask` is made anew with every drawing; what it asks is in the key.
  }, [turn])
  const again = useCallback(() => setRound((n) => n + 1), [])
  const own = state.key === key
  return { value: own ? state.value : null, error: own ? state.error : null, loading: settled !== turn, again }
}

/** A count that grows while `going`, once in so many milliseconds: a pulse for what changes by itself. */
export function usePulse(going: boolean, ms: number): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    if (!going) return
    const timer = setInterval(() => setCount((n) => n + 1), ms)
    return () => clearInterval(timer)
  }, [going, ms])
  return count
}
