/**
 * Large checkpoints without large memory. (1) A sparse checkpoint with the shapes of LLaDA-8B in four files: from the folder
 * to a session for an edit of 2,432 positions in 5 s at most, nothing copied. (2) A checkpoint of 1.2 GB of bf16 numbers, run:
 * memory of our own (not the mapped file) before, during and after a forward. Usage: npm run soak -- checkpoint-memory
 */
import { mkdtemp, open, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildLogitsGraph, trunkLogits } from '../../src/engine/checkpoints/logits.ts'
import { openCheckpoint } from '../../src/engine/checkpoints/shards.ts'
import { openTrunk } from '../../src/engine/checkpoints/trunk.ts'
import { modelParameters, type TrunkConfig } from '../../src/engine/model/forward.ts'
import { createSession } from '../../src/engine/runtime/session.ts'
import { saveResult } from '../lib.ts'

const options = { gridEmbeddings: false, segmentEmbeddings: false, fuse: false, tiedHead: false }

/** A checkpoint of these sizes; zeros that take no place on the disk, or numbers. */
async function write(folder: string, sizes: TrunkConfig, shards: number, numbers: boolean): Promise<number> {
  const specs = modelParameters(sizes)
  const per = Math.ceil(specs.length / shards)
  const map: Record<string, string> = {}
  let bytes = 0
  for (let shard = 0; shard < shards; shard++) {
    const name = `model-${String(shard + 1).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`
    const part = specs.slice(shard * per, (shard + 1) * per)
    const header: Record<string, object> = {}
    let at = 0
    for (const { name: tensor, shape } of part) {
      const length = 2 * shape.reduce((n, dim) => n * dim, 1)
      header[tensor] = { dtype: 'BF16', shape, data_offsets: [at, at + length] }
      map[tensor] = name
      at += length
    }
    const json = Buffer.from(JSON.stringify(header))
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(json.length))
    const handle = await open(join(folder, name), 'w')
    await handle.write(Buffer.concat([size, json]))
    if (numbers) {
      // bf16 of +-0.0078 .. 0.0156, repeated: all that matters is that every page is really there.
      const block = new Uint16Array(1 << 20)
      for (let i = 0; i < block.length; i++) block[i] = 0x3c00 | (i % 128) | ((i % 3 === 0 ? 1 : 0) << 15)
      for (let left = at; left > 0; left -= block.byteLength)
        await handle.write(new Uint8Array(block.buffer, 0, Math.min(left, block.byteLength)))
    } else await handle.truncate(8 + json.length + at)
    await handle.close()
    bytes += at
  }
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }))
  const { dModel, heads, layers, mlpHidden, vocabSize, ropeTheta } = sizes
  const config = {
    d_model: dModel,
    n_heads: heads,
    n_layers: layers,
    mlp_hidden_size: mlpHidden,
    vocab_size: vocabSize,
    rope_theta: ropeTheta,
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  return bytes
}

/** Megabytes of this process that are no file's: now, and at most since it began. */
async function own(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8')
  return Math.round(Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000)
}

const root = await mkdtemp(join(tmpdir(), 'tandem-checkpoint-'))
try {
  const eight = await mkdtemp(join(root, 'eight-'))
  const shapes = {
    dModel: 4096,
    layers: 32,
    heads: 32,
    mlpHidden: 12288,
    vocabSize: 134656,
    normEps: 1e-5,
    ropeTheta: 500000,
    options,
  }
  const eightBytes = await write(eight, shapes, 4, false)
  const before = await own()
  const began = performance.now()
  const trunk = await openTrunk(await openCheckpoint(eight))
  const graph = buildLogitsGraph(trunk, 2432, trunk.weight)
  const built = performance.now()
  const session = await createSession(graph, { weightsFrom: trunk.root })
  const opened = performance.now()
  const grown = (await own()) - before
  await session.dispose()
  const seconds = (ms: number): number => Number((ms / 1000).toFixed(2))

  const small = await mkdtemp(join(root, 'small-'))
  const sizes = { ...shapes, dModel: 2048, layers: 10, heads: 16, mlpHidden: 6144, vocabSize: 16384 }
  const disk = await statfs(root)
  if (Number(disk.bavail) * Number(disk.bsize) < 2e9) throw new Error('2 GB of disk are needed')
  const smallBytes = await write(small, sizes, 2, true)
  const idle = await own()
  let most = idle
  const watch = setInterval(() => void own().then((now) => (most = Math.max(most, now))), 20)
  const narrow = await openTrunk(await openCheckpoint(small))
  const forwardBegan = performance.now()
  const logits = await trunkLogits(
    narrow,
    Int32Array.from({ length: 64 }, (_, i) => i),
  )
  const forward = performance.now() - forwardBegan
  clearInterval(watch)
  // The thread that computes blocks the watch: the kernel's own high-water mark includes the mapped file.
  const peak = Number(/VmHWM:\s+(\d+)/.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1000
  const result = {
    what: 'checkpoints read in place: 8B shapes to a session; a forward over 1.2 GB of bf16',
    eight: {
      gigabytes: Number((eightBytes / 1e9).toFixed(1)),
      secondsToGraph: seconds(built - began),
      secondsToSession: seconds(opened - began),
      ownMegabytes: grown,
    },
    small: {
      gigabytes: Number((smallBytes / 1e9).toFixed(2)),
      widenedGigabytes: Number((smallBytes / 5e8).toFixed(2)),
      forwardSeconds: seconds(forward),
      ownMegabytes: { idle, after: await own(), seen: most },
      peakMegabytesWithMappedFile: Math.round(peak),
      finite: logits.every(Number.isFinite),
    },
  }
  console.log(JSON.stringify(result, null, 2))
  await saveResult('soak-checkpoint-memory', result)
  const tooSlow = result.eight.secondsToSession > 5
  // Widened weights alone are twice the file: held at once they would show.
  const tooLarge = peak > smallBytes / 1e6 + 1000 || grown > 500
  if (tooSlow || tooLarge || !result.small.finite) process.exitCode = 1
} finally {
  await rm(root, { recursive: true })
}
