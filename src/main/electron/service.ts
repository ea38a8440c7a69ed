/**
 * The service as Electron starts it: by the Node that comes with the studio, which serves any model; without one, as a
 * utility process, where Electron's own Node can load the store's native module.
 */
import { utilityProcess } from 'electron'
import { TandemError } from '../../shared/errors.ts'
import { forkService, keepWords, type ServiceChannel } from '../service-host/channel.ts'
import type { Places } from './places.ts'

/** The version of Node's native interface that better-sqlite3 13 is built for. */
const NEEDED_NAPI = 10

export function openServiceChannel({ service, node }: Places): ServiceChannel {
  if (node) return forkService(service, node)
  if (Number(process.versions.napi) >= NEEDED_NAPI) return utilityService(service)
  throw new TandemError('The Node that comes with Tandem is missing.', 'Install Tandem again.', 'environment')
}

/** The other way: no Node beside the studio is needed, and Electron itself runs the service. */
export function utilityService(entry: string): ServiceChannel {
  const child = utilityProcess.fork(entry, [], { stdio: ['ignore', 'ignore', 'pipe'], serviceName: 'Tandem service' })
  const said = keepWords(child.stderr)
  return {
    get pid() {
      return child.pid
    },
    send: (message) => child.postMessage(message),
    listen(onMessage, onEnd) {
      child.on('message', onMessage)
      child.once('exit', (code) => onEnd(`ended with code ${code}`, said()))
    },
    kill: () => void child.kill(),
  }
}
