/** A process for a test: a small model on WebGPU and on the processor, and what both decided. */
import { openImported } from '../checkpoints/open.ts'
import { createEngine, prepareRun, runSteps } from '../run.ts'
import { probeProviders } from './providers.ts'

const folder = process.argv[2]!
async function decided(provider: 'cpu' | 'webgpu'): Promise<{ tokens: number[][]; provider: string; falls: number }> {
  const engine = createEngine(await openImported(folder), provider, 1)
  const header = await prepareRun(engine, {
    instruction: 'a red ball',
    input: null,
    mode: 'parallel',
    steps: 2,
    seed: 3,
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
  })
  const tokens: number[][] = []
  for await (const { commits } of runSteps(engine, { header, steps: [], events: [] }))
    tokens.push([...commits.positions].map((position, i) => position * 1e6 + commits.tokens[i]!))
  return { tokens, provider: engine.provider, falls: engine.falls().length }
}

const { reports } = await probeProviders({ measureMs: 1 })
process.stdout.write(
  JSON.stringify({ reports, cpu: await decided('cpu'), webgpu: await decided('webgpu') }) + '\n',
  // Closing a software device takes longer than everything else.
  () => process.exit(0),
)
