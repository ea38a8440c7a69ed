/**
 * How the engine process shares the processors. A page that shows its steps works beside it: where there are few
 * processors the page has to go first, or its frames wait behind the runtime's threads.
 *
 * On Linux niceness is not enough. Where processes stand in no control group of their own the kernel shares the
 * processors among sessions first (autogroups, sched(7)), and niceness counts within one session alone: to a browser that
 * somebody started elsewhere it says nothing. So the engine has a session of its own (`forkWorker`), and that session is
 * told to give way entirely. As long as nothing but pages wants the processors, they leave it most of them. Where something
 * else takes them all, a session that gives way would stand still: the engine looks at how long it waits for its turn, and
 * then holds to the niceness of a process.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** Beside screens the engine is never less nice than this. */
const LEAST = 5
const MOST = 19
/** A session that waits for longer than this share of the time in which it could work is being starved. */
const STARVED = 0.8
/** Shorter than this, a share means nothing. */
const LEAST_MS = 200
const LOOK_MS = 1000
/** So long the engine does not give way again. */
const HOLD_MS = 20_000

/** Of a process's first thread, since its start: milliseconds on a processor, and milliseconds it waited for one. */
export interface Turns {
  readonly ran: number
  readonly waited: number
}

/** Reads /proc/PID/schedstat: nanoseconds run and waited, and how often it ran. Null where it says something else. */
export function parseTurns(text: string): Turns | null {
  const found = /^(\d+) (\d+) \d+\s*$/.exec(text)
  return found ? { ran: Number(found[1]) / 1e6, waited: Number(found[2]) / 1e6 } : null
}

/** Whether between two looks a process that wanted to run hardly came to it. */
export function isStarved(before: Turns, now: Turns): boolean {
  const [ran, waited] = [now.ran - before.ran, now.waited - before.waited]
  return ran + waited >= LEAST_MS && waited > STARVED * (ran + waited)
}

/**
 * Sets how nice this process is; `besideScreens` says that pages of this machine show what it does, and that it was started
 * in a session of its own where the system has such. Call it before the runtime makes its threads: they take the niceness
 * of the one that starts them.
 */
export function openNiceness({ besideScreens }: { besideScreens: boolean }): (value: number) => void {
  const started = getPriority()
  const least = besideScreens ? LEAST : 0
  const nice = (value: number): number => Math.min(MOST, started + Math.max(least, value))
  const session = besideScreens && process.platform === 'linux'
  let wanted = nice(0)
  let starvedUntil = 0
  let told: number | null = null

  function tellSession(): void {
    const value = performance.now() < starvedUntil ? wanted : MOST
    if (!session || value === told) return
    try {
      writeFileSync('/proc/self/autogroup', String(value))
      told = value
    } catch {
      // A kernel without autogroups weighs processes alone.
    }
  }

  function apply(): void {
    try {
      setPriority(wanted)
    } catch {
      // Raising the priority again may not be allowed: the job runs all the same.
    }
    tellSession()
  }

  if (session) {
    let before = readTurns()
    const look = (): void => {
      const now = readTurns()
      if (before && now && isStarved(before, now)) starvedUntil = performance.now() + HOLD_MS
      before = now
      tellSession()
    }
    setInterval(look, LOOK_MS).unref()
  }
  if (besideScreens) apply()

  return (value) => {
    wanted = nice(value)
    apply()
  }
}

function readTurns(): Turns | null {
  try {
    return parseTurns(readFileSync('/proc/self/schedstat', 'utf8'))
  } catch {
    return null
  }
}
