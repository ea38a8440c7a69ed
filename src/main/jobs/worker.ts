/**
 * The engine process: the one entry that runs jobs, started by a Node parent (child_process.fork) or by Electron
 * (utilityProcess.fork) alike. Commands come in and events go out as messages, parsed with the contract's schema. A run
 * of ONNX Runtime blocks this thread; a cancel is read between steps.
 */
import { writeFileSync } from 'node:fs'
import type { JobEvent } from '../../shared/jobs.ts'
import { BESIDE_SCREENS } from './engine-process.ts'
import { openParentPort } from '../parent-port.ts'
import { openNiceness } from './niceness.ts'
import { serveJobs } from './worker-serve.ts'

// Before the runtime makes its threads.
const setNiceness = openNiceness({ besideScreens: process.argv.includes(BESIDE_SCREENS) })

/** Above what browsers give their pages. */
const FIRST_TO_GO = '400'
try {
  // Where memory runs out, Linux ends this process rather than the studio: its work is on disk and can go on.
  writeFileSync('/proc/self/oom_score_adj', FIRST_TO_GO)
} catch {
  // Another system, or one that does not let it: the largest process goes first.
}

const port = openParentPort<JobEvent>()
const server = serveJobs({
  send: (event) => port.send(event),
  setNiceness,
  onDisposed: () => process.exit(0),
})
port.onMessage((message) => server.receive(message))
port.onClose(() => server.abandon())
