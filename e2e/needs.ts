/** Tests that need something of the machine: skipped with a word on how to get it, and never skipped where CI counts on them. */
import { describe } from 'vitest'

/** `describe` for tests that can run; `missing` says how to get what they lack. */
export function describeWith(missing: string | null): typeof describe | typeof describe.skip {
  if (missing === null) return describe
  if (process.env.CI) throw new Error(missing)
  process.stderr.write(`skipped: ${missing}\n`)
  return describe.skip
}

/** The same for what not every machine of CI can give: what it checks is checked where there is such a thing. */
export function describeWhere(missing: string | null): typeof describe | typeof describe.skip {
  if (missing === null) return describe
  process.stderr.write(`skipped: ${missing}\n`)
  return describe.skip
}
