/** A service process of tests: the real protocol around the service in memory. */
import { serveService } from './serve-service.ts'
import { memoryService } from './testing.ts'
import { TandemError } from '../../shared/errors.ts'

const served = serveService(
  (options) => {
    if (options.version === 'dies') process.exit(3)
    if (options.version === 'future')
      throw new TandemError('The database is from the future.', 'Update Tandem.', 'input')
    return memoryService(options)
  },
  {
    send: (message) => void process.send?.(message),
    onClosed: () => setImmediate(() => process.exit(0)),
  },
)
process.on('message', (message) => served.receive(message))
process.on('disconnect', () => served.abandon())
