/** A scorer on disk (scorer.json, scorer.safetensors, tokenizer.json) and ready to use. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InitializerData } from '../../graph/graph.ts'
import { checkTensors, readJson, writeHalfWeights } from '../../model/folder.ts'
import { layOutParameters, viewOf, type ParameterTable } from '../../model/parameters.ts'
import { openSafetensors, readFloats } from '../../model/safetensors.ts'
import { loadTextTokenizer, type TextTokenizer } from '../../model/text-tokenizer.ts'
import { createSession, type Session, type Tensor } from '../../runtime/session.ts'
import {
  cellCount,
  cellSize,
  scorerConfigSchema,
  scorerFiles,
  scorerParameters,
  type ScorerConfig,
  type Tower,
} from './config.ts'
import { pictureCells, textTokens, type Words } from './features.ts'
import { buildTowerGraph } from './graph.ts'

/** The scorer that ships. */
export const shippedScorer = fileURLToPath(new URL('../../../../resources/models/storybook-scorer/', import.meta.url))

export interface Scorer {
  readonly config: ScorerConfig
  readonly tokenizer: TextTokenizer
  /** Of the weights. */
  readonly digest: string
  /** Unit vectors [n, embedding]. */
  texts(words: readonly Words[]): Promise<Float32Array[]>
  pictures(rgb: readonly Uint8Array[], size: number): Promise<Float32Array[]>
  /** The same of cells that are averaged already. */
  cells(cells: readonly Float32Array[]): Promise<Float32Array[]>
  dispose(): Promise<void>
}

export const isScorerFolder = (directory: string): Promise<boolean> =>
  stat(join(directory, scorerFiles.config)).then(
    (info) => info.isFile(),
    () => false,
  )

export async function openScorer(directory: string, threads?: number): Promise<Scorer> {
  const config = await readJson(join(directory, scorerFiles.config), scorerConfigSchema, 'the scorer config')
  const tokenizer = await loadTextTokenizer(join(directory, scorerFiles.tokenizer))
  const weights = await readScorerWeights(directory, config)
  const spans = new Map(scorerTable(config).spans.map((span) => [span.name, span]))
  return createScorer(config, tokenizer, (name) => viewOf(weights, spans.get(name)!), threads)
}

/** All weights of a scorer's folder, laid out as `scorerTable` of these sizes; refused where a tensor has others. */
export async function readScorerWeights(directory: string, config: ScorerConfig): Promise<Float32Array> {
  const file = await openSafetensors(join(directory, scorerFiles.weights))
  checkTensors(file, new Map(scorerParameters(config).map((spec) => [spec.name, spec.shape])))
  const table = scorerTable(config)
  const weights = new Float32Array(table.size)
  for (const span of table.spans) viewOf(weights, span).set(await readFloats(file, span.name))
  return weights
}

/** Vectors made in one run of a tower; the last run is filled up with its first row. */
const CHUNK = 16

export function createScorer(
  config: ScorerConfig,
  tokenizer: TextTokenizer,
  weight: (name: string) => Float32Array,
  threads?: number,
): Scorer {
  const sessions = new Map<Tower, Promise<Session>>()
  const inline = (name: string): Extract<InitializerData, { kind: 'inline' }> => {
    const data = weight(name)
    return { kind: 'inline', bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  }
  const open = (tower: Tower): Promise<Session> => {
    const known = sessions.get(tower)
    if (known) return known
    const graph = buildTowerGraph(config, tower, CHUNK, inline)
    const made = createSession(graph, threads === undefined ? {} : { threads })
    sessions.set(tower, made)
    return made
  }
  async function encode(tower: Tower, rows: readonly (Int32Array | Float32Array)[]): Promise<Float32Array[]> {
    const out: Float32Array[] = []
    const session = rows.length > 0 ? await open(tower) : null
    for (let from = 0; from < rows.length; from += CHUNK) {
      const chunk = Array.from({ length: CHUNK }, (_, i) => rows[from + i] ?? rows[from]!)
      const width = chunk[0]!.length
      const feed: Record<string, Tensor> =
        tower === 'text'
          ? {
              tokens: {
                data: BigInt64Array.from(
                  chunk.flatMap((row) => [...row]),
                  BigInt,
                ),
                dims: [CHUNK, width],
              },
            }
          : { cells: { data: joined(chunk, width), dims: [CHUNK, cellCount(config), cellSize(config)] } }
      const result = (await session!.run(feed))[tower]!.data as Float32Array
      for (let i = 0; i < CHUNK && from + i < rows.length; i++)
        out.push(result.slice(i * config.embedding, (i + 1) * config.embedding))
    }
    return out
  }
  const hash = createHash('sha256')
  for (const { name } of scorerParameters(config)) hash.update(inline(name).bytes)
  return {
    config,
    tokenizer,
    digest: hash.digest('hex'),
    texts: (words) =>
      encode(
        'text',
        words.map((text) => textTokens(config, tokenizer, text)),
      ),
    pictures: (rgb, size) =>
      encode(
        'picture',
        rgb.map((picture) => pictureCells(config, picture, size)),
      ),
    cells: (cells) => encode('picture', cells),
    async dispose() {
      for (const session of sessions.values()) await (await session).dispose()
      sessions.clear()
    },
  }
}

function joined(rows: readonly (Int32Array | Float32Array)[], width: number): Float32Array {
  const out = new Float32Array(rows.length * width)
  rows.forEach((row, i) => out.set(row, i * width))
  return out
}

export const scorerTable = (config: ScorerConfig): ParameterTable => layOutParameters(scorerParameters(config))

export async function writeScorerWeights(
  path: string,
  config: ScorerConfig,
  flat: Float32Array,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await writeHalfWeights(path, scorerTable(config), flat, { format: 'tandem-scorer', ...metadata })
}
