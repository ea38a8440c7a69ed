/** What a model is and how it reads: sizes, vocabulary, the tokens of a text. */
import type { DescribeResult, JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { loadWorld } from '../data/world/world.ts'
import { worldWords } from '../data/world/words.ts'
import type { ModelFolder } from '../model/folder.ts'
import { findField, resolveLayout } from '../model/layout.ts'
import type { JobContext } from './context.ts'

export async function* describeJob(spec: SpecOf<'describe'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const { model } = await context.engine(spec.model, spec.adapters)
  yield { type: 'result', result: await describe(model) }
}

async function describe(model: ModelFolder): Promise<DescribeResult> {
  const { config, text } = model
  const layout = resolveLayout(config, 'edit')
  const world = await loadWorld()
  return {
    name: model.name,
    hash: model.hash,
    parameters: model.parameters,
    size: config.image.size,
    grid: config.image.grid,
    instructionLength: findField(layout, 'instruction')?.length ?? 0,
    reasoningLength: findField(layout, 'outputText')?.length ?? 0,
    storybook: config.image.size === world.size && worldWords(world).every((word) => text.encode(word).length === 1),
    trains: model.stored ? (model.stored.quantised ? 'none' : 'wordless') : 'all',
    defaults: config.sampling?.defaults ?? null,
    labels: Array.from({ length: text.size }, (_, id) => text.label(id)),
    special: { mask: config.special.mask, pad: config.special.pad, eos: config.special.eos },
  }
}

export async function* tokensJob(spec: SpecOf<'tokens'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const { text } = (await context.engine(spec.model)).model
  const ids = [...text.encode(spec.text)]
  yield { type: 'result', result: { ids, labels: ids.map((id) => text.label(id)) } }
}
