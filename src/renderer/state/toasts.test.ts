import { beforeEach, describe, expect, it } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { dismissToast, toast, toastError, useToasts } from './toasts.ts'

const shown = (): string[] => useToasts.getState().toasts.map(({ message }) => message)
const info = (message: string): string => toast({ tone: 'info', message })

beforeEach(() => useToasts.setState({ toasts: [] }))

describe('a message', () => {
  it('of something that went wrong stays until it is dismissed, with its diagnostics; others leave by themselves', () => {
    toastError(new TandemError('The disk is full.', 'Free some space.'))
    toastError(new TandemError('The run failed.', 'Try again.'), { label: 'Continue it', run: () => undefined })
    info('Saved.')
    const { toasts } = useToasts.getState()
    expect(toasts.map(({ ms }) => ms)).toEqual([null, null, expect.any(Number)])
    expect(toasts[0]!.diagnostics).toContain('Free some space.')
    dismissToast(toasts[0]!.id)
    expect(shown()).toEqual(['The run failed.', 'Saved.'])
  })

  it('too many pushes out the oldest that would have left anyway, and one that stays only where there is none', () => {
    toastError(new TandemError('first', ''))
    for (const message of ['a', 'b', 'c']) info(message)
    info('d')
    expect(shown()).toEqual(['first', 'b', 'c', 'd'])
    for (const message of ['second', 'third', 'fourth']) toastError(new TandemError(message, ''))
    expect(shown()).toEqual(['first', 'second', 'third', 'fourth'])
    info('e')
    expect(shown()).toEqual(['second', 'third', 'fourth', 'e'])
  })

  it('that is said again stands once', () => {
    info('a')
    info('b')
    info('a')
    expect(shown()).toEqual(['b', 'a'])
  })
})
