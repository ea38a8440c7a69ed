/**
 * WebGPU where there is no GPU: Chromium's own Vulkan in software (SwiftShader), found beside the browser. The loader it
 * brings is not named as the runtime looks for it everywhere, hence a folder with a link.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importAll, importOptions, layOutPublished } from '../checkpoints/import-fixtures.ts'
import type { ProviderReport } from './providers.ts'

const chromium = '/usr/lib/chromium'
const driver = join(chromium, 'vk_swiftshader_icd.json')
const loader = join(chromium, 'libvulkan.so.1')
const script = fileURLToPath(new URL('webgpu-fixtures.ts', import.meta.url))

interface Decided {
  readonly tokens: number[][]
  readonly provider: string
  readonly falls: number
}

describe.runIf(process.platform === 'linux' && existsSync(driver) && existsSync(loader))('WebGPU in software', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tandem-webgpu-'))
    await importAll(importOptions('m', await layOutPublished('m', root), join(root, 'model')))
    await mkdir(join(root, 'lib'))
    await symlink(loader, join(root, 'lib', 'libvulkan.so.1'))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it('is found, measured, and decides what the processor decides', { timeout: 240_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, join(root, 'model')], {
      env: {
        ...process.env,
        LD_LIBRARY_PATH: join(root, 'lib'),
        VK_ICD_FILENAMES: driver,
        VK_DRIVER_FILES: driver,
      },
    })
    const found = JSON.parse(stdout) as Record<'plain' | 'guided' | 'kept', [Decided, Decided]> & {
      reports: ProviderReport[]
    }
    const webgpu = found.reports.find(({ name }) => name === 'webgpu')
    expect(webgpu).toMatchObject({ available: true })
    expect(webgpu!.gflops).toBeGreaterThan(0)
    for (const what of ['plain', 'guided', 'kept'] as const) {
      const [cpu, gpu] = found[what]
      expect(gpu).toMatchObject({ provider: 'webgpu', falls: 0 })
      // Numbers differ in the last digits, so a close call may be decided otherwise: nearly all tokens are the same.
      const same = new Set(gpu.tokens.flat())
      const all = cpu.tokens.flat()
      expect([what, all.filter((token) => same.has(token)).length / all.length > 0.97]).toEqual([what, true])
    }
  })
})
