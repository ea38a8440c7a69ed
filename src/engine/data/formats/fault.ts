/**
 * A fault as a line of `data.jsonl`: what a copied set keeps of a sample that is no row, and of a file that ended early.
 * Whoever reads the folder is told the fault with its place in the original, until a person drops the line.
 */
import { z } from 'zod'
import { problemSeverity, type Problem, type ProblemCode } from '../../../shared/datasets.ts'

const errorCodes = (Object.keys(problemSeverity) as ProblemCode[]).filter((code) => problemSeverity[code] === 'error')

/** Errors alone: a line that is skipped without stopping training would lose a row silently. */
const faultSchema = z.strictObject({
  id: z.string().nullish(),
  fault: z.strictObject({ code: z.enum(errorCodes), message: z.string().min(1), fix: z.string() }),
})

/** The line that keeps a problem, without its line break. */
export const faultLine = ({ code, where, id, message, fix }: Problem): Uint8Array =>
  Buffer.from(JSON.stringify({ ...(id === null ? {} : { id }), fault: { code, message: `${where}: ${message}`, fix } }))

/** What a parsed line keeps; null where it is none. `message` begins with the place in the original. */
export function faultOf(raw: unknown): Pick<Problem, 'code' | 'id' | 'message' | 'fix'> | null {
  const parsed = faultSchema.safeParse(raw)
  return parsed.success ? { ...parsed.data.fault, id: parsed.data.id ?? null } : null
}
