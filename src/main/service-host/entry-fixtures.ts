/** A service process of tests: the real channel and protocol around a service in memory. */
import { openParentPort } from '../parent-port.ts'
import type { FromService } from './protocol.ts'
import { serveService } from './serve-service.ts'
import { memoryService } from './testing.ts'
import { TandemError } from '../../shared/errors.ts'

const port = openParentPort<FromService>()
const served = serveService(
  (options) => {
    if (options.version === 'dies') process.exit(3)
    if (options.version === 'future')
      throw new TandemError('The database is from the future.', 'Update Tandem.', 'input')
    return memoryService(options)
  },
  {
    send: (message) => port.send(message),
    onClosed: () => void setImmediate(() => process.exit(0)),
  },
)
port.onMessage((message) => served.receive(message))
port.onClose(() => served.abandon())
