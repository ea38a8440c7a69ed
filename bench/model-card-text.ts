/**
 * The card of the model that ships, its table in the README, and the card of its early checkpoint, written from what was
 * measured (scores.json beside the weights) and from what was carried out (recipe.json) alone, so that no number is copied
 * by hand. A test holds all three to it. Usage: node bench/model-card-text.ts     rewrites them
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { modelConfigSchema } from '../src/shared/model-config.ts'
import { dimensionNames } from '../src/shared/bench.ts'
import { writeFileAtomic } from '../src/engine/files.ts'
import { modelFiles } from '../src/engine/model/folder.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { sizeOf } from '../src/engine/model/parameters.ts'
import { openSafetensors } from '../src/engine/model/safetensors.ts'
import { recipeSchema, type Recipe } from '../src/engine/train/recipe.ts'
import { asFormatted, marks as parabenchMarks, quote, withQuote } from './parabench-quote.ts'
import { readMeasured } from './parabench-results.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
export const shippedFolder = join(root, 'resources/models/storybook')
export const earlyFolder = join(root, 'resources/models/storybook-early')
export const evalModes = ['parallel', 'sequential', 'semi-parallel', 'image-only'] as const

const estimateSchema = z.object({ value: z.number(), low: z.number(), high: z.number() })
const groupSchema = z.record(z.string(), z.union([z.number(), estimateSchema, z.null()]))
/** What `tandem eval --json` prints. */
export const evalReportSchema = z.strictObject({
  model: z.string(),
  hash: z.string(),
  seed: z.int(),
  count: z.int(),
  split: z.string(),
  mode: z.enum(evalModes),
  steps: z.int(),
  overall: groupSchema,
  families: z.record(z.string(), groupSchema),
  held_out: groupSchema.nullable(),
})
export type EvalReport = z.infer<typeof evalReportSchema>
type Group = z.infer<typeof groupSchema>

/** Of the model that ships: a report a mode, and one of the combinations held out of training. */
export const scoresSchema = z.record(z.enum([...evalModes, 'held-out']), evalReportSchema)
export type Scores = z.infer<typeof scoresSchema>

const readJson = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
  schema.parse(JSON.parse(await readFile(path, 'utf8')))
export const readScores = (): Promise<Scores> => readJson(join(shippedFolder, 'scores.json'), scoresSchema)
export const readEarlyScores = (): Promise<EvalReport> => readJson(join(earlyFolder, 'scores.json'), evalReportSchema)

/** A number of a group; a share is counted out again, for it was rounded when it was told. */
function cell(group: Group, name: string): string {
  const value = group[name] ?? null
  if (value === null) return '-'
  if (typeof value === 'number') return String(value)
  const isShare = name.startsWith('right')
  const count = Number(group['count'])
  const factor = isShare ? 100 : 1
  const exact = isShare ? Math.round(value.value * count) / count : value.value
  const f = (x: number): string => (x * factor).toFixed(1)
  return `${f(exact)} (${f(value.low)}-${f(value.high)})`
}

type Row = readonly [name: string, group: Group]

