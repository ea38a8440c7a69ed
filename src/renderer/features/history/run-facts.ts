/** All that made a run, as names and words; what it does not have is left out. Pure. */
import { accelerationWords } from '../../../shared/acceleration.ts'
import { providerName } from '../../../shared/providers.ts'
import type { Run } from '../../../shared/studio.ts'
import { duration, modeName, standing } from '../../state/runs-words.ts'

export type Fact = readonly [name: string, words: string]

/** @param nameOf what an adapter is called, by its id */
export function factsOf(run: Run, nameOf: (adapter: string) => string): Fact[] {
  const { settings, box, stepMs } = run
  const both = ({ text, image }: { readonly text: number; readonly image: number }): string =>
    text === image ? String(text) : `words ${text}, picture ${image}`
  const facts: readonly Fact[] = [
    ['State', standing(run)],
    ['Task', settings.task === 'edit' ? 'Edit' : 'Generate'],
    ['Mode', modeName(settings.mode)],
    [
      'Steps',
      settings.imageSteps === undefined ? String(settings.steps) : `${settings.steps}, picture ${settings.imageSteps}`,
    ],
    ['Seed', String(run.seed)],
    ['Temperature', both(settings.temperatures)],
    ['Guidance', both(settings.guidance)],
    ['Speed', settings.acceleration ? accelerationWords(settings.acceleration) : ''],
    ['Model', run.modelName || settings.model],
    ['Model hash', run.modelHash.slice(0, 12)],
    ['Adapters', (settings.adapters ?? []).map(({ id, weight }) => `${nameOf(id)} at ${weight}`).join(', ')],
    ['Provider', providerName(run.provider)],
    ['Box', box ? `${words(box.width)} × ${words(box.height)} px at ${words(box.x)}, ${words(box.y)}` : ''],
    ['Mask', maskWords(run)],
    ['Time', run.ms === null ? '' : `${duration(run.ms)}${stepMs === null ? '' : `, ${Math.round(stepMs)} ms a step`}`],
    ['Made', new Date(run.createdAt).toLocaleString('en-GB')],
    ['Branched', run.parent ? `after step ${run.parent.step} of another run` : ''],
    ['Origin', run.imported ? 'opened from a file' : ''],
  ]
  return facts.filter(([, value]) => value !== '')
}

const words = (pixels: number): string => String(Number(pixels.toFixed(1)))

/** Of a run that was made here: what came from a file does not say. */
function maskWords({ settings, mask, imported }: Run): string {
  if (mask) return 'painted: the rest of the box was held'
  return settings.task === 'edit' && !imported ? 'none: all of the box could change' : ''
}
