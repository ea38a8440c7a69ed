/** Messages to the person: a cause, what to do, at most one action, and diagnostics to copy where something broke. */
import { create } from 'zustand'
import { describeError, TandemError } from '../../shared/errors.ts'
import type { Toast } from '../ui/feedback.tsx'

export const useToasts = create<{ readonly toasts: readonly Toast[] }>(() => ({ toasts: [] }))

/** More than these are a wall, not messages: the oldest leaves. */
const MOST = 4
const USUAL_MS = 6000
const LONG_MS = 15_000
let next = 0

export type ToastInput = Omit<Toast, 'id' | 'ms'> & { readonly ms?: number | null }

/** Shows a message. The same words again replace the ones that stand there. Returns its id. */
export function toast(input: ToastInput): string {
  const id = `toast-${next++}`
  const usual = input.tone === 'danger' || input.action ? LONG_MS : USUAL_MS
  // Null is an answer: it stays until it is dismissed.
  const ms = input.ms === undefined ? usual : input.ms
  const others = useToasts.getState().toasts.filter((other) => other.message !== input.message)
  useToasts.setState({ toasts: [...others, { ...input, id, ms }].slice(-MOST) })
  return id
}

export function dismissToast(id: string): void {
  useToasts.setState({ toasts: useToasts.getState().toasts.filter((other) => other.id !== id) })
}

/** What went wrong, in words. A defect of ours keeps its stack for the report; what the person cancelled is no news. */
export function toastError(error: unknown, action?: Toast['action']): void {
  if (error instanceof TandemError) {
    if (error.kind === 'cancelled') return
    const diagnostics = error.kind === 'internal' ? (error.stack ?? error.message) : undefined
    toast({ tone: 'danger', message: error.message, remedy: error.remedy, action, diagnostics })
    return
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  toast({
    tone: 'danger',
    message: 'Something in the studio broke.',
    remedy: 'Try again. If it happens again, copy the diagnostics into a report.',
    action,
    diagnostics: stack,
  })
}

/** One sentence for a failure, to be shown in place. */
export const asWords = (error: unknown): string =>
  error instanceof TandemError ? describeError(error) : 'Something in the studio broke. Try again.'
