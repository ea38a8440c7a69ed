/** Small files the window keeps for its next start. Losing one costs a comfort: it is never a reason to fail. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** What was kept, unchecked; null where there is nothing to read. */
export function readKept(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** Whole or not at all, whenever the process ends. */
export function writeKept(path: string, value: object): void {
  const part = `${path}.part`
  try {
    writeFileSync(part, JSON.stringify(value))
    renameSync(part, path)
  } catch {
    rmSync(part, { force: true })
  }
}
