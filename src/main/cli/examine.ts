/** The work behind `tandem doctor`. What it finds of providers is kept: runs choose by it. */
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { describeError } from '../../shared/errors.ts'
import { openModelFolder } from '../../engine/model/folder.ts'
import type { ProviderReport } from '../../shared/providers.ts'
import { dataFolder } from '../service-host/data-folder.ts'
import { measure } from '../providers.ts'
import { version } from './installation.ts'

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
  readonly providers: readonly (Omit<ProviderReport, 'name'> & { readonly name: string })[]
  readonly model:
    | { readonly ok: true; readonly name: string; readonly hash: string; readonly parameters: number }
    | { readonly ok: false; readonly problem: string }
}

const GB = 1024 ** 3

export async function examine(modelDir: string): Promise<Examination> {
  const { versions } = (await import('sharp')).default
  const [probed, model, disk] = await Promise.all([measure(dataFolder()), checkModel(modelDir), statfs(process.cwd())])
  const { found } = probed
  return {
    version,
    node: process.version,
    onnxruntime: found?.runtime ?? 'unknown',
    sharp: versions.sharp,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryGB: Number((totalmem() / GB).toFixed(1)),
    freeDiskGB: Number(((disk.bavail * disk.bsize) / GB).toFixed(1)),
    provider: found?.chosen ?? 'cpu',
    providers: found?.reports ?? [{ name: 'probe', available: false, reason: probed.found ? '' : probed.reason }],
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
