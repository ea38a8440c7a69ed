/** Every kind of job the service knows, as a total map: a kind that is missing does not compile. */
import { basename, join } from 'node:path'
import { modelMergeSchema } from '../../../shared/models.ts'
import type { StudioJobKind, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import { dragKind, parabenchKind } from '../bench/kind.ts'
import { engineSpecOf, parseTrained, resultOf, trainingTitle } from '../training/kind.ts'
import { checkpointImport, modelGet } from './checkpoint-kind.ts'
import { datasetCheck, datasetExport, datasetImport, datasetSplit } from './dataset-kinds.ts'
import { pararlEngineSpec, pararlResult, pararlTitle } from '../rl/kind.ts'
import type { JobKindDefinition } from './kind.ts'

export const jobKinds: { readonly [K in StudioJobKind]: JobKindDefinition<K> } = {
  parabench: parabenchKind,
  'parabench-drag': dragKind,
  sft: {
    title: trainingTitle,
    engineSpec: engineSpecOf,
    result: resultOf,
    rests: (raw) => parseTrained(raw).reason === 'paused',
    makesModels: true,
  },
  pararl: {
    title: pararlTitle,
    makesModels: true,
    engineSpec: pararlEngineSpec,
    result: pararlResult,
  },
  merge: {
    title: ({ name }) => `Merge into ${name}`,
    makesModels: true,
    async engineSpec({ base, adapters, name, half }, { models, library }) {
      const stack = await models.stack(adapters)
      const work = {
        do: 'merge',
        base: await models.path(base),
        adapters: stack.map(({ directory, weight }) => ({ path: directory, weight })),
        out: join(library.folder, await library.freeName(name)),
        name,
        half,
      } as const
      return { kind: 'model', work }
    },
    result(raw) {
      const { path, name, hash } = modelMergeSchema.parse(raw)
      return { model: basename(path), name, hash }
    },
  },
  'dataset-import': datasetImport,
  'dataset-check': datasetCheck,
  'dataset-split': datasetSplit,
  'dataset-export': datasetExport,
  'checkpoint-import': checkpointImport,
  'model-get': modelGet,
}

/** The definition of a spec's kind, with the spec it takes. */
export function kindOf<K extends StudioJobKind>(spec: StudioJobSpecOf<K>): JobKindDefinition<K> {
  return jobKinds[spec.kind]
}
