/**
 * The service process: the one entry that owns the store, the queue and the engine process, started by a Node or Electron
 * parent (child_process.fork) or as an Electron utilityProcess alike. Messages are those of protocol.ts.
 */
import './inherited.ts'
import { openParentPort } from '../parent-port.ts'
import { createService } from '../service/service.ts'
import type { FromService } from './protocol.ts'
import { serveService } from './serve-service.ts'

const port = openParentPort<FromService>()
const served = serveService(createService, {
  send: (message) => port.send(message),
  // What was sent last, a refusal for example, is on its way when the channel has had a turn.
  onClosed: () => void setImmediate(() => process.exit(0)),
})
port.onMessage((message) => served.receive(message))
port.onClose(() => served.abandon())
