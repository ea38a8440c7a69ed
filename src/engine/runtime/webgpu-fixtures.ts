/** A process for a test: a small model on WebGPU and on the processor, and what both decided. */
import type { Acceleration } from '../../shared/acceleration.ts'
import { openImported } from '../checkpoints/open.ts'
import { createEngine, prepareRun, runSteps } from '../run.ts'
import { probeProviders } from './providers.ts'

const folder = process.argv[2]!
interface Decided {
  readonly tokens: number[][]
  readonly provider: string
  readonly falls: number
}
async function decided(provider: 'cpu' | 'webgpu', image: number, acceleration?: Acceleration): Promise<Decided> {
  const engine = createEngine(await openImported(folder), provider, 1)
  const header = await prepareRun(engine, {
    instruction: 'a red ball',
    input: null,
    mode: 'parallel',
    steps: 2,
    seed: 3,
    guidance: { text: 0, image },
    temperatures: { text: 0, image: 0 },
    ...(acceleration ? { acceleration } : {}),
  })
  const tokens: number[][] = []
  for await (const { commits } of runSteps(engine, { header, steps: [], events: [] }))
    tokens.push([...commits.positions].map((position, i) => position * 1e6 + commits.tokens[i]!))
  return { tokens, provider: engine.provider, falls: engine.falls().length }
}

const kept: Acceleration = {
  refresh: 2,
  keep: 'input',
  sure: { text: null, image: null },
  imageOrder: 'confidence',
}
const { reports } = await probeProviders({ measureMs: 1 })
process.stdout.write(
  JSON.stringify({
    reports,
    plain: [await decided('cpu', 0), await decided('webgpu', 0)],
    // Two sequences are long enough for the kernel of attention.
    guided: [await decided('cpu', 2), await decided('webgpu', 2)],
    kept: [await decided('cpu', 0, kept), await decided('webgpu', 0, kept)],
  }) + '\n',
  // Closing a software device takes longer than everything else.
  () => process.exit(0),
)
