/** Models that runs made: taken in whole, once a job, and adapters that find their base after a move. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../store/testing.ts'
import { adoptModel, mendBase } from './adopt.ts'

let folder: ReturnType<typeof temporaryFolder>
const at = (...names: string[]): string => join(folder.path, ...names)
beforeEach(() => (folder = temporaryFolder()))
afterEach(() => folder.remove())

async function adapterOf(run: string): Promise<string> {
  const path = at('jobs', run, 'adapter')
  await mkdir(path, { recursive: true })
  await mkdir(at('base'), { recursive: true })
  await writeFile(at('base', 'config.json'), '{}')
  await writeFile(join(path, 'adapter_config.json'), JSON.stringify({ r: 4, base_model_name_or_path: '../../../base' }))
  await writeFile(join(path, 'adapter_model.safetensors'), 'x'.repeat(100))
  return path
}
const given = (job: string): Parameters<typeof adoptModel>[2] => ({
  name: 'My sprites, LoRA!',
  job,
  base: 'base',
  basePath: at('base'),
})
const baseOf = async (model: string): Promise<string> => {
  const text = await readFile(at('models', model, 'adapter_config.json'), 'utf8')
  return resolve(at('models', model), (JSON.parse(text) as { base_model_name_or_path: string }).base_model_name_or_path)
}

describe('a model that a run made', () => {
  it('is copied whole under a name of its own, with a base that leads from its new place', async () => {
    const { id, bytes } = await adoptModel(await adapterOf('one'), at('models'), given('one'))
    expect(id).toBe('my-sprites-lora')
    expect(bytes).toBeGreaterThan(100)
    expect(await baseOf(id)).toBe(at('base'))
    expect((await adoptModel(await adapterOf('two'), at('models'), given('two'))).id).toBe('my-sprites-lora-2')
  })

  it('of a job that ran again takes the place of the one it made before', async () => {
    const first = await adoptModel(await adapterOf('one'), at('models'), given('one'))
    const again = await adoptModel(await adapterOf('one'), at('models'), given('one'))
    expect(again.id).toBe(first.id)
    expect(await readdir(at('models'))).toEqual([first.id])
  })

  it('that cannot be copied leaves nothing', async () => {
    await expect(adoptModel(at('nowhere'), at('models'), given('one'))).rejects.toThrow()
    expect(await readdir(at('models'))).toEqual([])
  })

  it('finds its base again when that has moved', async () => {
    const { id } = await adoptModel(await adapterOf('one'), at('models'), given('one'))
    await rename(at('base'), at('moved'))
    await mendBase(at('models', id), (model) => (model === 'base' ? at('moved') : null))
    expect(await baseOf(id)).toBe(at('moved'))
    // One that leads somewhere is left as it is.
    await mendBase(at('models', id), () => at('other'))
    expect(await baseOf(id)).toBe(at('moved'))
  })
})
