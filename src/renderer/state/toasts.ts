/** Messages to the person: a cause, what to do, at most one action, and of an error diagnostics to copy. */
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import type { Toast } from '../ui/feedback.tsx'
import { problemOf, reportText } from './problems.ts'

export const useToasts = create<{ readonly toasts: readonly Toast[] }>(() => ({ toasts: [] }))

/** More than these are a wall, not messages: the oldest leaves, first of those that would leave by themselves. */
const MOST = 4
const USUAL_MS = 6000
const LONG_MS = 15_000
let next = 0

export type ToastInput = Omit<Toast, 'id' | 'ms'> & { readonly ms?: number | null }

/** Shows a message. The same words again replace the ones that stand there. Returns its id. */
export function toast(input: ToastInput): string {
  const id = `toast-${next++}`
  // Null: it stays until it is dismissed, as what went wrong does, with the diagnostics that it offers.
  const usual = input.tone === 'danger' ? null : input.action ? LONG_MS : USUAL_MS
  const ms = input.ms === undefined ? usual : input.ms
  const { tone, message, remedy } = input
  // When it is copied, other things may be set than when it happened.
  const diagnostics = input.diagnostics ?? (tone === 'danger' ? reportText({ message, remedy }) : undefined)
  const others = useToasts.getState().toasts.filter((other) => other.message !== input.message)
  const leaving = others.length < MOST ? undefined : (others.find((other) => other.ms !== null) ?? others[0])
  useToasts.setState({
    toasts: [...others.filter((other) => other !== leaving), { ...input, diagnostics, id, ms }],
  })
  return id
}

export function dismissToast(id: string): void {
  useToasts.setState({ toasts: useToasts.getState().toasts.filter((other) => other.id !== id) })
}

/** What went wrong, in words; what the person cancelled is no news. */
export function toastError(error: unknown, action?: Toast['action']): void {
  if (error instanceof TandemError && error.kind === 'cancelled') return
  const problem = problemOf(error)
  const { message, remedy } = problem
  toast({ tone: 'danger', message, remedy, action, diagnostics: reportText(problem) })
}
