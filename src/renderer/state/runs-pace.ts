/** How far a run is and how long it still takes, from the steps as they come. Pure. */
export interface Pace {
  /** The first step seen and when; before it the model was still being made ready. */
  readonly from: { readonly step: number; readonly at: number }
  readonly last: { readonly step: number; readonly at: number }
}

/** Taken up again after this long without a step: a run that waited has another pace. */
const PAUSE_MS = 5000

export function pacedBy(pace: Pace | undefined, step: number, at: number): Pace {
  if (!pace || step <= pace.last.step || at - pace.last.at > PAUSE_MS) return { from: { step, at }, last: { step, at } }
  return { from: pace.from, last: { step, at } }
}

/** Milliseconds a step takes, or null before there is a pace. */
export function stepTime(pace: Pace | undefined): number | null {
  if (!pace || pace.last.step === pace.from.step) return null
  return (pace.last.at - pace.from.at) / (pace.last.step - pace.from.step)
}

/** Milliseconds until the end, or null before there is a pace. */
export function timeLeft(pace: Pace | undefined, steps: number): number | null {
  const perStep = stepTime(pace)
  return pace && perStep !== null ? Math.max(0, steps - pace.last.step) * perStep : null
}
