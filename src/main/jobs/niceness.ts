/**
 * How the engine process shares the processors. A page that shows its steps works beside it: where there are few
 * processors the page has to go first, or its frames wait behind the runtime's threads.
 *
 * On Linux niceness is not enough. Where processes stand in no control group of their own the kernel shares the
 * processors among sessions first (autogroups, sched(7)), and niceness counts within one session alone: to a browser that
 * somebody started elsewhere it says nothing. So the engine has a session of its own (`forkWorker`), and that session is
 * told to give way entirely, as long as nothing but pages wants the processors: they leave it most of them. Where something
 * else takes them all, a session that gives way would stand still. Whoever started the engine looks at how long it waits
 * for its turn, since the engine itself could not look while it waits, and then leaves it the place any session has.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** Beside screens the engine is never less nice than this. */
const LEAST = 5
const MOST = 19
/** A page that is being opened takes everything for a moment: that is no starving. */
const LOOK_MS = 1000
/** A session that gave way and was starved does not give way again for so long. */
const HOLD_MS = 3000
/** Less time that it could have worked in says nothing. */
const LEAST_MS = 500
/** It is starved where it waits for more than this share of the time in which it could work. */
const STARVED = 0.8
/** It gives way again where, holding its place, it waits for less than this share: nobody but a page wants much. */
const UNDISTURBED = 0.6

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

export interface Stance {
  readonly givesWay: boolean
  /** On the clock of `now`. */
  readonly holdsUntil: number
}

/** What a session does after another look at its turns, `now` in milliseconds. */
export function nextStance(stance: Stance, before: Turns, after: Turns, now: number): Stance {
  const [ran, waited] = [after.ran - before.ran, after.waited - before.waited]
  if (ran + waited < LEAST_MS) return stance
  const share = waited / (ran + waited)
  if (stance.givesWay) return share > STARVED ? { givesWay: false, holdsUntil: now + HOLD_MS } : stance
  return now >= stance.holdsUntil && share < UNDISTURBED ? { ...stance, givesWay: true } : stance
}

/**
 * Lets the session that process `pid` leads give way as long as it is not starved. Returns how to stop looking. Where the
 * system has no autogroups or does not tell turns, nothing is changed.
 */
export function watchSession(pid: number): () => void {
  // From the first look on: it starts in its full place.
  let stance: Stance = { givesWay: true, holdsUntil: 0 }
  let before = readTurns(pid)
  let told: number | null = null

  function look(): void {
    const after = readTurns(pid)
    if (before && after) stance = nextStance(stance, before, after, performance.now())
    before = after
    try {
      const value = stance.givesWay ? MOST : 0
      if (value === told) return
      writeFileSync(`/proc/${pid}/autogroup`, String(value))
      told = value
    } catch {
      // It has ended, or the kernel has no autogroups and weighs processes alone.
    }
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return () => clearInterval(timer)
}

function readTurns(pid: number): Turns | null {
  try {
    return parseTurns(readFileSync(`/proc/${pid}/schedstat`, 'utf8'))
  } catch {
    return null
  }
}

/**
 * Sets how nice this process is; `besideScreens` says that pages of this machine show what it does. Call it before the
 * runtime makes its threads: they take the niceness of the one that starts them.
 */
export function openNiceness({ besideScreens }: { besideScreens: boolean }): (value: number) => void {
  const started = getPriority()
  const least = besideScreens ? LEAST : 0
  const set = (value: number): void => {
    try {
      setPriority(Math.min(MOST, started + Math.max(least, value)))
    } catch {
      // Raising the priority again may not be allowed: the job runs all the same.
    }
  }
  if (besideScreens) set(least)
  return set
}
