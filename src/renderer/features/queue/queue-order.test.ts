import { describe, expect, it } from 'vitest'
import type { QueueItem } from '../../../shared/studio.ts'
import { dropTarget, lanesOf, moveTarget } from './queue-order.ts'

const item = (
  run: string,
  state: QueueItem['state'] = 'queued',
  lane: QueueItem['lane'] = 'interactive',
): QueueItem => ({
  run,
  state,
  lane,
  step: 0,
  steps: 16,
  instruction: '',
  seed: 1,
  etaMs: null,
})
const queue = [item('a', 'running'), item('b'), item('c'), item('d')]

describe('the queue', () => {
  it('shows both lanes, what runs first', () => {
    const [interactive, background] = lanesOf([item('x'), item('y', 'running'), item('z', 'queued', 'background')])
    expect(interactive?.items.map(({ run }) => run)).toEqual(['y', 'x'])
    expect(background?.items.map(({ run }) => run)).toEqual(['z'])
  })
  it('moves a waiting run by one place, and never before what runs', () => {
    expect(moveTarget(queue, 'c', -1)).toBe('b')
    expect(moveTarget(queue, 'b', 1)).toBe('d')
    expect(moveTarget(queue, 'c', 1)).toBeNull()
    expect(moveTarget(queue, 'b', -1)).toBeUndefined()
    expect(moveTarget(queue, 'd', 1)).toBeUndefined()
    expect(moveTarget(queue, 'a', 1)).toBeUndefined()
  })
  it('puts a dropped run where it was dropped', () => {
    expect(dropTarget(queue, 'd', 'b')).toBe('b')
    expect(dropTarget(queue, 'b', 'd')).toBeNull()
    expect(dropTarget(queue, 'b', 'c')).toBe('d')
    expect(dropTarget(queue, 'b', 'b')).toBeUndefined()
    expect(dropTarget(queue, 'a', 'c')).toBeUndefined()
  })
})
