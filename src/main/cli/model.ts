/** `tandem model`: models and adapters on disk: list, look, merge. */
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import {
  modelInfoSchema,
  modelListSchema,
  modelMergeSchema,
  type ModelInfo,
  type ModelWork,
} from '../../shared/models.ts'
import type { AdapterStack } from '../../shared/jobs.ts'
import { addCheckpointCommands } from './checkpoint.ts'
import { addGetCommand } from './hub.ts'
import { driveJob } from './drive.ts'
import { shippedModel } from './installation.ts'
import { createLive } from './live.ts'
import { stackedAdapter } from './options.ts'
import { note, printJson } from './report.ts'

export function addModelCommand(program: Command): void {
  const model = program.command('model').description('Models and adapters on disk.')

  model
    .command('list [folders...]')
    .description('Models and adapters in folders and below; the models that ship and ./runs where none is given.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  tandem model list\n  tandem model list runs ~/models --json')
    .action(async (folders: string[], options: { json?: boolean }) => {
      const asked = folders.length > 0 ? folders : [dirname(shippedModel), 'runs']
      const list = await work({ do: 'list', folders: asked.map((folder) => resolve(folder)) }, modelListSchema)
      if (options.json) return printJson(list)
      for (const { path, reason } of list.damaged) note(`tandem: ${path}: ${reason}`)
      for (const { path, kind, name, parameters } of list.models)
        process.stdout.write(`${kind.padEnd(8)} ${count(parameters).padStart(8)}  ${name}  ${path}\n`)
    })

  model
    .command('info <dir>')
    .description('Open a model or an adapter, check every tensor, and say what it is and where it came from.')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem model info resources/models/storybook\n  tandem model info runs/mine/adapter --json',
    )
    .action(async (dir: string, options: { json?: boolean }) => {
      const info = await work({ do: 'info', path: resolve(dir) }, modelInfoSchema)
      if (options.json) printJson(info)
      else process.stdout.write(infoText(info))
    })

  addCheckpointCommands(model)
  addGetCommand(model)

  model
    .command('merge <base>')
    .description('Write a model folder in which adapters are part of the weights.')
    .requiredOption('--adapter <dir[:weight]>', 'an adapter, with how much of it; repeatable', stackedAdapter, [])
    .requiredOption('--out <dir>', 'a new or empty folder')
    .option('--name <name>', 'name of the model')
    .option('--half', 'half precision: half the file, weights rounded')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem model merge resources/models/storybook --adapter runs/mine/adapter --out merged\n  tandem model merge base --adapter a:0.7 --adapter b:0.3 --out both --half',
    )
    .action(
      async (
        base: string,
        options: { adapter: AdapterStack; out: string; name?: string; half?: boolean; json?: boolean },
      ) => {
        const job = {
          do: 'merge',
          base: resolve(base),
          adapters: options.adapter.map(({ directory, weight }) => ({ path: directory, weight })),
          out: resolve(options.out),
          name: options.name ?? null,
          half: options.half === true,
        } as const
        const result = await work(job, modelMergeSchema)
        if (options.json) printJson(result)
        else process.stdout.write(`${result.path}\n`)
      },
    )
}

async function work<T>(job: ModelWork, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await driveJob({ kind: 'model', work: job }, createLive()))
}

const count = (n: number): string =>
  n >= 1e6 ? `${(n / 1e6).toFixed(2)} M` : n >= 1e3 ? `${(n / 1e3).toFixed(0)} k` : `${n}`

function infoText(info: ModelInfo): string {
  const lines = [
    `${info.kind} ${info.name}, ${count(info.parameters)} parameters, ${(info.bytes / 1e6).toFixed(1)} MB, hash ${info.hash.slice(0, 8)}`,
  ]
  const { adapter } = info
  if (adapter) {
    const { rank, alpha, dropout, targets, words, base } = adapter
    lines.push(`on ${base.name} ${base.hash.slice(0, 8)} (${base.path})`)
    lines.push(`rank ${rank}, alpha ${alpha}, dropout ${dropout}, on ${targets.join(', ')}`)
    if (words.length > 0) lines.push(`embedding rows: ${words.join(', ')}`)
  }
  const lineage = info.lineage as {
    how: string
    steps?: number
    data?: { path: string; rows: number; hash: string }
  } | null
  if (lineage) {
    const data = lineage.data
      ? ` on ${lineage.data.rows} rows of ${lineage.data.path} (${lineage.data.hash.slice(0, 8)})`
      : ''
    lines.push(`made by ${lineage.how}${lineage.steps ? `, ${lineage.steps} steps` : ''}${data}`)
  }
  return lines.join('\n') + '\n'
}
