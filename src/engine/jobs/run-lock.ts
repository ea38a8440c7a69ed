/**
 * One process a run: two that write the same checkpoints and metrics would spoil both. The lock names the process that
 * holds it; one whose process is gone is taken over, so that a killed run can be resumed at once.
 */
import { readFileSync } from 'node:fs'
import { constants, copyFile, link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { asWrite } from '../files.ts'

const lockFile = '.lock'

/** Process id, and when it was started as far as the system tells: a later process may get the same id. */
const ownMark = (): string => `${process.pid} ${startOf(process.pid) ?? ''}`

/** Clock ticks since boot at which a process began, from /proc; null elsewhere and for one that is gone. */
function startOf(pid: number): string | null {
  try {
    // The name, second, is in brackets and may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? null
  } catch {
    return null
  }
}

function isAlive(mark: string): boolean {
  const [pid = '', started] = mark.split(' ')
  // A lock that was cut names nobody.
  if (!/^[1-9]\d*$/.test(pid)) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false
  }
  return !started || startOf(Number(pid)) === started
}

export interface RunLock {
  release(): Promise<void>
}

/** Throws a TandemError when another process, or another job of this one, works on the run. */
export async function lockRun(directory: string): Promise<RunLock> {
  const path = join(directory, lockFile)
  const mine = `${path}.${process.pid}`
  await asWrite(lockFile, () => writeFile(mine, ownMark()))
  try {
    for (let tries = 0; ; tries++) {
      const taken = await take(mine, path)
      if (taken) return { release: () => rm(path, { force: true }) }
      const holder = await readFile(path, 'utf8').catch(() => '')
      if (tries > 2 || isAlive(holder))
        throw new TandemError(
          'Another process is training in this folder.',
          'Wait for it, stop it, or choose another folder.',
        )
      await rm(path, { force: true })
    }
  } finally {
    await rm(mine, { force: true })
  }
}

/** A link appears whole or not at all, and never over one that is there; a copy stands in where there are no links. */
async function take(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path).catch((error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error
      return copyFile(mine, path, constants.COPYFILE_EXCL)
    })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
