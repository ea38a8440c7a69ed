/**
 * Measures the model that ships and its early checkpoint, and writes their cards: npm run card -- [seed] [count]. The scores
 * are those of `tandem eval` on samples of the test split, of the model in every mode; they are kept as scores.json beside
 * the weights.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFileAtomic } from '../src/engine/files.ts'
import {
  earlyFolder,
  evalModes,
  evalReportSchema,
  scoresSchema,
  shippedFolder,
  writeCards,
  type EvalReport,
} from '../bench/model-card-text.ts'

const cli = fileURLToPath(new URL('../src/main/cli.ts', import.meta.url))
const [seed = '777001', count = '600'] = process.argv.slice(2)

async function evaluate(...args: string[]): Promise<EvalReport> {
  console.error(`tandem eval ${args.join(' ')} ...`)
  const child = spawn(process.execPath, [cli, 'eval', ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`eval ended with ${String(code)}: ${out}`)
  return evalReportSchema.parse(JSON.parse(out))
}

const keep = (folder: string, measured: unknown): Promise<void> =>
  writeFileAtomic(join(folder, 'scores.json'), JSON.stringify(measured, null, 1) + '\n')

const scores: Record<string, EvalReport> = {}
for (const mode of evalModes) scores[mode] = await evaluate('--seed', seed, '--count', count, '--mode', mode)
scores['held-out'] = await evaluate('--seed', seed, '--count', '100', '--held-out')
await keep(shippedFolder, scoresSchema.parse(scores))
await keep(earlyFolder, await evaluate('--model', earlyFolder, '--seed', seed, '--count', '1000'))
await writeCards()
