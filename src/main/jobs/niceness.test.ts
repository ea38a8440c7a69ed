/** How nice the engine process is, in a real one where the system can show it; and when it counts as starved. */
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { describe, expect, it } from 'vitest'
import { forkWorker } from './engine-process.ts'
import { isStarved, parseTurns } from './niceness.ts'

describe('turns on a processor', () => {
  it('are read in milliseconds, and not from anything else', () => {
    expect(parseTurns('35000000 1500000 27\n')).toEqual({ ran: 35, waited: 1.5 })
    expect(parseTurns('0 0 0')).toEqual({ ran: 0, waited: 0 })
    expect(parseTurns('a b c')).toBeNull()
    expect(parseTurns('')).toBeNull()
  })
  it.each([
    ['one that waits for nearly all of its time', { ran: 50, waited: 950 }, true],
    ['one beside a page', { ran: 600, waited: 400 }, false],
    ['one that waits for most of it', { ran: 250, waited: 750 }, false],
    ['one that had next to nothing to do', { ran: 1, waited: 150 }, false],
  ])('starved is %s: %j, %s', (_what, turns, starved) => {
    const before = { ran: 1000, waited: 5000 }
    const now = { ran: before.ran + turns.ran, waited: before.waited + turns.waited }
    expect(isStarved(before, now)).toBe(starved)
  })
})

const autogroup = '/proc/self/autogroup'
const groupOf = (pid: number | 'self'): { group: string; nice: number } | null => {
  const found = /^(\S+) nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'utf8'))
  return found && { group: found[1]!, nice: Number(found[2]) }
}

describe.skipIf(!existsSync(autogroup) || groupOf('self') === null)('an engine process', () => {
  const settled = async (pid: number, nice: number): Promise<{ group: string; nice: number } | null> => {
    for (let i = 0; i < 200 && groupOf(pid)?.nice !== nice; i++) await new Promise((done) => setTimeout(done, 50))
    return groupOf(pid)
  }
  it('beside screens gives way as a session, and is nicer as a process', async () => {
    const worker = forkWorker({ besideScreens: true })
    try {
      const own = await settled(worker.pid!, 19)
      expect(own).toMatchObject({ nice: 19 })
      expect(own!.group).not.toBe(groupOf('self')!.group)
      expect(getPriority(worker.pid)).toBe(Math.min(19, getPriority() + 5))
    } finally {
      worker.kill()
    }
  })
  it('of the command line stays in the session it was started in', async () => {
    const worker = forkWorker()
    try {
      expect(await settled(worker.pid!, groupOf('self')!.nice)).toEqual(groupOf('self'))
      expect(getPriority(worker.pid)).toBe(getPriority())
    } finally {
      worker.kill()
    }
  })
})
