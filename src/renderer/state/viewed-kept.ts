/** A viewed run and step as the text they are kept in. */

export interface Viewed {
  readonly run: string
  /** Null: its end, or following it. */
  readonly step: number | null
}

/** Null for what is no record of this kind. */
export function parseViewed(text: string): Viewed | null {
  const found = /^([0-9a-z-]{1,64})(?: (\d{1,5}))?$/.exec(text)
  return found ? { run: found[1]!, step: found[2] === undefined ? null : Number(found[2]) } : null
}

export const printViewed = ({ run, step }: Viewed): string => (step === null ? run : `${run} ${step}`)
