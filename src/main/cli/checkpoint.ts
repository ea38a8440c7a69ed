/** `tandem model logits` and `tandem vq`: an imported network's numbers, for comparing with the code it comes from. */
import { resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { z } from 'zod'
import {
  encodeResultSchema,
  logitsResultSchema,
  vqDecodeResultSchema,
  type CheckpointWork,
} from '../../shared/checkpoints.ts'
import { driveJob } from './drive.ts'
import { createLive } from './live.ts'
import { printJson } from './report.ts'

async function work<T>(job: CheckpointWork, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await driveJob({ kind: 'checkpoint', work: job }, createLive()))
}

/** The parts of `tandem model` that concern published checkpoints. */
export function addCheckpointCommands(model: Command): void {
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
