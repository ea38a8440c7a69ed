/** Sizes of panes: remembered, and never larger than the window has room for. */
import { useEffect, useState } from 'react'
import { useRemembered } from '../ui/remembered.ts'

export function useWindowSize(): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: window.innerWidth, height: window.innerHeight })
  useEffect(() => {
    const measure = (): void => setSize({ width: window.innerWidth, height: window.innerHeight })
    window.addEventListener('resize', measure)
    return () => window.removeEventListener('resize', measure)
  }, [])
  return size
}

/** Pixels along one side of a pane, with what a splitter needs to change it. */
export function usePane(
  key: string,
  initial: number,
  min: number,
  max: number,
): {
  readonly value: number
  readonly min: number
  readonly max: number
  readonly initial: number
  readonly onChange: (value: number) => void
} {
  const [stored, onChange] = useRemembered(`pane.${key}`, initial)
  const most = Math.max(min, max)
  return { value: Math.min(most, Math.max(min, stored)), min, max: most, initial, onChange }
}
