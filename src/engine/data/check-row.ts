/** One row examined by itself: its texts against what a model reads, its pictures against each other. */
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { readInstruction } from '../model/instruction.ts'
import { findField, resolveLayout } from '../model/layout.ts'
import type { TextTokenizer } from '../model/text-tokenizer.ts'
import { examinePicture, type PictureFacts } from './check-picture.ts'
import type { DatasetRow, ImageMember, Problem, ProblemCode } from './formats/types.ts'

/** What a set is checked against. */
export interface CheckedModel {
  readonly config: ModelConfig
  readonly text: TextTokenizer
  /** Of a published checkpoint, which reads instructions as they are written. */
  readonly stored?: unknown
}

/** Longest texts a model reads, in tokens, the end mark left out. */
export interface TextLimits {
  readonly instruction: number
  readonly reasoning: number
}

export function textLimits(config: ModelConfig): TextLimits {
  const layout = resolveLayout(config, 'edit')
  const room = (name: 'instruction' | 'outputText'): number => (findField(layout, name)?.length ?? 1) - 1
  return { instruction: room('instruction'), reasoning: room('outputText') }
}

export interface RowFacts {
  readonly row: DatasetRow
  readonly problems: readonly Problem[]
  /** Null where a picture could not be had. */
  readonly input: PictureFacts | null
  readonly output: PictureFacts | null
  readonly tokens: { readonly instruction: number; readonly reasoning: number } | null
  readonly unknownWords: readonly string[]
}

/** Ratios of sides that differ by more than this are different pictures, not rounding. */
const SIDE_TOLERANCE = 0.02

export async function examineRow(row: DatasetRow, model: CheckedModel | null): Promise<RowFacts> {
  const problems: Problem[] = []
  const say = (code: ProblemCode, message: string, fix: string): void => {
    problems.push({ code, where: row.where, id: row.id, message, fix })
  }
  const instruction = readInstruction(model ?? {}, row.instruction)
  const reasoning = row.reasoning.trim()
  if (instruction === '') say('empty-instruction', 'its instruction is empty', 'Write what is to be done.')
  if (reasoning === '') say('empty-trace', 'its reasoning is empty', 'Write the trace, or remove the row.')
  for (const [name, text] of [
    ['instruction', row.instruction],
    ['reasoning', row.reasoning],
  ] as const)
    if (text.includes('\uFFFD'))
      say('broken-text', `its ${name} holds the mark of text that was decoded wrongly (U+FFFD)`, 'Write it again.')
  const tokens = model
    ? { instruction: model.text.encode(instruction).length, reasoning: model.text.encode(reasoning).length }
    : null
  const unknownWords = model ? model.text.unknownWords(`${instruction} ${reasoning}`) : []
  if (model && tokens) {
    const limits = textLimits(model.config)
    const over = (name: 'instruction' | 'reasoning', code: ProblemCode): void => {
      if (tokens[name] > limits[name])
        say(code, `its ${name} is ${tokens[name]} tokens, the model reads ${limits[name]}`, 'Shorten it.')
    }
    over('instruction', 'long-instruction')
    over('reasoning', 'long-trace')
    if (unknownWords.length > 0) {
      const shown = unknownWords.slice(0, 5).join(', ')
      const more = unknownWords.length > 5 ? ` and ${unknownWords.length - 5} more` : ''
      say(
        'unknown-words',
        `the model's vocabulary lacks ${shown}${more}: spelled in bytes`,
        'Use words it knows, or let the run teach them.',
      )
    }
  }
  const look = async (member: ImageMember | null): Promise<PictureFacts | null> => {
    if (!member) return null
    try {
      return await examinePicture(member)
    } catch (error) {
      if (!(error instanceof TandemError)) throw error
      const absent = /is not there$/.test(error.message)
      say(absent ? 'missing-member' : 'undecodable', error.message, error.remedy)
      return null
    }
  }
  const input = await look(row.inputImage)
  const output = await look(row.outputImage)
  comparePictures(row, input, output, say)
  return { row, problems, input, output, tokens, unknownWords }
}

function comparePictures(
  row: DatasetRow,
  input: PictureFacts | null,
  output: PictureFacts | null,
  say: (code: ProblemCode, message: string, fix: string) => void,
): void {
  const size = ({ width, height }: PictureFacts): string => `${width} x ${height}`
  const stretched = (a: PictureFacts, b: PictureFacts): boolean =>
    Math.abs(Math.log((a.width * b.height) / (a.height * b.width))) > SIDE_TOLERANCE
  if (input && output && stretched(input, output)) {
    say(
      'size-mismatch',
      `its input is ${size(input)}, its output ${size(output)}: places do not correspond`,
      'Cut both to the same proportions.',
    )
  } else {
    const one = output ?? input
    if (one && Math.abs(Math.log(one.width / one.height)) > SIDE_TOLERANCE)
      say('squashed', `its pictures are ${size(one)} and are squashed to a square`, 'Cut them to squares.')
  }
  for (const [member, facts] of [
    [row.inputImage, input],
    [row.outputImage, output],
  ] as const)
    if (member && facts && facts.pages > 1)
      say('animated', `${member.name} has ${facts.pages} pages; the first is used`, 'Save one picture.')
  if (input && output && input.digest.equals(output.digest))
    say('nothing-changed', 'its input and output are the same file', 'Check that the output is the edited one.')
}
