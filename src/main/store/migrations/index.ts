/** Every change of the tables, in order. A migration that has shipped is frozen: change the next one. */
import { initial } from './001-initial.ts'
import { jobs } from './002-jobs.ts'
import { modelNotes } from './003-model-notes.ts'
import { datasets } from './004-datasets.ts'
import { datasetCounts } from './005-dataset-counts.ts'
import { studies } from './006-studies.ts'
import { documentWriters } from './007-document-writers.ts'

export const migrations: readonly string[] = [
  initial,
  jobs,
  modelNotes,
  datasets,
  datasetCounts,
  studies,
  documentWriters,
]
