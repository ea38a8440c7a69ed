/**
 * A service in a process of its own, as a Service: starts the process, starts it again when it dies (a little later each
 * time), fails what was asked of it meanwhile, and tells when it is gone and when it is back.
 */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { tooLarge } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import type { StudioEvent } from '../../shared/ipc.ts'
import type { Service, ServiceOptions } from '../service/types.ts'
import type { ServiceChannel } from './channel.ts'
import { asError, asFailure } from './failure.ts'
import {
  adoptedSchema,
  fromServiceSchema,
  grantedSchema,
  INCOMING,
  storedBlobSchema,
  type ToService,
} from './protocol.ts'
import { answerVault } from './vault.ts'

export interface LaunchedService extends Service {
  /** Resolves when it has started for the first time; rejects with a TandemError when it cannot start at all. */
  readonly ready: Promise<void>
  /** Told when the process is gone and when it is back. Returns how to stop listening. */
  onConnection(listener: (up: boolean) => void): () => void
  /** The process id, for tests that kill it. */
  readonly pid: number | undefined
}

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 8000
/** A process that lived this long was well: the next one is started at once. */
const HEALTHY_MS = 30_000
/** Deaths in a row before the first start: more of them will not help. */
const HOPELESS = 4
/** Closing stops runs, which takes a step of theirs, lets what trains save, and flushes the store. */
const CLOSE_MS = 18_000

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: TandemError) => void
}

/** A request without its number. */
type Question =
  | Omit<Extract<ToService, { type: 'call' }>, 'id'>
  | { type: 'blob'; blob: string }
  | { type: 'adopt'; name: string }
  | { type: 'grant'; path: string }

export function launchService(open: () => ServiceChannel, options: ServiceOptions): LaunchedService {
  const waiting = new Map<number, Waiting>()
  const onEvent = new Set<(event: StudioEvent) => void>()
  const onConnection = new Set<(up: boolean) => void>()
  const first = Promise.withResolvers<void>()
  const incoming = join(options.data, INCOMING)
  let channel: ServiceChannel | null = null
  let state: 'starting' | 'up' | 'down' | 'refused' | 'closed' = 'starting'
  let ended: (() => void) | null = null
  let wait = FIRST_WAIT_MS
  let deaths = 0
  let next = 0

  // Nobody has to wait for it; whoever calls is told.
  first.promise.catch(() => undefined)

  function start(): void {
    if (state === 'closed') return
    const began = performance.now()
    const started = open()
    channel = started
    started.listen(receive, (how, said) => {
      channel = null
      if (performance.now() - began > HEALTHY_MS) wait = FIRST_WAIT_MS
      over(how, said)
    })
    const { data, models, host, version, roots, vault } = options
    started.send({
      type: 'start',
      options: {
        data,
        host,
        version,
        models: [...models],
        ...(roots ? { roots: [...roots] } : {}),
        ...(vault ? { vault: true } : {}),
      },
    })
  }

  function over(how: string, said: string): void {
    const gone = new TandemError(
      `The studio's service ${how}.`,
      'It is started again; what was saved is safe. Then try again.',
      'environment',
      said === '' ? {} : { cause: said },
    )
    for (const { reject } of waiting.values()) reject(gone)
    waiting.clear()
    if (state === 'closed') return ended?.()
    if (state === 'refused') return
    if (state === 'starting' && ++deaths >= HOPELESS) {
      state = 'refused'
      const last = said.split('\n').findLast((line) => line.trim() !== '')
      return first.reject(
        new TandemError(
          `The studio's service does not start: it ${how}${last ? ` (${last.trim()})` : ''}.`,
          'Install Tandem again, or report this with these words.',
          'internal',
          { cause: said },
        ),
      )
    }
    if (state === 'up') {
      state = 'down'
      for (const listener of onConnection) listener(false)
    }
    setTimeout(start, wait)
    wait = Math.min(LONGEST_WAIT_MS, wait * 2)
  }

  function receive(message: unknown): void {
    const parsed = fromServiceSchema.safeParse(message)
    if (!parsed.success) return void asFailure(parsed.error)
    const told = parsed.data
    switch (told.type) {
      case 'ready': {
        const back = state === 'down'
        if (state === 'starting' || state === 'down') state = 'up'
        first.resolve()
        if (back) for (const listener of onConnection) listener(true)
        return
      }
      case 'refused':
        state = 'refused'
        first.reject(asError(told.failure))
        channel?.kill()
        return
      case 'event':
        // The contract parses the payload where it is used.
        for (const listener of onEvent) listener(told.event as StudioEvent)
        return
      case 'vault': {
        const { vault } = options
        if (vault) void answerVault(vault, told.id, told.ask).then((answer) => channel?.send(answer))
        return
      }
      case 'result':
        settle(told.id)?.resolve(told.result)
        return
      case 'failure':
        settle(told.id)?.reject(asError(told.failure))
        return
    }
  }

  function settle(id: number): Waiting | undefined {
    const found = waiting.get(id)
    waiting.delete(id)
    return found
  }

  async function ask(question: Question): Promise<unknown> {
    await first.promise
    if (state !== 'up' || !channel) {
      throw new TandemError(
        state === 'closed' ? 'The studio is closing.' : "The studio's service is being started again.",
        'Try again in a moment.',
        'environment',
      )
    }
    const id = next++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    waiting.set(id, { resolve, reject })
    channel.send({ ...question, id })
    return promise
  }

  // Files of an earlier start that nobody took in are nobody's.
  const prepared = rm(incoming, { recursive: true, force: true })
    .then(() => mkdir(incoming, { recursive: true }))
    .catch(() => undefined)
    .then(start)

  return {
    ready: first.promise,
    get pid() {
      return channel?.pid
    },
    call: (method, args) => ask({ type: 'call', method, args }),
    subscribe(listener) {
      onEvent.add(listener)
      return () => onEvent.delete(listener)
    },
    onConnection(listener) {
      onConnection.add(listener)
      return () => onConnection.delete(listener)
    },
    blob: async (blob) => storedBlobSchema.nullable().parse(await ask({ type: 'blob', blob })),
    grant: async (path) => grantedSchema.parse(await ask({ type: 'grant', path })),
    async putBlob(stream, limit = Infinity) {
      await prepared
      const name = randomUUID()
      const path = join(incoming, name)
      try {
        await pipeline(stream, atMost(limit), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
        return adoptedSchema.parse(await ask({ type: 'adopt', name }))
      } finally {
        await rm(path, { force: true })
      }
    },
    async close() {
      if (state === 'closed') return
      const running = state !== 'refused' && channel
      state = 'closed'
      first.reject(new TandemError('The studio is closing.', 'Open it again.', 'cancelled'))
      if (!running) return
      const done = new Promise<void>((resolve) => (ended = resolve))
      running.send({ type: 'dispose' })
      const patience = setTimeout(() => running.kill(), CLOSE_MS)
      await done
      clearTimeout(patience)
    },
  }
}

/** Passes bytes on, and fails as soon as there are more than `limit`. */
export function atMost(limit: number): Transform {
  let seen = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length
      if (seen <= limit) return done(null, chunk)
      done(tooLarge(limit))
    },
  })
}
