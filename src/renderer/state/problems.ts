/** Problems that were shown, and the report of one: what the screens say in words is found again with what is known of it. */
import { describeError, TandemError } from '../../shared/errors.ts'
import { CallFailure } from '../call-failure.ts'
import type { About } from '../ui/diagnostics.tsx'
import { problemText, type Problem } from './problem-text.ts'
import { studio } from './store.ts'

/** Screens keep the words of an error alone; this many of the last ones are known with more than their words. */
const MOST = 50
const known = new Map<string, Problem>()

const plain = (words: string): string => words.replace(/\s+/g, ' ').trim()

/** What a thrown thing says, and what a report adds to it. A defect of ours keeps its stack. */
export function problemOf(error: unknown): Problem {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (!(error instanceof TandemError))
    return {
      message: 'Something in the studio broke.',
      remedy: 'Try again. If it happens again, copy the diagnostics into a report.',
      kind: 'internal',
      details: stack,
    }
  return {
    message: error.message,
    remedy: error.remedy,
    kind: error.kind,
    ...(error instanceof CallFailure ? { where: error.origin } : {}),
    ...(error.kind === 'internal' ? { details: stack } : {}),
  }
}

/** One sentence for a failure, to be shown in place; a report of that sentence knows where it came from. */
export function asWords(error: unknown): string {
  const words = error instanceof TandemError ? describeError(error) : 'Something in the studio broke. Try again.'
  known.delete(words)
  known.set(words, problemOf(error))
  for (const oldest of known.keys()) {
    if (known.size <= MOST) break
    known.delete(oldest)
  }
  return words
}

/** The report of words that stand on a screen. */
export function reportOf(said: string, about: About): string {
  const words = plain(said)
  return reportText({ ...(known.get(words) ?? { message: words }), ...about })
}

/** The report of a problem as things are now: of a run with its own model and provider, else with those that are set. */
export function reportText(problem: Problem): string {
  const { version, host, runs, document, models, preferences } = studio.get()
  const run = problem.run === undefined ? undefined : runs.get(problem.run)
  const chosen = models.find(({ id }) => id === (run?.settings.model ?? document?.settings.model))
  return problemText(
    { details: run?.error?.details, ...problem },
    {
      version,
      host,
      model: run?.modelName || chosen?.name || null,
      modelHash: run?.modelHash || chosen?.hash || null,
      provider: run?.provider || preferences.provider,
    },
    new Date(),
  )
}
