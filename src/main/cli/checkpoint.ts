/** `tandem model logits` and `tandem vq`: an imported network's numbers, for comparing with the code it comes from. */
import { join, resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { z } from 'zod'
import {
  checkpointBehaviours,
  checkpointName,
  checkpointVariants,
  encodeResultSchema,
  importReportSchema,
  logitsResultSchema,
  precisions,
  vqDecodeResultSchema,
  type CheckpointWork,
  type ImportReport,
} from '../../shared/checkpoints.ts'
import { driveJob } from './drive.ts'
import { createLive } from './live.ts'
import { integer, oneOf } from './options.ts'
import { note, printJson } from './report.ts'

async function work<T>(job: CheckpointWork, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await driveJob({ kind: 'checkpoint', work: job }, createLive()))
}

interface ImportOptions {
  as?: string
  out?: string
  vq?: string
  variant?: (typeof checkpointVariants)[number]
  behaviour: (typeof checkpointBehaviours)[number]
  precision?: (typeof precisions)[number]
  imageSize?: number
  prompts: number
  json?: boolean
}

function addImportCommand(model: Command): void {
  model
    .command('import <dir>')
    .description('Make a model of a published checkpoint: MMaDA-Parallel-A or -M, or MMaDA. Nothing is copied.')
    .option('--as <name>', 'what it is called (default: the folder it comes from)')
    .option('--out <dir>', 'folder of the imported model (default: models/NAME)')
    .option('--vq <dir>', 'folder of its image tokenizer (default: the vqvae folder inside)')
    .option(
      '--precision <p>',
      'int8 or int4 to quantise; bf16, f16, f32, f64, f8 as stored',
      oneOf(precisions, 'precision'),
    )
    .option('--variant <v>', 'which model it is, where its files do not say', oneOf(checkpointVariants, 'variant'))
    .option(
      '--behaviour <b>',
      'how it is sampled: released or paper',
      oneOf(checkpointBehaviours, 'behaviour'),
      'released',
    )
    .option('--image-size <pixels>', 'pixels along one side of its pictures', integer(1, 4096))
    .option('--prompts <n>', 'instructions of the agreement report of a quantised model', integer(0, 8), 2)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tandem model import MMaDA-Parallel-M --vq magvitv2 --as parallel-m
  tandem edit --model models/parallel-m --image photo.jpg --instruction "Make the sky orange."
  tandem model import MMaDA-Parallel-A --vq amused/vqvae --precision int4 --json`,
    )
    .action(async (dir: string, options: ImportOptions) => {
      const name = options.as ?? checkpointName(resolve(dir))
      const report = await work(
        {
          do: 'import',
          directory: resolve(dir),
          out: resolve(options.out ?? join('models', name)),
          name,
          vq: options.vq === undefined ? null : resolve(options.vq),
          variant: options.variant ?? null,
          behaviour: options.behaviour,
          precision: options.precision ?? null,
          imageSize: options.imageSize ?? null,
          prompts: options.prompts,
        },
        importReportSchema,
      )
      if (options.json) return printJson(report)
      if (report.note) note(`tandem: ${report.note}`)
      process.stdout.write(importText(report))
    })
}

function importText(report: ImportReport): string {
  const { title, name, parameters, bytes, precision, behaviour, image, agreement, path } = report
  const lines = [
    `${title} as ${name}: ${(parameters / 1e6).toFixed(1)} M parameters, ${(bytes / 1e9).toFixed(2)} GB read in place`,
    `${precision}, sampled as ${behaviour}, pictures of ${image} x ${image}`,
  ]
  if (agreement)
    for (const modality of ['text', 'image'] as const) {
      const { top1, divergence, places } = agreement[modality]
      lines.push(
        `${modality}: the same token at ${(100 * top1).toFixed(1)} % of ${places} places, divergence ${divergence.toPrecision(3)} nats`,
      )
    }
  return [...lines, path].join('\n') + '\n'
}

/** The parts of `tandem model` that concern published checkpoints. */
export function addCheckpointCommands(model: Command): void {
  addImportCommand(model)
  model
    .command('logits')
    .description('Full logits of a checkpoint over a sequence of ids: [L, V] float32.')
    .requiredOption('--model <dir>', 'a folder with config.json and .safetensors')
    .requiredOption('--tokens <file>', 'a JSON array of ids')
    .requiredOption('--out <file>', 'the .npy file')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  tandem model logits --model LLaDA-8B --tokens ids.json --out logits.npy')
    .action(async (options: { model: string; tokens: string; out: string; json?: boolean }) => {
      const [dir, tokens, out] = [options.model, options.tokens, options.out].map((path) => resolve(path)) as [
        string,
        string,
        string,
      ]
      const result = await work({ do: 'logits', model: dir, tokens, out }, logitsResultSchema)
      if (options.json) printJson(result)
      else process.stdout.write(`${result.out} [${result.shape.join(', ')}]\n`)
    })
}

export function addVqCommand(program: Command): void {
  const vq = program.command('vq').description('An image tokenizer by itself: pictures to codes and back.')

  vq.command('encode')
    .description('The codes of a picture, row by row.')
    .requiredOption('--model <dir>', 'a folder with MAGVIT-v2 or a VQModel of diffusers')
    .requiredOption('--image <file>', 'a picture whose sides are multiples of a code')
    .requiredOption('--out <file>', 'the JSON file')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  tandem vq encode --model magvitv2 --image photo.png --out ids.json')
    .action(async (options: { model: string; image: string; out: string; json?: boolean }) => {
      const [dir, image, out] = [options.model, options.image, options.out].map((path) => resolve(path)) as [
        string,
        string,
        string,
      ]
      const result = await work({ do: 'vq-encode', model: dir, image, out }, encodeResultSchema)
      if (options.json) printJson(result)
      else process.stdout.write(`${result.out} ${result.grid.join(' x ')} codes\n`)
    })

  vq.command('decode')
    .description('The picture of codes.')
    .requiredOption('--model <dir>', 'the image tokenizer the codes are of')
    .requiredOption('--ids <file>', 'a JSON array of codes, row by row')
    .requiredOption('--size <HxW>', 'height and width in pixels', size)
    .requiredOption('--out <file>', 'a .png, or a .npy for the raw output [1, 3, H, W]')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem vq decode --model magvitv2 --ids ids.json --size 512x512 --out picture.png\n  tandem vq decode --model amused --ids ids.json --size 512x512 --out raw.npy',
    )
    .action(async (options: { model: string; ids: string; size: [number, number]; out: string; json?: boolean }) => {
      const [dir, ids, out] = [options.model, options.ids, options.out].map((path) => resolve(path)) as [
        string,
        string,
        string,
      ]
      const [height, width] = options.size
      const result = await work({ do: 'vq-decode', model: dir, ids, height, width, out }, vqDecodeResultSchema)
      if (options.json) printJson(result)
      else process.stdout.write(`${result.out} ${result.height} x ${result.width}\n`)
    })
}

function size(text: string): [number, number] {
  const match = /^(\d{1,5})x(\d{1,5})$/i.exec(text.trim())
  const [height, width] = [Number(match?.[1]), Number(match?.[2])]
  if (height > 0 && width > 0) return [height, width]
  throw new InvalidArgumentError(`"${text}" is not a size. Write height and width in pixels, for example 512x512.`)
}
