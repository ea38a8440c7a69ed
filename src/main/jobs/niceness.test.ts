/** How nice the engine process is, in a real one where the system can show it; and when it counts as starved. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { describe, expect, it } from 'vitest'
import { forkWorker } from './engine-process.ts'
import { nextStance, parseTurns, watchSession } from './niceness.ts'

describe('turns on a processor', () => {
  it('are read in milliseconds, and not from anything else', () => {
    expect(parseTurns('35000000 1500000 27\n')).toEqual({ ran: 35, waited: 1.5 })
    expect(parseTurns('0 0 0')).toEqual({ ran: 0, waited: 0 })
    expect(parseTurns('a b c')).toBeNull()
    expect(parseTurns('')).toBeNull()
  })
})

describe('a session', () => {
  const given = { givesWay: true, holdsUntil: 0 }
  const held = { givesWay: false, holdsUntil: 0 }
  it.each([
    ['that gives way and waits for nearly all of its time holds its place', given, { ran: 20, waited: 980 }, 1, false],
    ['that gives way to a page goes on giving way', given, { ran: 300, waited: 700 }, 1, true],
    ['that holds its place beside a page gives way', held, { ran: 600, waited: 400 }, 1, true],
    ['that holds its place and waits for most of its time keeps it', held, { ran: 240, waited: 760 }, 1, false],
    ['that was starved a moment ago keeps its place', { ...held, holdsUntil: 5000 }, { ran: 990, waited: 0 }, 1, false],
    ['that was starved long ago gives way again', { ...held, holdsUntil: 5000 }, { ran: 990, waited: 0 }, 5001, true],
    ['that has nothing to do stays as it gives way', given, { ran: 1, waited: 400 }, 1, true],
    ['that has nothing to do stays as it holds', held, { ran: 1, waited: 0 }, 1, false],
  ])('%s', (_what, stance, turns, now, givesWay) => {
    const before = { ran: 1000, waited: 5000 }
    const after = { ran: before.ran + turns.ran, waited: before.waited + turns.waited }
    const next = nextStance(stance, before, after, now)
    expect(next.givesWay).toBe(givesWay)
    expect(next.holdsUntil).toBe(stance.givesWay && !givesWay ? now + 3000 : stance.holdsUntil)
  })
})

const autogroup = '/proc/self/autogroup'
const groupOf = (pid: number | 'self'): { group: string; nice: number } | null => {
  const found = /^(\S+) nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'utf8'))
  return found && { group: found[1]!, nice: Number(found[2]) }
}

describe.skipIf(!existsSync(autogroup) || groupOf('self') === null)('an engine process', () => {
  const until = async (is: () => boolean): Promise<void> => {
    for (let i = 0; i < 400 && !is(); i++) await new Promise((done) => setTimeout(done, 25))
    expect(is()).toBe(true)
  }
  it('beside screens is nicer as a process, and leads a session', async () => {
    const worker = forkWorker({ besideScreens: true })
    try {
      const nice = Math.min(19, getPriority() + 5)
      await until(() => getPriority(worker.pid) === nice)
      expect(groupOf(worker.pid!)!.group).not.toBe(groupOf('self')!.group)
    } finally {
      worker.kill()
    }
  })
  it('is told to give way by whoever watches its session: one that never waits always is', async () => {
    const idle = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    const stop = watchSession(idle.pid!)
    try {
      await until(() => groupOf(idle.pid!)!.nice === 19)
      expect(groupOf('self')!.nice).not.toBe(19)
    } finally {
      stop()
      idle.kill()
    }
  })
  it('of the command line stays in the session it was started in', () => {
    const worker = forkWorker()
    try {
      expect(groupOf(worker.pid!)).toEqual(groupOf('self'))
      expect(getPriority(worker.pid)).toBe(getPriority())
    } finally {
      worker.kill()
    }
  })
})
