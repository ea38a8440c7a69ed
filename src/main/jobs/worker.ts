/**
 * The engine process: the one entry that runs jobs, started by a Node parent (child_process.fork) or by Electron
 * (utilityProcess.fork) alike. Commands come in and events go out as messages, parsed with the contract's schema. A run
 * of ONNX Runtime blocks this thread; a cancel is read between steps.
 */
import { setPriority } from 'node:os'
import type { JobEvent } from '../../shared/jobs.ts'
import { openParentPort } from '../parent-port.ts'
import { serveJobs } from './worker-serve.ts'

const port = openParentPort<JobEvent>()
const server = serveJobs({
  send: (event) => port.send(event),
  setNiceness(value) {
    try {
      setPriority(value)
    } catch {
      // Raising the priority again may not be allowed: the job runs all the same.
    }
  },
  onDisposed: () => process.exit(0),
})
port.onMessage((message) => server.receive(message))
port.onClose(() => server.abandon())
