/** What is asked of a run of the bench and of a drag report: their options, and the job they become. */
import { resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { PresetName } from '../../shared/acceleration.ts'
import type { BenchJudge } from '../../shared/bench.ts'
import { TandemError } from '../../shared/errors.ts'
import type { AdapterStack, SpecOf } from '../../shared/jobs.ts'
import type { TableFormat } from '../../engine/bench/table.ts'
import { shippedModel } from './installation.ts'
import { fastOf, guidance, integer, oneOf, preset, seed, stackedAdapter, stepCount, temperature } from './options.ts'

export interface RunOptions {
  suite: string
  model: string
  adapter: AdapterStack
  steps: number
  imageSteps?: number
  fast?: PresetName | true
  seeds: number[]
  judge: string
  judgeModel?: string
  concurrency: number
  rate?: number
  timeout: number
  priceIn?: number
  priceOut?: number
  judgeCache?: string
  limit?: number
  along?: number
  guidanceText: number
  guidanceImage: number
  temperatureText: number
  temperatureImage: number
  out: string
  estimate?: boolean
  json?: boolean
}

const seeds = (text: string): number[] => text.split(',').map(seed)
const count = integer(1, 1_000_000)
function price(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError(`"${text}" is not a price in USD per million tokens.`)
}
export const formats = ['text', 'markdown', 'csv', 'latex', 'json'] as const
export type Format = TableFormat | 'json'
export const format: (text: string) => Format = oneOf(formats, 'format')

/** What a run and a drag report have in common. */
export function addRunOptions(command: Command): Command {
  return command
    .requiredOption('--suite <name>', 'a folder with suite.json, or one that ships: storybook, storybook-hard')
    .requiredOption('--out <dir>', 'folder of the run')
    .option('--model <dir>', 'model folder', shippedModel)
    .option('--adapter <dir[:weight]>', 'an adapter on the model, with how much of it; repeatable', stackedAdapter, [])
    .option('--steps <n>', 'denoising steps', stepCount, 16)
    .option('--image-steps <n>', 'how many of its steps update the image (default: all)', stepCount)
    .option(
      '--fast [preset]',
      'give up a little for speed: fast (the default) or fastest; docs/acceleration.md says how much',
      preset,
    )
    .option('--seeds <list>', 'seeds, separated by commas', seeds, [1])
    .option('--limit <n>', 'only so many prompts, in turn from each category', count)
    .option('--judge <who>', 'exact, or the base URL of an endpoint', 'exact')
    .option('--judge-model <name>', 'the model an endpoint is asked for')
    .option('--concurrency <n>', 'requests to the endpoint at once', integer(1, 64), 4)
    .option('--rate <n>', 'most requests to the endpoint a minute', integer(1, 100_000))
    .option('--timeout <seconds>', 'how long to wait for an answer of the endpoint', integer(1, 3600), 60)
    .option('--price-in <usd>', 'price of a million tokens sent, for the estimate', price)
    .option('--price-out <usd>', 'price of a million tokens answered', price)
    .option('--judge-cache <dir>', "folder of the endpoint's answers, shared by runs")
    .option('--along <k>', 'also measure output alignment at every k-th step (exact judge)', integer(1, 4096))
    .option('--guidance-text <x>', 'guidance of the reasoning', guidance, 0)
    .option('--guidance-image <x>', 'guidance of the image', guidance, 0)
    .option('--temperature-text <x>', 'temperature of the reasoning', temperature, 0)
    .option('--temperature-image <x>', 'temperature of the image', temperature, 0)
    .option('--estimate', 'only say what judging at an endpoint would ask for')
    .option('--json', 'print one JSON object')
}

export function benchSpec(options: RunOptions): Omit<SpecOf<'parabench-drag'>, 'kind'> {
  return {
    suite: options.suite,
    model: options.model,
    ...(options.adapter.length > 0 ? { adapters: options.adapter } : {}),
    steps: options.steps,
    ...(options.imageSteps === undefined ? {} : { imageSteps: options.imageSteps }),
    ...fastOf(options.fast),
    seeds: options.seeds,
    guidance: { text: options.guidanceText, image: options.guidanceImage },
    temperatures: { text: options.temperatureText, image: options.temperatureImage },
    judge: judgeOf(options),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.along === undefined ? {} : { alongEvery: options.along }),
    ...(options.estimate ? { estimateOnly: true } : {}),
    out: resolve(options.out),
  }
}

function judgeOf(options: RunOptions): BenchJudge {
  if (options.judge === 'exact') return { kind: 'exact' }
  if (!/^https?:\/\//.test(options.judge))
    throw new TandemError(`"${options.judge}" is no judge.`, 'Give "exact" or a URL such as https://host/v1.')
  if (options.judgeModel === undefined)
    throw new TandemError('An endpoint has to be told which model to ask.', 'Add --judge-model NAME.')
  const { priceIn, priceOut } = options
  return {
    kind: 'endpoint',
    url: options.judge,
    model: options.judgeModel,
    concurrency: options.concurrency,
    ...(options.rate === undefined ? {} : { requestsPerMinute: options.rate }),
    timeoutSeconds: options.timeout,
    ...(priceIn === undefined && priceOut === undefined
      ? {}
      : { prices: { input: priceIn ?? 0, output: priceOut ?? 0 } }),
    ...(options.judgeCache === undefined ? {} : { cache: resolve(options.judgeCache) }),
  }
}
