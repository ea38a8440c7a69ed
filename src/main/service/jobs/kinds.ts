/** Every kind of job the service knows, as a total map: a kind that is missing does not compile. */
import { dragResultSchema, parabenchResultSchema } from '../../../shared/jobs.ts'
import type { StudioJobKind, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import { engineSpecOf, parseTrained, resultOf, trainingTitle } from '../training/kind.ts'
import type { JobKindDefinition } from './kind.ts'

export const jobKinds: { readonly [K in StudioJobKind]: JobKindDefinition<K> } = {
  parabench: {
    title: ({ suite, mode, steps }) => `${suite}, ${mode}, ${steps} steps`,
    engineSpec: async (spec, { models }, { folder }) => ({
      ...spec,
      model: await models.path(spec.model),
      out: folder,
    }),
    result(raw) {
      const { folder: _, ...rest } = parabenchResultSchema.parse(raw)
      return rest
    },
  },
  'parabench-drag': {
    title: ({ suite, steps }) => `Reasoning drag on ${suite}, ${steps} steps`,
    engineSpec: async (spec, { models }, { folder }) => ({
      ...spec,
      model: await models.path(spec.model),
      out: folder,
    }),
    result(raw) {
      const { folder: _, ...rest } = dragResultSchema.parse(raw)
      return rest
    },
  },
  sft: {
    title: trainingTitle,
    engineSpec: engineSpecOf,
    result: resultOf,
    rests: (raw) => parseTrained(raw).reason === 'paused',
  },
}

/** The definition of a spec's kind, with the spec it takes. */
export function kindOf<K extends StudioJobKind>(spec: StudioJobSpecOf<K>): JobKindDefinition<K> {
  return jobKinds[spec.kind]
}
