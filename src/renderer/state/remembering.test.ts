/** The screens' memory: kept soon, together, and until it is taken. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { recall, remember } from '../ui/remembered.ts'
import { keepRemembered } from './remembering.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('what the screens remember', () => {
  it('is what was kept, where it has the kind that is asked for', () => {
    keepRemembered({ drawer: 'queue', 'pane.side': 300 }, () => Promise.resolve())
    expect(recall('drawer', 'tray')).toBe('queue')
    expect(recall('pane.side', 320)).toBe(300)
    expect(recall('pane.side', 'wide')).toBe('wide')
    expect(recall('nothing', true)).toBe(true)
  })

  it('goes out within 300 ms, the last value of each, in one message', () => {
    const send = vi.fn(() => Promise.resolve())
    keepRemembered({}, send)
    remember('drawer', 'history')
    remember('drawer', 'queue')
    remember('tab', 'layers')
    vi.advanceTimersByTime(300)
    expect(send.mock.calls).toEqual([[{ drawer: 'queue', tab: 'layers' }]])
  })

  it('goes out every second while it changes all the time', () => {
    const send = vi.fn(() => Promise.resolve())
    keepRemembered({}, send)
    for (let i = 0; i < 50; i++) {
      remember('x', i)
      vi.advanceTimersByTime(100)
    }
    expect(send.mock.calls.length).toBeGreaterThanOrEqual(4)
  })

  it('that did not change is not sent', () => {
    const send = vi.fn(() => Promise.resolve())
    keepRemembered({ drawer: 'queue' }, send)
    remember('drawer', 'queue')
    remember('absent', null)
    vi.advanceTimersByTime(5000)
    expect(send).not.toHaveBeenCalled()
  })

  it('waits for a service that is away, and does not undo what changed since', async () => {
    const send = vi.fn<(entries: object) => Promise<unknown>>().mockRejectedValueOnce(new Error('away'))
    send.mockResolvedValue({})
    keepRemembered({}, send)
    remember('drawer', 'history')
    remember('tab', 'layers')
    await vi.advanceTimersByTimeAsync(300)
    remember('drawer', 'queue')
    await vi.advanceTimersByTimeAsync(5000)
    expect(send.mock.calls.slice(1).reduce((all, [entries]) => ({ ...all, ...entries }), {})).toEqual({
      drawer: 'queue',
      tab: 'layers',
    })
  })

  it('goes out at once when the page goes', () => {
    const send = vi.fn(() => Promise.resolve())
    const { flush } = keepRemembered({}, send)
    remember('drawer', null)
    remember('drawer', 'queue')
    flush()
    expect(send).toHaveBeenCalledWith({ drawer: 'queue' })
  })
})
