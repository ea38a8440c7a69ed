/** For tests: the command line as a process, and a small model folder with random weights that it can run in no time. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../engine/data/random.ts'
import { renderScene, loadWorld } from '../../engine/data/world/world.ts'
import { worldWords } from '../../engine/data/world/words.ts'
import { encodePng } from '../../engine/images.ts'
import { writeAdapter } from '../../engine/model/adapter.ts'
import { adapterParameters, adapterSchema } from '../../engine/model/adapter-config.ts'
import { floatsOf, modelFiles, openModelFolder, writeHalfWeights } from '../../engine/model/folder.ts'
import { modelParameters } from '../../engine/model/forward.ts'
import { tokenizerParameters } from '../../engine/model/image-tokenizer.ts'
import { initialiseParameters, layOutParameters, type ParameterSpec } from '../../engine/model/parameters.ts'
import { shippedConfig } from '../../engine/model/shipped.ts'
import { buildTokenizerJson, createTextTokenizer } from '../../engine/model/text-tokenizer.ts'

const image = {
  format: 'tandem-image-tokenizer',
  version: 1,
  factor: 16,
  window: 2,
  bits: 4,
  features: 8,
  hidden: 8,
} as const
const options = { gridEmbeddings: true, segmentEmbeddings: true, fuse: true, tiedHead: true }

/** A whole model folder: one layer of 32, the world's words, 16 image codes. */
export async function writeTinyModel(directory: string, seed = 1): Promise<void> {
  await mkdir(directory, { recursive: true })
  const tokenizer = buildTokenizerJson(worldWords(await loadWorld()))
  const sizes = {
    name: 'tiny',
    dModel: 32,
    layers: 1,
    heads: 2,
    mlpHidden: 64,
    ropeTheta: 10_000,
    options,
    instructionLength: 32,
    reasoningLength: 36,
  }
  const config = shippedConfig(sizes, createTextTokenizer(tokenizer).size, image, 128)
  const weights = async (file: string, specs: readonly ParameterSpec[]): Promise<void> => {
    const table = layOutParameters(specs)
    await writeHalfWeights(
      join(directory, file),
      table,
      initialiseParameters(table, seededRandom('tiny', seed, file)),
      {},
    )
  }
  await writeFile(join(directory, modelFiles.config), JSON.stringify(config))
  await writeFile(join(directory, modelFiles.tokenizer), JSON.stringify(tokenizer))
  await writeFile(join(directory, modelFiles.imageConfig), JSON.stringify(image))
  await weights(modelFiles.weights, modelParameters(config))
  await weights(modelFiles.imageWeights, tokenizerParameters(image))
}

/** A random adapter on a model: strong enough that what is drawn changes. */
export async function writeTinyAdapter(directory: string, base: string, seed = 1): Promise<void> {
  await mkdir(directory, { recursive: true })
  const model = await openModelFolder(base)
  const config = adapterSchema.parse({ rank: 2 })
  const table = layOutParameters(adapterParameters(model.config, config))
  const random = seededRandom('tiny adapter', seed)
  const flat = Float32Array.from({ length: table.size }, () => random.normal())
  const record = {
    name: `adapter-${seed}`,
    base: { name: model.name, hash: model.hash, path: base, config: model.config },
    config,
    metadata: {},
  }
  await writeAdapter(directory, record, table, flat, (name) => floatsOf(model.weights(name)))
  await model.image.dispose()
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const entry = fileURLToPath(new URL('../cli.ts', import.meta.url))

/** Runs `tandem` from source, as a user would start it, to its end. */
export function tandem(...args: string[]): Promise<Ended> {
  return startTandem(...args).ended
}

/** The same for a test that interferes while it runs. */
export function startTandem(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  return startIn(process.cwd(), ...args)
}

/** The same in a folder of the person's. */
export const tandemIn = (cwd: string, ...args: string[]): Promise<Ended> => startIn(cwd, ...args).ended

function startIn(cwd: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')))
  return {
    child,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err }))),
  }
}

/** Asks again and again until the answer is yes. */
export async function until(ask: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await ask())) await new Promise((resolve) => setTimeout(resolve, 20))
}

export interface Workplace {
  readonly root: string
  readonly model: string
  readonly picture: string
  path(name: string): string
  remove(): Promise<void>
}

/** A temporary folder with the small model and a picture of the world. */
export async function openWorkplace(): Promise<Workplace> {
  const root = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  const model = join(root, 'model')
  const picture = join(root, 'scene.png')
  await writeTinyModel(model)
  const cells = Array.from({ length: 16 }, (_, i) => (i === 5 ? 'dog' : i === 10 ? 'cow' : null))
  await writeFile(picture, await encodePng(renderScene(await loadWorld(), { background: 'meadow', cells }), 128, 128))
  return {
    root,
    model,
    picture,
    path: (name) => join(root, name),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}
