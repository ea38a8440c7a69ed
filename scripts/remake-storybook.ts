/**
 * Remakes the model that ships, and its early checkpoint, from resources/models/storybook/recipe.json. Every stage
 * checkpoints under runs/storybook and goes on where it stopped. Usage: npm run remake [-- stage ...]
 */
import { fileURLToPath } from 'node:url'
import { TandemError } from '../src/shared/errors.ts'
import { remake, remakeStages } from '../src/engine/train/remake.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const asked = process.argv.slice(2)
const unknown = asked.find((word) => !remakeStages.some((stage) => stage === word))
if (unknown !== undefined) {
  console.error(`There is no stage "${unknown}". Choose among ${remakeStages.join(', ')}.`)
  process.exit(2)
}
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
try {
  await remake({
    model: at('../resources/models/storybook'),
    early: at('../resources/models/storybook-early'),
    runs: process.env['TANDEM_RUNS'] ?? at('../runs/storybook'),
    ...(asked.length > 0 ? { stages: remakeStages.filter((stage) => asked.includes(stage)) } : {}),
    signal: stop.signal,
    say: (line) => console.error(line),
  })
} catch (error) {
  if (!(error instanceof TandemError)) throw error
  console.error(`${error.message} ${error.remedy}`)
  process.exitCode = error.kind === 'cancelled' ? 130 : 2
}
