/**
 * Measures the model that ships and writes its card: npm run card -- [seed] [count]. The scores are those of `tandem
 * eval`, in every mode, on samples of the test split; they are kept as scores.json beside the weights.
 */
import { spawn } from 'node:child_process'
import { readFile, writeFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { marks, quote } from '../bench/parabench-quote.ts'
import { readMeasured } from '../bench/parabench-results.ts'
import { modelConfigSchema } from '../src/shared/model-config.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { modelFiles } from '../src/engine/model/folder.ts'
import { sizeOf } from '../src/engine/model/parameters.ts'
import { openSafetensors } from '../src/engine/model/safetensors.ts'
import { recipeSchema } from '../src/engine/train/recipe.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'resources/models/storybook')
const [seed = '20261125', count = '300'] = process.argv.slice(2)
const modes = ['parallel', 'sequential', 'semi-parallel', 'image-only'] as const

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() })
const group = z.record(z.string(), z.union([z.number(), estimate, z.null()]))
const report = z.looseObject({
  seed: z.number(),
  count: z.number(),
  steps: z.number(),
  mode: z.string(),
  overall: group,
  families: z.record(z.string(), group),
  held_out: group.nullable(),
})
type Report = z.infer<typeof report>
type Group = z.infer<typeof group>

async function evaluate(...args: string[]): Promise<Report> {
  const child = spawn(process.execPath, [join(root, 'src/main/cli.ts'), 'eval', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`eval ended with ${String(code)}: ${out}`)
  return report.parse(JSON.parse(out))
}

const scores: Record<string, Report> = {}
for (const mode of modes) {
  console.error(`measuring ${mode} ...`)
  scores[mode] = await evaluate('--seed', seed, '--count', count, '--mode', mode)
}
console.error('measuring held-out combinations ...')
scores['held-out'] = await evaluate('--seed', seed, '--count', '100', '--held-out')
await writeFile(join(folder, 'scores.json'), JSON.stringify(scores, null, 1) + '\n')

const cell = (g: Group | null | undefined, name: string, factor: number, digits = 1): string => {
  const value = g?.[name]
  if (value === null || value === undefined) return '-'
  if (typeof value === 'number') return String(value)
  const f = (x: number): string => (x * factor).toFixed(digits)
  return `${f(value.value)} (${f(value.low)}-${f(value.high)})`
}
const dimensions = [
  'text_quality',
  'text_alignment',
  'image_consistency',
  'image_alignment',
  'image_quality',
  'output_alignment',
]

function table(rows: readonly (readonly [string, Group])[], withText = true): string {
  const head = [
    '',
    'n',
    'right image %',
    ...(withText ? ['right reasoning %'] : []),
    ...(withText ? dimensions : dimensions.slice(2, 5)).map((d) => d.replace('_', ' ')),
  ]
  const lines = rows.map(([name, g]) => [
    name,
    cell(g, 'count', 1),
    cell(g, 'right_image', 100),
    ...(withText ? [cell(g, 'right_reasoning', 100)] : []),
    ...(withText ? dimensions : dimensions.slice(2, 5)).map((d) => cell(g, d, 1)),
  ])
  return [head, head.map(() => '---'), ...lines].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const config = modelConfigSchema.parse(JSON.parse(await readFile(join(folder, modelFiles.config), 'utf8')))
const recipe = recipeSchema.parse(JSON.parse(await readFile(join(folder, 'recipe.json'), 'utf8')))
const { metadata } = await openSafetensors(join(folder, modelFiles.weights))
const bytes = async (name: string): Promise<string> => `${((await stat(join(folder, name))).size / 1e6).toFixed(2)} MB`
const parameters = modelParameters(config).reduce((n, spec) => n + sizeOf(spec.shape), 0)
const main = scores['parallel']!
const phases = recipe.predictor.phases
const shares = phases.at(-1)!.sft

const card = `# storybook

The model that ships with Tandem Studio: a mask predictor of the MMaDA-Parallel architecture (LLaDA trunk, one vocabulary
of text and image codes, reasoning and image denoised together) and an LFQ image tokenizer, trained by this project's own
trainer on the procedural storybook world ([docs/world.md](../../../docs/world.md)).

| | |
|---|---|
| mask predictor | ${parameters.toLocaleString('en')} parameters: d ${config.dModel}, ${config.layers} layers, ${config.heads} heads, SwiGLU ${config.mlpHidden}, vocabulary ${config.vocabSize} (${config.textVocabSize} text, ${config.image.codebookSize} codes); ${await bytes(modelFiles.weights)} in half precision |
| image tokenizer | f = ${config.image.factor}, ${config.image.grid} x ${config.image.grid} codes, ${Math.log2(config.image.codebookSize)} bits, windows of 2 x 2 patches; ${await bytes(modelFiles.imageWeights)} |
| beyond the published architecture | row, column and segment embeddings (gridEmbeddings, segmentEmbeddings), input-output fuse (fuse), tied head (tiedHead) |
| training | ${metadata['steps']} steps in ${phases.length} phases, ${Number(metadata['samples']).toLocaleString('en')} samples, ${(Number(metadata['seconds']) / 60).toFixed(0)} minutes of wall time on 2 CPU cores (shared with other work) |
| decoding modes seen in training | ${((1 - shares.imageOnlyShare) * 100).toFixed(0)} % with reasoning, of which ${(shares.corruption.independent * 100).toFixed(0)} % with independent mask ratios per modality (sequential, semi-parallel, resumed) and the rest on one timeline (parallel); ${(shares.imageOnlyShare * 100).toFixed(0)} % image-only; ${(shares.generateShare * 100).toFixed(0)} % generations; instruction dropped in ${(shares.corruption.dropText * 100).toFixed(0)} %, input image in ${(shares.corruption.dropImage * 100).toFixed(0)} % |
| loss | w_text = 1/t clipped at ${phases.map((p) => p.sft.corruption.maxInverseT).join(', then ')}; w_image = 1, changed cells x ${shares.corruption.changedCellWeight} |
| recipe | [recipe.json](recipe.json), seed ${recipe.seed}; \`npm run remake\` carries it out and resumes |

## Scores

\`tandem eval --seed ${main.seed} --count ${main.count}\`, ${main.steps} steps, temperatures 0, no guidance, test split: a seed and tasks
that no training sample has. 95 % intervals in brackets (Wilson for shares, bootstrap for means); the dimensions are
defined in [docs/parabench.md](../../../docs/parabench.md). A picture is right when it equals the one right answer, or is
valid where several are.

### Parallel mode, by family

${table([...Object.entries(main.families), ['**overall**', main.overall]])}

### By mode

${table(modes.filter((m) => m !== 'image-only').map((mode) => [mode, scores[mode]!.overall] as const))}

Image-only has no reasoning to judge:

${table([['image-only', scores['image-only']!.overall]], false)}

### Combinations of sprite and operation that no training sample has

${table([['parallel', scores['held-out'].overall]])}

### ParaBench

${marks.begin}

${await quote(await readMeasured())}
${marks.end}

## Limits

- It knows 32 sprites, 6 backgrounds, a 4 x 4 grid and the sentence patterns of docs/world.md. On any other picture or
  wording it does something, but nothing useful; words it was not trained on are named in a warning.
- Pictures are 128 x 128 px. Sprites that do not sit on the grid are not read.
- Small details of sprites are softened by the image tokenizer.
- It was trained on one machine from one seed; another seed gives another model.

## Licence

Weights: MIT, as the project. Sprites in the training pictures: Fluent Emoji Flat, Microsoft Corporation, MIT.
`
await writeFile(join(folder, 'README.md'), card)
console.error(`wrote ${join('resources/models/storybook', 'README.md')}`)
