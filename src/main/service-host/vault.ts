/** A host's vault as the service in another process uses it: questions out, answers in, matched by number. */
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { Vault } from '../service/types.ts'
import type { FromService, ToService } from './protocol.ts'

const stateSchema = z.object({ usable: z.boolean(), why: z.string() })
const secretSchema = z.string().nullable()

type Ask = Extract<FromService, { type: 'vault' }>['ask']
type Answered = Extract<ToService, { type: 'vaulted' }>

/** The service's side. `receive` takes the host's answers. */
export function remoteVault(send: (message: FromService) => void): Vault & { receive(answer: Answered): void } {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: TandemError) => void }>()
  let next = 0
  function ask(question: Ask): Promise<unknown> {
    const id = next++
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      send({ type: 'vault', id, ask: question })
    })
  }
  return {
    state: async () => stateSchema.parse(await ask({ do: 'state' })),
    get: async (name) => secretSchema.parse(await ask({ do: 'get', name })),
    put: async (name, secret) => void (await ask({ do: 'put', name, secret })),
    remove: async (name) => void (await ask({ do: 'remove', name })),
    receive({ id, ok, value }) {
      const found = waiting.get(id)
      waiting.delete(id)
      if (ok) found?.resolve(value)
      else found?.reject(new TandemError("The system's key store did not answer.", 'Give the key for this run only.'))
    },
  }
}

/** The host's side: what its vault answers. What went wrong is not repeated: it might hold the secret. */
export async function answerVault(vault: Vault, id: number, ask: Ask): Promise<Answered> {
  try {
    switch (ask.do) {
      case 'state':
        return { type: 'vaulted', id, ok: true, value: await vault.state() }
      case 'get':
        return { type: 'vaulted', id, ok: true, value: await vault.get(ask.name) }
      case 'put':
        await vault.put(ask.name, ask.secret)
        break
      case 'remove':
        await vault.remove(ask.name)
        break
    }
    return { type: 'vaulted', id, ok: true, value: null }
  } catch {
    return { type: 'vaulted', id, ok: false, value: null }
  }
}
