/**
 * Checkpoints with the sizes, names and ids of the published ones: imported as a person would, with nothing copied and little
 * held, up to a session of the graph an edit runs. Their 16 GB are holes in the disk.
 */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildInferGraph } from '../model/infer-graph.ts'
import { resolveLayout } from '../model/layout.ts'
import { createSession } from '../runtime/session.ts'
import { importAll } from './import-fixtures.ts'
import { openImported } from './open.ts'
import { eightB, layOutEightB, published } from './published-fixtures.ts'

const names = { m: 'mmada-parallel-m', a: 'mmada-parallel-a' } as const

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-8b-'))
})
afterAll(() => rm(root, { recursive: true }))

/** Bytes of this process that are no file's; null where the system does not say. */
async function own(): Promise<number | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const kilobytes = /RssAnon:\s+(\d+)/.exec(status)?.[1]
  return kilobytes === undefined ? null : 1000 * Number(kilobytes)
}

describe.each(['m', 'a'] as const)('MMaDA-Parallel-%s at its published sizes', (which) => {
  let directory: string
  let out: string
  beforeAll(async () => {
    const place = await layOutEightB(which, root)
    directory = place.directory
    out = join(root, `imported-${which}`)
    const before = await own()
    const report = await importAll({
      directory,
      vq: place.vq,
      out,
      name: which,
      variant: null,
      behaviour: 'released',
      precision: null,
      imageSize: null,
      prompts: [],
      signal: new AbortController().signal,
    })
    expect(report).toMatchObject({ variant: names[which], precision: 'bf16', image: 512, copied: 0 })
    expect(report.parameters / 1e9).toBeCloseTo(8.08, 1)
    expect(report.bytes).toBeGreaterThan(place.bytes)
    if (before !== null) expect((await own())! - before).toBeLessThan(500e6)
  })

  test('is a folder of a few megabytes; beside its weights nothing was written', async () => {
    const sizes = await Promise.all((await readdir(out)).map((name) => stat(join(out, name))))
    expect(sizes.reduce((n, { size }) => n + size, 0)).toBeLessThan(20e6)
    expect((await readdir(directory)).filter((name) => !name.endsWith('.safetensors')).sort()).toEqual([
      'config.json',
      'model.safetensors.index.json',
      'tokenizer.json',
    ])
  })

  test('has the published ids, read from its own files', async () => {
    const { config, image } = await openImported(out)
    await image.dispose()
    const ids: Readonly<Record<string, number>> = published[which].ids
    expect(config.image).toEqual({
      size: 512,
      grid: 32,
      factor: 16,
      offset: published[which].tokens,
      codebookSize: 8192,
    })
    expect(config.special).toMatchObject({ mask: 126_336, eos: 126_081, bos: 126_080 })
    expect([config.special.soi, config.special.eoi]).toEqual(
      which === 'm' ? [126_084, 126_085] : [ids['<boi>'], ids['<eoi>']],
    )
    expect(config.layers).toBe(eightB.layers)
  })

  test('becomes a session of a guided edit without being held in memory', async () => {
    const model = await openImported(out)
    const before = await own()
    const { model: bytes, layout } = buildInferGraph(model.config, 'edit', 2, model.weights, {
      instruction: 12,
      stored: model.stored!.weight,
    })
    // A graph that held a weight would be gigabytes.
    expect(bytes.length).toBeLessThan(4e6)
    const pictures = layout.fields.filter(({ modality }) => modality === 'image')
    expect(pictures.map(({ length }) => length)).toEqual([1024, 1024])
    expect(resolveLayout(model.config, 'edit', 12).length).toBe(layout.length)
    const session = await createSession(bytes, { weightsFrom: model.stored!.root, threads: 1 })
    const after = await own()
    await session.dispose()
    await model.image.dispose()
    if (before !== null && after !== null) expect(after - before).toBeLessThan(500e6)
  })
})
