/**
 * Remakes the variant of the model that ships whose input does not attend to its output: `tandem train sft` with
 * resources/models/storybook-cached-input/recipe.json, going on where it was stopped; then what came out is put beside the
 * recipe, with its descent told without the paths of this machine. Usage: npm run remake:cached-input [-- folder of the run]
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { modelFiles } from '../src/engine/model/folder.ts'
import { lineageFile, lineageSchema } from '../src/engine/model/lineage.ts'
import { runFiles } from '../src/shared/training.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = join(root, 'resources/models/storybook-cached-input')
const config = join(target, 'recipe.json')
const run = process.argv[2] ?? join(root, 'runs/storybook-cached-input')
const made = join(run, runFiles.model)

const begun = existsSync(join(run, runFiles.checkpoint)) ? ['--resume'] : []
const args = [join(root, 'src/main/cli.ts'), 'train', 'sft', '--config', config, '--out', run, ...begun]
const child = spawn(process.execPath, args, { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const code = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 130)))
if (code !== 0 || !existsSync(made)) process.exit(code || 1)

for (const name of Object.values(modelFiles)) await cp(join(made, name), join(target, name))
const recipe = z.looseObject({ model: z.string() }).parse(JSON.parse(await readFile(config, 'utf8')))
const lineage = lineageSchema.parse(JSON.parse(await readFile(join(made, lineageFile), 'utf8')))
const from = lineage.from.map((each) => ({ ...each, path: recipe.model }))
await writeFile(join(target, lineageFile), JSON.stringify({ ...lineage, from, recipe }, null, 2) + '\n')
console.error(`wrote ${target}`)
