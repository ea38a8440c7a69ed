/**
 * The work behind `tandem doctor`. Providers are probed in a process of their own: a driver that crashes takes only the
 * probe with it, and what the runtime writes to stderr does not reach the terminal.
 */
import { fork } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { describeError } from '../../shared/errors.ts'
import { openModelFolder } from '../../engine/model/folder.ts'
import { version } from './installation.ts'

const probeSchema = z.object({
  onnxruntime: z.string(),
  chosen: z.string(),
  reports: z.array(z.object({ name: z.string(), available: z.boolean(), reason: z.string().optional() })),
})

export interface Examination {
  readonly version: string
  readonly node: string
  readonly onnxruntime: string
  readonly sharp: string
  readonly platform: string
  readonly cores: number
  readonly memoryGB: number
  readonly freeDiskGB: number
  readonly provider: string
  readonly providers: readonly { name: string; available: boolean; reason?: string | undefined }[]
  readonly model:
    | { readonly ok: true; readonly name: string; readonly hash: string; readonly parameters: number }
    | { readonly ok: false; readonly problem: string }
}

const GB = 1024 ** 3

export async function examine(modelDir: string): Promise<Examination> {
  const { versions } = (await import('sharp')).default
  const [probed, model, disk] = await Promise.all([probe(), checkModel(modelDir), statfs(process.cwd())])
  return {
    version,
    node: process.version,
    onnxruntime: probed.onnxruntime,
    sharp: versions.sharp,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryGB: Number((totalmem() / GB).toFixed(1)),
    freeDiskGB: Number(((disk.bavail * disk.bsize) / GB).toFixed(1)),
    provider: probed.chosen,
    providers: probed.reports,
    model,
  }
}

async function checkModel(directory: string): Promise<Examination['model']> {
  try {
    const { name, hash, parameters } = await openModelFolder(directory)
    return { ok: true, name, hash, parameters }
  } catch (error) {
    return { ok: false, problem: describeError(error) }
  }
}

/** A driver may hang where it should fail. */
const PROBE_MS = 20_000

function probe(): Promise<z.infer<typeof probeSchema>> {
  const entry = fileURLToPath(new URL(`probe.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
  const child = fork(entry, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
  const nothing = (reason: string): z.infer<typeof probeSchema> => ({
    onnxruntime: 'unknown',
    chosen: 'cpu',
    reports: [{ name: 'probe', available: false, reason }],
  })
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(nothing(`no answer within ${PROBE_MS / 1000} s`))
      child.kill('SIGKILL')
    }, PROBE_MS)
    child.once('message', (message) => {
      const parsed = probeSchema.safeParse(message)
      resolve(parsed.success ? parsed.data : nothing('an answer that is not understood'))
      child.kill()
    })
    child.once('error', (error) => resolve(nothing(error.message)))
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      resolve(nothing(`probing ended with ${signal ?? code ?? '?'}`))
    })
  })
}
