/**
 * What this machine computes with: probed and measured in a process of its own (a driver that crashes takes only the probe
 * with it), and kept beside the studio's data, so that no run waits for it.
 */
import { fork } from 'node:child_process'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import {
  providersFoundSchema,
  type ProviderChoice,
  type ProviderName,
  type ProvidersFound,
} from '../shared/providers.ts'

/** A driver may hang where it should fail. */
const PROBE_MS = 30_000
/** Long enough for a device to reach its pace. */
export const MEASURE_MS = 1000

const file = (data: string): string => join(data, 'providers.json')
const keptSchema = z.strictObject({ machine: z.string(), found: providersFoundSchema })

/** Another processor, system or Node: what was measured says nothing any more. */
const machineNow = (): string =>
  [process.platform, process.arch, process.versions.node, cpus()[0]?.model ?? '?', cpus().length].join(' ')

/** Null: the probe gave no answer; `reason` then says why. */
export function probe(measureMs = 0): Promise<{ found: ProvidersFound } | { found: null; reason: string }> {
  const entry = fileURLToPath(new URL(`cli/probe.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
  const child = fork(entry, [String(measureMs)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
  const patience = PROBE_MS + 10 * measureMs
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ found: null, reason: `no answer within ${Math.round(patience / 1000)} s` })
      child.kill('SIGKILL')
    }, patience)
    child.once('message', (message) => {
      const parsed = providersFoundSchema.safeParse(message)
      resolve(parsed.success ? { found: parsed.data } : { found: null, reason: 'an answer that is not understood' })
      child.kill()
    })
    child.once('error', (error) => resolve({ found: null, reason: error.message }))
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      resolve({ found: null, reason: `probing ended with ${signal ?? code ?? '?'}` })
    })
  })
}

/** Measures and keeps what was found. */
export async function measure(data: string): Promise<Awaited<ReturnType<typeof probe>>> {
  const probed = await probe(MEASURE_MS)
  if (probed.found) {
    await mkdir(data, { recursive: true })
    const temporary = `${file(data)}.${process.pid}`
    await writeFile(temporary, JSON.stringify({ machine: machineNow(), found: probed.found }, null, 2) + '\n')
    await rename(temporary, file(data))
  }
  return probed
}

/** What was found earlier on this machine; null where it has to be measured (again). */
export async function foundEarlier(data: string): Promise<ProvidersFound | null> {
  const text = await readFile(file(data), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    const { machine, found } = keptSchema.parse(JSON.parse(text))
    return machine === machineNow() ? found : null
  } catch {
    return null
  }
}

/** The provider of a run: the one that was asked for, or the fastest that was found. */
export async function providerFor(choice: ProviderChoice, data: string): Promise<ProviderName> {
  return choice === 'auto' ? ((await foundEarlier(data))?.chosen ?? 'cpu') : choice
}
