/**
 * Lets go of what Electron's main process had open when it started this process. On Linux a child that Node spawns inherits
 * every descriptor that is not marked otherwise, and Chromium's are not for a moment: one end of the channel to a GPU or page
 * process it is just starting. While we hold that end, Chromium never hears that the process at it died, and its window
 * stays blank for ever. At our start all that is ours is the standard streams, the channel to the parent, and what Node
 * itself keeps (pipes and polls): any other socket, and any file, came from the parent. Imported before anything else.
 */
import { closeSync, fstatSync, readdirSync } from 'node:fs'

/** Standard streams and the channel, in the order in which the parent lists them. */
const OURS = 4

/** Closes sockets and files beyond ours; returns how many. Elsewhere than on Linux nothing is inherited. */
export function closeInherited(folder = '/proc/self/fd'): number {
  let closed = 0
  for (const name of process.platform === 'linux' ? readdirSync(folder) : []) {
    const descriptor = Number(name)
    if (!(descriptor >= OURS)) continue
    try {
      const found = fstatSync(descriptor)
      if (!found.isSocket() && !found.isFile()) continue
      closeSync(descriptor)
      closed++
    } catch {
      // The folder's own descriptor is gone by now.
    }
  }
  return closed
}

// A utility process is started by Chromium itself, which passes on nothing; its sockets are its own.
if (process.connected && !('parentPort' in process && process.parentPort)) closeInherited()
