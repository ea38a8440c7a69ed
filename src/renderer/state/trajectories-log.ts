/**
 * A trajectory as it grows: where a record belongs, and what a view needs to know of the whole run. All of it is pure;
 * what asks the service stands in trajectories.ts.
 */
import type { Trajectory, TrajectoryHeader, TrajectoryStep } from '../../shared/trajectory.ts'
import type { FieldName } from '../../shared/model-config.ts'

export type Field = TrajectoryHeader['fields'][number]

export const fieldOf = (header: Pick<TrajectoryHeader, 'fields'>, name: FieldName): Field | null =>
  header.fields.find((field) => field.name === name) ?? null

/** A run that has begun and has no step yet. */
export const begun = (header: TrajectoryHeader): Trajectory => ({ header, steps: [], events: [] })

/** What became of records: all are in, or one does not follow and the whole has to be fetched. */
export interface Appended {
  readonly trajectory: Trajectory
  readonly gap: boolean
}

/** Takes in records in any order that were told once or more; those known already are passed over. */
export function appendRecords(trajectory: Trajectory, records: readonly TrajectoryStep[]): Appended {
  const news = records.filter((record) => record.step > trajectory.steps.length).sort((a, b) => a.step - b.step)
  const steps = [...trajectory.steps]
  for (const record of news) if (record.step === steps.length + 1) steps.push(record)
  const gap = news.some((record) => record.step > steps.length)
  return { trajectory: steps.length === trajectory.steps.length ? trajectory : { ...trajectory, steps }, gap }
}

/** Commits and re-masks of each recorded step, apart by modality: what the timeline's two tracks draw. */
export interface Track {
  /** `commits[k - 1]` of step k. */
  readonly commits: readonly number[]
  readonly remasked: readonly number[]
  /** Steps at which anything of this modality was decided, ascending. */
  readonly active: readonly number[]
  /** Positions there are. */
  readonly total: number
  readonly most: number
}
export interface Tracks {
  readonly text: Track | null
  readonly image: Track | null
  /** Steps recorded, and planned. */
  readonly recorded: number
  readonly planned: number
  /** Steps before which a person changed something. */
  readonly edited: readonly number[]
  /** The last step shared with the run this one branched from. */
  readonly branchedAt: number | null
}

export function tracksOf(trajectory: Trajectory): Tracks {
  const { header, steps, events } = trajectory
  const track = (name: FieldName): Track | null => {
    const field = fieldOf(header, name)
    if (!field) return null
    const inside = (p: number): boolean => p >= field.start && p < field.start + field.length
    const count = (positions: readonly number[]): number => positions.reduce((n, p) => (inside(p) ? n + 1 : n), 0)
    const commits = steps.map((step) => count(step.commits.positions))
    return {
      commits,
      remasked: steps.map((step) => count(step.remasked)),
      active: steps.flatMap((step, i) => (commits[i]! > 0 ? [step.step] : [])),
      total: field.length,
      most: Math.max(1, ...commits),
    }
  }
  return {
    text: track('outputText'),
    image: track('outputImage'),
    recorded: steps.length,
    planned: Math.max(header.steps, steps.length),
    edited: [...new Set(events.map((event) => event.step))],
    branchedAt: header.parent?.step ?? null,
  }
}

/** For each position that was ever masked again: the steps at which that happened, ascending. */
export function remasksOf(trajectory: Trajectory): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>()
  const note = (position: number, step: number): void => {
    const steps = found.get(position)
    if (steps) steps.push(step)
    else found.set(position, [step])
  }
  for (const event of trajectory.events) if (event.kind === 'remask') note(event.position, event.step)
  for (const step of trajectory.steps) for (const p of step.remasked) note(p, step.step)
  for (const steps of found.values()) steps.sort((a, b) => a - b)
  return found
}

/** Computes something once for each trajectory object: a growing run is a new object at every step. */
export function perTrajectory<T>(compute: (trajectory: Trajectory) => T): (trajectory: Trajectory) => T {
  const known = new WeakMap<Trajectory, T>()
  return (trajectory) => {
    let value = known.get(trajectory)
    if (value === undefined) {
      value = compute(trajectory)
      known.set(trajectory, value)
    }
    return value
  }
}
