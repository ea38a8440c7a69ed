/** What keeps a run from being asked for, as far as the form itself can tell. */
import type { ModelInfo } from '../../shared/studio.ts'
import type { SftStudioSpec } from '../../shared/studio-training.ts'

/** Why the settings cannot be asked for as they are; null where they can. `model`: the one it starts from, where it is here. */
export function whyNot({ settings }: SftStudioSpec, model?: Pick<ModelInfo, 'name' | 'trains'>): string | null {
  if (model?.trains === 'none')
    return `${model.name} was imported with quantised weights, through which nothing can be trained. Import the checkpoint again with its own precision.`
  if (model?.trains === 'wordless' && settings.method === 'lora' && settings.words.length > 0)
    return `${model.name} is an imported checkpoint, whose embedding stays in the files it came in. Leave the words to train out.`
  if (settings.batch % settings.accumulate !== 0)
    return `A batch of ${settings.batch} cannot be computed in ${settings.accumulate} equal passes.`
  return null
}
