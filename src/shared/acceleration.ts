/**
 * Acceleration that may change what a run decides: off unless asked for, recorded in the trajectory's header, and a
 * function of the record alone, so that an accelerated run resumes from any step to the same tokens too. What it costs is
 * measured (docs/acceleration.md).
 */
import { z } from 'zod'

const probability = z.number().min(0).max(1)

export const accelerationSchema = z.strictObject({
  /** Every so many forwards one computes the whole sequence; those between know kept rows by their keys and values. 1: all do. */
  refresh: z.int().min(1).max(4096),
  /**
   * What is kept: the input part, with it all that was decided when it was last computed, or with both the words or cells
   * that a step does not ask for, undecided ones included.
   */
  keep: z.enum(['input', 'decided', 'waiting']),
  /**
   * Between refreshes a modality's update asks about, and computes, no more undecided rows than may be decided soon: `times`
   * as many as it decides, `least` at least, those that were most confident when they were last asked about. The others are
   * known as they stood at the refresh. Absent: it asks about all of them.
   */
  soon: z.strictObject({ times: z.number().min(1).max(1000), least: z.int().min(1).max(4096) }).optional(),
  /** A token at least as probable is decided at its modality's next update, whatever the schedule says; null: never. */
  sure: z.strictObject({ text: probability.nullable(), image: probability.nullable() }),
  /** Which cells an update decides first: the most confident, or those next in a Halton sequence, which spreads them. */
  imageOrder: z.enum(['confidence', 'halton']),
})
export type Acceleration = z.infer<typeof accelerationSchema>

export const presetNames = ['fast', 'fastest'] as const
export type PresetName = (typeof presetNames)[number]

export interface Preset {
  readonly acceleration: Acceleration
  /**
   * Measured on the model that ships at the studio's own settings (bench/results/acceleration.json, acceleration-scores.json): how
   * many times as fast as the exact path, and points of ParaBench's overall score lost.
   */
  readonly timesFaster: number
  readonly pointsLost: number
}

export const presets: Readonly<Record<PresetName, Preset>> = {
  fast: {
    acceleration: {
      refresh: 4,
      keep: 'waiting',
      sure: { text: 0.95, image: 0.95 },
      imageOrder: 'confidence',
    },
    timesFaster: 9.9,
    pointsLost: 0.2,
  },
  fastest: {
    acceleration: {
      refresh: 8,
      keep: 'waiting',
      soon: { times: 4, least: 64 },
      sure: { text: 0.9, image: 0.9 },
      imageOrder: 'confidence',
    },
    timesFaster: 14.0,
    pointsLost: 0.4,
  },
}

/** Which preset this is; "custom" where it is none of them, "exact" where there is none. */
export function presetOf(acceleration: Acceleration | undefined): PresetName | 'exact' | 'custom' {
  if (!acceleration) return 'exact'
  const text = JSON.stringify(accelerationSchema.parse(acceleration))
  const found = presetNames.find(
    (name) => JSON.stringify(accelerationSchema.parse(presets[name].acceleration)) === text,
  )
  return found ?? 'custom'
}

/** What a preset gains and costs, in one sentence. */
export function presetLine({ timesFaster, pointsLost }: Preset): string {
  const cost = pointsLost <= 0 ? 'no loss on ParaBench' : `${pointsLost.toFixed(1)} points lost on ParaBench`
  return `About ${timesFaster.toFixed(1)} times as fast, ${cost}, measured on the model that ships.`
}

const keptWords: Readonly<Record<Acceleration['keep'], string>> = {
  input: 'input',
  decided: 'input and decided rows',
  waiting: 'input, decided rows and those not asked for',
}

/** What it does, in the words of a report. */
export function accelerationWords({ refresh, keep, soon, sure, imageOrder }: Acceleration): string {
  const bound = ([what, p]: readonly [string, number | null]): string => (p === null ? '' : `${what} from ${p}`)
  const sureWords = [bound(['words', sure.text]), bound(['cells', sure.image])].filter(Boolean).join(', ')
  return [
    refresh > 1 ? `${keptWords[keep]} kept for ${refresh} forwards` : '',
    refresh > 1 && soon ? `between them ${soon.times} rows asked for one decided, ${soon.least} at least` : '',
    sureWords && `sure ${sureWords} at once`,
    imageOrder === 'halton' ? 'cells in Halton order' : '',
  ]
    .filter(Boolean)
    .join('; ')
}
