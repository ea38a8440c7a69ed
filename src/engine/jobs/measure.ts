/** The texts of a quadruplet in a model's tokens, read as the gate and the trainer read them. */
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { textLimits } from '../data/check-row.ts'
import { normaliseInstruction } from '../data/world/words.ts'
import type { JobContext } from './context.ts'

export async function* measureJob(spec: SpecOf<'measure'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const { config, text } = (await context.engine(spec.model)).model
  const limits = textLimits(config)
  const measure = (words: string, limit: number): object => ({
    tokens: text.encode(words).length,
    limit,
    unknown: text.unknownWords(words),
  })
  yield {
    type: 'result',
    result: {
      instruction: measure(normaliseInstruction(spec.instruction), limits.instruction),
      reasoning: measure(spec.reasoning.trim(), limits.reasoning),
    },
  }
}
