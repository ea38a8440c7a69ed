/** New runs. */
import type { Run } from '../../shared/studio.ts'
import { newId } from '../store/ids.ts'

/** A run that waits, with everything a person chose and nothing else. */
export function freshRun(
  given: Pick<Run, 'project' | 'document' | 'settings' | 'seed' | 'input' | 'mask' | 'box' | 'pins'> &
    Partial<Pick<Run, 'lane'>>,
): Run {
  const { project, document, settings, seed, input, mask, box, pins, lane = 'interactive' } = given
  return {
    id: newId(),
    project,
    document,
    settings,
    seed,
    input,
    mask,
    box,
    pins,
    state: 'queued',
    createdAt: Date.now(),
    endedAt: null,
    parent: null,
    edits: null,
    step: 0,
    stepMs: null,
    ms: null,
    reasoning: '',
    picture: null,
    hasTrajectory: false,
    modelName: '',
    modelHash: '',
    provider: '',
    warnings: [],
    error: null,
    stoppedAtOnce: false,
    lane,
    favourite: false,
    rejected: false,
    rating: 0,
    imported: false,
    preview: null,
  }
}
