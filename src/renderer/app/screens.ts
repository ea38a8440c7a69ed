/**
 * The screens of the studio. The editor is always there, so that its canvas stays as it is; the others are loaded when
 * they are first opened.
 */
import { lazy, type ComponentType, type LazyExoticComponent } from 'react'
import type { StudioJobKind } from '../../shared/studio-jobs.ts'
import type { IconName } from '../ui/Icon.tsx'
import type { ScreenName } from './layout.ts'

interface Screen {
  readonly name: ScreenName
  readonly label: string
  readonly icon: IconName
  /** Null: the editor. */
  readonly component: LazyExoticComponent<ComponentType> | null
  /** Jobs that are looked at here. */
  readonly jobs: readonly StudioJobKind[]
}

export const screens: readonly Screen[] = [
  { name: 'edit', label: 'Edit', icon: 'brush', component: null, jobs: [] },
  {
    name: 'data',
    label: 'Data',
    icon: 'folder',
    component: lazy(() =>
      import('../features/datasets/DatasetsScreen.tsx').then((m) => ({ default: m.DatasetsScreen })),
    ),
    jobs: ['dataset-import', 'dataset-check', 'dataset-split', 'dataset-export'],
  },
  {
    name: 'train',
    label: 'Train',
    icon: 'graph',
    component: lazy(() => import('../features/train/TrainScreen.tsx').then((m) => ({ default: m.TrainScreen }))),
    jobs: ['sft', 'pararl'],
  },
  {
    name: 'bench',
    label: 'Bench',
    icon: 'compare',
    component: lazy(() => import('../features/bench/BenchScreen.tsx').then((m) => ({ default: m.BenchScreen }))),
    jobs: ['parabench', 'parabench-drag'],
  },
  {
    name: 'models',
    label: 'Models',
    icon: 'layers',
    component: lazy(() => import('../features/models/ModelsScreen.tsx')),
    jobs: ['merge', 'checkpoint-import', 'model-get'],
  },
]

/** Where a job is looked at; null where no screen shows it yet. */
export const screenOfJob = (kind: StudioJobKind): ScreenName | null =>
  screens.find(({ jobs }) => jobs.includes(kind))?.name ?? null
