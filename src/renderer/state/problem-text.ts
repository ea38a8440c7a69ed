/** An error as a report of it reads. Pure. */
import type { About } from '../ui/diagnostics.tsx'

export interface Problem extends About {
  readonly message: string
  readonly remedy?: string | undefined
  /** Whose it is: `input`, `environment`, `internal`. */
  readonly kind?: string | undefined
}

/** Where it happened; what is empty or null is left out. */
export interface Surroundings {
  readonly version: string
  readonly host: string
  readonly model: string | null
  readonly modelHash: string | null
  readonly provider: string | null
}

/** Characters of details that are kept: the beginning of a stack says most. */
const MOST_DETAILS = 6000

/**
 * Cause and remedy first, then a line a fact, then the details. Nothing of the person is in it but what the message
 * itself says: folders are left out of paths, and whatever looks like a key is taken out.
 */
export function problemText(problem: Problem, around: Surroundings, at: Date): string {
  const facts: readonly (readonly [name: string, value: string | null | undefined])[] = [
    ['kind', problem.kind],
    ['where', problem.where],
    ['run', problem.run],
    ['job', problem.job],
    ['model', around.model && [around.model, around.modelHash?.slice(0, 12)].filter(Boolean).join(' ')],
    ['provider', around.provider],
    ['studio', `${around.version} (${around.host})`],
    ['time', at.toISOString()],
  ]
  const lines = [
    problem.message,
    problem.remedy,
    '',
    ...facts.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : [])),
    ...(problem.details ? ['', problem.details.slice(0, MOST_DETAILS)] : []),
  ]
  return discreet(lines.filter((line) => line !== undefined).join('\n'))
}

const FOLDERS: readonly RegExp[] = [
  // A name may hold one space; a slash after a letter or a colon belongs to a word or an address.
  /(?<![\w:/.…])(?:file:\/\/)?~?\/(?:[^\s/"'()<>]+(?: [^\s/"'()<>]+)?\/)+/g,
  /(?<!\w)[A-Za-z]:[\\/](?:[^\\/\n"'<>|:*?]+[\\/])*/g,
]
const SECRETS: readonly RegExp[] = [
  /(?<=\bbearer\s+)[^\s"']+/gi,
  /(?<=\b(?:api[-_]?key|key|token|secret|password)["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
  /\b(?:sk|hf|ghp|xai|gsk)[-_][\w-]{8,}/g,
]

/** The same text without the folders of paths and without keys. */
export function discreet(text: string): string {
  const unlocked = SECRETS.reduce((rest, secret) => rest.replace(secret, '[taken out]'), text)
  return FOLDERS.reduce((rest, folder) => rest.replace(folder, '…/'), unlocked)
}