function table(rows: readonly Row[], columns: readonly string[]): string {
  const heads = columns.map((name) => name.replaceAll('_', ' ') + (name.startsWith('right') ? ' %' : ''))
  const head = ['', 'n', ...heads]
  const lines = rows.map(([name, group]) => [name, cell(group, 'count'), ...columns.map((c) => cell(group, c))])
  return [head, head.map(() => '---'), ...lines].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const withText = ['right_image', 'right_reasoning', ...dimensionNames]
const pictureAlone = ['right_image', 'image_consistency', 'image_alignment', 'image_quality']
const byFamily = ({ families, overall }: EvalReport): Row[] => [...Object.entries(families), ['**overall**', overall]]

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
const inTurn = (values: readonly (string | number)[]): string => values.join(', then ')

/** What the training was, phase by phase, as sentences of the card. */
function trainingRows({ predictor: { phases } }: Recipe): string {
  const samples = phases.map(({ steps, sft }) => steps * sft.batch)
  const all = samples.reduce((sum, n) => sum + n, 0)
  type Phase = (typeof phases)[number]['sft']
  /** Over all samples of the training. */
  const mean = (of: (sft: Phase) => number): number =>
    phases.reduce((sum, { sft }, i) => sum + of(sft) * (samples[i]! / all), 0)
  const each = (of: (sft: Phase) => number): string => inTurn(phases.map(({ sft }) => of(sft)))
  const imageOnly = mean((sft) => sft.imageOnlyShare)
  return `| decoding modes seen in training | of all samples: ${percent(1 - imageOnly)} with reasoning, of which ${percent(mean((sft) => sft.corruption.independent))} with independent mask ratios per modality (sequential, semi-parallel, resumed) and the rest on one timeline (parallel); ${percent(imageOnly)} image-only; ${percent(mean((sft) => sft.generateShare))} generations (by phase ${inTurn(phases.map(({ sft }) => percent(sft.generateShare)))}); instruction dropped in ${percent(mean((sft) => sft.corruption.dropText))}, input image in ${percent(mean((sft) => sft.corruption.dropImage))} |
| loss | w_text = 1/t clipped at ${each((sft) => sft.corruption.maxInverseT)}; w_image = 1, changed cells x ${each((sft) => sft.corruption.changedCellWeight)} |`
}

/** The card: the whole file. */
export async function cardText(scores: Scores, recipe: Recipe): Promise<string> {
  const config = await readJson(join(shippedFolder, modelFiles.config), modelConfigSchema)
  const { metadata } = await openSafetensors(join(shippedFolder, modelFiles.weights))
  const megabytes = async (name: string): Promise<string> =>
    `${((await stat(join(shippedFolder, name))).size / 1e6).toFixed(2)} MB`
  const parameters = modelParameters(config).reduce((n, spec) => n + sizeOf(spec.shape), 0)
  const main = scores.parallel
  const { phases } = recipe.predictor
  const options = Object.entries(config.options).flatMap(([name, on]) => (on === true ? [name] : []))

  return `# storybook

The model that ships with Tandem Studio: a mask predictor of the MMaDA-Parallel architecture (LLaDA trunk, one vocabulary
of text and image codes, reasoning and image denoised together) and an LFQ image tokenizer, trained by this project's own
trainer on the procedural storybook world ([docs/world.md](../../../docs/world.md)).

| | |
|---|---|
| mask predictor | ${parameters.toLocaleString('en')} parameters: d ${config.dModel}, ${config.layers} layers, ${config.heads} heads, SwiGLU ${config.mlpHidden}, vocabulary ${config.vocabSize} (${config.textVocabSize} text, ${config.image.codebookSize} codes); ${await megabytes(modelFiles.weights)} in half precision |
| image tokenizer | f = ${config.image.factor}, ${config.image.grid} x ${config.image.grid} codes, ${Math.log2(config.image.codebookSize)} bits, windows of 2 x 2 patches; ${await megabytes(modelFiles.imageWeights)} |
| beyond the published architecture | row, column and segment embeddings, input-output fuse, tied head (${options.join(', ')}) |
| training | ${metadata['steps']} steps in ${phases.length} phases, ${Number(metadata['samples']).toLocaleString('en')} samples, ${(Number(metadata['seconds']) / 60).toFixed(0)} minutes of wall time on 2 CPU cores (shared with other work) |
${trainingRows(recipe)}
| recipe | [recipe.json](recipe.json), seed ${recipe.seed}; \`npm run remake\` carries it out and resumes |

## Scores

\`tandem eval --seed ${main.seed} --count ${main.count}\`, ${main.steps} steps, temperatures 0, no guidance, test split: a seed and tasks
that no training sample has; weights ${main.hash.slice(0, 8)} ([scores.json](scores.json)). 95 % intervals in brackets (Wilson for shares, bootstrap for means); the dimensions are
defined in [docs/parabench.md](../../../docs/parabench.md). A picture is right when it equals the one right answer, or is
valid where several are.

### Parallel mode, by family

${table(byFamily(main), withText)}

### By mode

${table(
  evalModes.filter((mode) => mode !== 'image-only').map((mode) => [mode, scores[mode].overall]),
  withText,
)}

Image-only has no reasoning to judge:

${table([['image-only', scores['image-only'].overall]], pictureAlone)}

### Combinations of sprite and operation that no training sample has

${table([['parallel', scores['held-out'].overall]], withText)}

### ParaBench

${parabenchMarks.begin}

${await quote(await readMeasured())}
${parabenchMarks.end}

## Limits

- It knows 32 sprites, 6 backgrounds, a 4 x 4 grid and the sentence patterns of docs/world.md. On any other picture or
  wording it does something, but nothing useful; words it was not trained on are named in a warning.
- Pictures are 128 x 128 px. Sprites that do not sit on the grid are not read.
- Small details of sprites are softened by the image tokenizer.
- It was trained on one machine from one seed; another seed gives another model.

## Licence

Weights: MIT, as the project. Sprites in the training pictures: Fluent Emoji Flat, Microsoft Corporation, MIT.
`
}

/** The card of the early checkpoint: the whole file. */
export function earlyCardText(report: EvalReport, recipe: Recipe): string {
  const { phases, early } = recipe.predictor
  const steps = phases.reduce((sum, phase) => sum + phase.steps, 0)
  const families = Object.entries(report.families).map(([name, group]) => `${name} ${cell(group, 'right_image')}`)
  return `# storybook-early

An early checkpoint of [storybook](../storybook/README.md), kept for experiments that need a model with something left to
learn: the same architecture and tokenizers, the averaged weights after ${early.step.toLocaleString('en')} of ${steps.toLocaleString('en')} steps (recipe phase ${early.phase}, a
snapshot; \`npm run remake\` puts it here).

\`tandem eval --model resources/models/storybook-early --seed ${report.seed} --count ${report.count}\`, ${report.mode} mode, ${report.steps} steps, 95 % intervals
([scores.json](scores.json)): right image ${cell(report.overall, 'right_image')} %, right reasoning ${cell(report.overall, 'right_reasoning')} %, Output Alignment
${cell(report.overall, 'output_alignment')}. Right images by family, per cent: ${families.join(', ')}.

Licence and limits are those of the model it became.
`
}

/** What stands between them in the README is written by this program. */
const readmeMarks = { begin: '<!-- measured: bench/model-card-text.ts -->', end: parabenchMarks.end } as const

/** The README's table, in the form the repository's formatter leaves it. */
export const readmeQuote = ({ parallel: main }: Scores): Promise<string> =>
  asFormatted(`The model that ships, by \`tandem eval --seed ${main.seed} --count ${main.count}\` (test split, a seed and tasks no training sample has; ${main.steps}
steps, parallel mode; percent or points with 95 % intervals). All dimensions, modes and limits: [model
card](resources/models/storybook/README.md).

${table(byFamily(main), ['right_image', 'right_reasoning', 'output_alignment'])}
`)

/** Every file that tells the scores, as it has to read. */
export async function cardFiles(): Promise<{ file: string; text: string }[]> {
  const [scores, early] = [await readScores(), await readEarlyScores()]
  const recipe = await readJson(join(shippedFolder, 'recipe.json'), recipeSchema)
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  return [
    { file: 'resources/models/storybook/README.md', text: await cardText(scores, recipe) },
    { file: 'resources/models/storybook-early/README.md', text: earlyCardText(early, recipe) },
    { file: 'README.md', text: withQuote(readme, await readmeQuote(scores), readmeMarks) },
  ]
}

export async function writeCards(): Promise<void> {
  for (const { file, text } of await cardFiles()) {
    await writeFileAtomic(join(root, file), text)
    console.error(`wrote ${file}`)
  }
}

if (import.meta.main) await writeCards()
