/**
 * Serves one service over whatever carries messages: calls, blobs and events on behalf of a host in another process. The
 * service process serves its parent with it; a test serves itself.
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { OwnService, Service, ServiceOptions } from '../service/types.ts'
import { asFailure } from './failure.ts'
import { remoteVault } from './vault.ts'
import { INCOMING, toServiceSchema, type FromService, type ToService } from './protocol.ts'

export interface ServiceParent {
  send(message: FromService): void
  /** Everything is closed, or nothing was opened: the process may end. */
  onClosed(): void
}

export interface ServedService {
  receive(message: unknown): void
  /** The parent is gone, perhaps killed: the next one must find the store free, so nothing is waited for. */
  abandon(): void
}

export function serveService(
  create: (options: ServiceOptions) => Promise<OwnService>,
  parent: ServiceParent,
): ServedService {
  let starting: Promise<OwnService | null> | null = null
  let closing = false
  let data = ''
  const vault = remoteVault((message) => parent.send(message))

  async function open(options: Extract<ToService, { type: 'start' }>['options']): Promise<OwnService | null> {
    const { roots, vault: hasVault, ...rest } = options
    data = options.data
    try {
      const service = await create({ ...rest, ...(roots ? { roots } : {}), ...(hasVault ? { vault } : {}) })
      service.subscribe((event) => parent.send({ type: 'event', event }))
      parent.send({ type: 'ready' })
      return service
    } catch (error) {
      parent.send({ type: 'refused', failure: asFailure(error) })
      return null
    }
  }

  async function close(): Promise<void> {
    if (closing) return
    closing = true
    try {
      await (await starting)?.close()
    } catch (error) {
      asFailure(error)
    }
    parent.onClosed()
  }

  async function abandon(): Promise<void> {
    // Already closing in good order: that ends by itself.
    if (closing) return
    closing = true
    try {
      ;(await starting)?.letGo()
    } finally {
      parent.onClosed()
    }
  }

  /** Answers with what `work` gives. A service that did not start answers nothing: its parent knows already. */
  async function answer(id: number, work: (service: Service) => Promise<unknown>): Promise<void> {
    const service = await starting
    if (!service) return
    try {
      parent.send({ type: 'result', id, result: await work(service) })
    } catch (error) {
      parent.send({ type: 'failure', id, failure: asFailure(error) })
    }
  }

  return {
    receive(message) {
      const parsed = toServiceSchema.safeParse(message)
      if (!parsed.success) return void asFailure(parsed.error)
      const command = parsed.data
      switch (command.type) {
        case 'start':
          starting ??= open(command.options)
          return
        case 'call':
          return void answer(command.id, (service) => service.call(command.method, command.args))
        case 'blob':
          return void answer(command.id, (service) => service.blob(command.blob))
        case 'adopt':
          return void answer(command.id, (service) =>
            service.putBlob(createReadStream(join(data, INCOMING, command.name))),
          )
        case 'grant':
          return void answer(command.id, (service) => service.grant(command.path))
        case 'vaulted':
          return vault.receive(command)
        case 'dispose':
          return void close()
      }
    },
    abandon: () => void abandon(),
  }
}
