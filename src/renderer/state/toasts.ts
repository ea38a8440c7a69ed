/** Messages to the person: a cause, what to do, at most one action, and of an error diagnostics to copy. */
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import type { Toast } from '../ui/Toasts.tsx'
import { problemOf, reportText } from './problems.ts'

interface Messages {
  readonly toasts: readonly Toast[]
  /** What went wrong and has left the screen unread, perhaps: the bar has it, oldest first. */
  readonly kept: readonly Toast[]
}

export const useToasts = create<Messages>(() => ({ toasts: [], kept: [] }))

/** More than these are a wall, not messages: the oldest leaves, first of those that would leave by themselves. */
const MOST = 4
const MOST_KEPT = 20
const USUAL_MS = 6000
const LONG_MS = 15_000
let next = 0

export type ToastInput = Omit<Toast, 'id' | 'ms' | 'keeps'> & { readonly ms?: number | null; readonly keeps?: boolean }

/** Shows a message. The same words again replace the ones that stand there. Returns its id. */
export function toast(input: ToastInput): string {
  const id = `toast-${next++}`
  const danger = input.tone === 'danger'
  const { tone, message, remedy, ms = danger || input.action ? LONG_MS : USUAL_MS, keeps = danger } = input
  // When it is copied, other things may be set than when it happened.
  const diagnostics = input.diagnostics ?? (danger ? reportText({ message, remedy }) : undefined)
  const isOther = (other: Toast): boolean => other.message !== input.message
  const others = useToasts.getState().toasts.filter(isOther)
  const leaving = others.length < MOST ? undefined : (others.find((other) => other.ms !== null) ?? others[0])
  if (leaving) leaveToast(leaving.id)
  useToasts.setState(({ kept }) => ({
    toasts: [...others.filter((other) => other !== leaving), { ...input, tone, diagnostics, id, ms, keeps }],
    kept: kept.filter(isOther),
  }))
  return id
}

/** It is read: nothing of it stays. */
export function dismissToast(id: string): void {
  const without = (all: readonly Toast[]): readonly Toast[] => all.filter((other) => other.id !== id)
  useToasts.setState(({ toasts, kept }) => ({ toasts: without(toasts), kept: without(kept) }))
}

/** Its time on the screen is over: what went wrong waits in the bar, with what can be done about it. */
export function leaveToast(id: string): void {
  const leaving = useToasts.getState().toasts.find((other) => other.id === id)
  dismissToast(id)
  if (leaving?.keeps) useToasts.setState(({ kept }) => ({ kept: [...kept, leaving].slice(-MOST_KEPT) }))
}

export const dismissKept = (): void => useToasts.setState({ kept: [] })

/** What went wrong, in words; what the person cancelled is no news. */
export function toastError(error: unknown, action?: Toast['action']): void {
  if (error instanceof TandemError && error.kind === 'cancelled') return
  const problem = problemOf(error)
  const { message, remedy } = problem
  toast({ tone: 'danger', message, remedy, action, diagnostics: reportText(problem) })
}
