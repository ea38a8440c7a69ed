import { beforeEach, describe, expect, it } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { dismissKept, dismissToast, leaveToast, toast, toastError, useToasts } from './toasts.ts'

const shown = (): string[] => useToasts.getState().toasts.map(({ message }) => message)
const info = (message: string): string => toast({ tone: 'info', message })

beforeEach(() => useToasts.setState({ toasts: [], kept: [] }))

const kept = (): string[] => useToasts.getState().kept.map(({ message }) => message)

describe('a message', () => {
  it('of something that went wrong is kept when it leaves, with its diagnostics and its action, until it is dismissed', () => {
    toastError(new TandemError('The disk is full.', 'Free some space.'))
    toastError(new TandemError('The run failed.', 'Try again.'), { label: 'Continue it', run: () => undefined })
    info('Saved.')
    const { toasts } = useToasts.getState()
    expect(toasts.every(({ ms }) => ms !== null)).toBe(true)
    for (const { id } of toasts) leaveToast(id)
    expect(shown()).toEqual([])
    expect(kept()).toEqual(['The disk is full.', 'The run failed.'])
    expect(useToasts.getState().kept[0]!.diagnostics).toContain('Free some space.')
    expect(useToasts.getState().kept[1]!.action?.label).toBe('Continue it')
    dismissToast(toasts[0]!.id)
    expect(kept()).toEqual(['The run failed.'])
    dismissKept()
    expect(kept()).toEqual([])
  })

  it('that is dismissed on the screen is not kept, and one that is said again is not kept beside itself', () => {
    const error = new TandemError('The run failed.', 'Try again.')
    toastError(error)
    dismissToast(useToasts.getState().toasts[0]!.id)
    expect(kept()).toEqual([])
    toastError(error)
    leaveToast(useToasts.getState().toasts[0]!.id)
    toastError(error)
    expect([shown(), kept()]).toEqual([['The run failed.'], []])
  })

  it('too many push out the oldest that would have left anyway, which is kept as it would have been; what stays stays', () => {
    toast({ tone: 'warning', message: 'first', ms: null })
    toastError(new TandemError('wrong', ''))
    for (const message of ['a', 'b']) info(message)
    info('c')
    expect([shown(), kept()]).toEqual([['first', 'a', 'b', 'c'], ['wrong']])
    info('d')
    expect([shown(), kept()]).toEqual([['first', 'b', 'c', 'd'], ['wrong']])
  })

  it('no more than twenty are kept', () => {
    for (let i = 0; i < 24; i++) {
      toastError(new TandemError(`error ${i}`, ''))
      leaveToast(useToasts.getState().toasts.at(-1)!.id)
    }
    expect(kept()).toEqual(Array.from({ length: 20 }, (_, i) => `error ${i + 4}`))
  })

  it('that is said again stands once', () => {
    info('a')
    info('b')
    info('a')
    expect(shown()).toEqual(['b', 'a'])
  })
})
