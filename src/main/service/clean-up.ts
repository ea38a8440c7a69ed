/**
 * Disk budget: blobs that nothing names any more go, oldest first, once projects take more than the person allows. What is
 * used is never taken: where that alone is more, the person is told, once until it fits again.
 */
import type { Store } from '../store/store.ts'
import { blobsIn } from './project-file.ts'

/** What was just uploaded is named by nothing yet. */
const GRACE_MS = 24 * 3600_000
/** A look through every document is no work for every run that ends. */
const EVERY_MS = 600_000

export interface CleanUp {
  /** Looks whether the projects fit, and makes room if not, at most every ten minutes. */
  run(): Promise<void>
}

export function createCleanUp(
  store: Store,
  tell: (notice: { message: string; remedy: string }) => void,
  clock: () => number = Date.now,
): CleanUp {
  let isTold = false
  let last = -Infinity
  return {
    async run() {
      const budget = store.preferences.get().diskBudget
      if (store.bytes() <= budget) {
        isTold = false
        return
      }
      if (clock() - last < EVERY_MS) return
      last = clock()
      await store.blobs.collect(usedBlobs(store), clock() - GRACE_MS)
      const bytes = store.bytes()
      if (bytes > budget && !isTold)
        tell({
          message: `Your projects take ${gigabytes(bytes)}, more than the ${gigabytes(budget)} you allow.`,
          remedy:
            'Delete runs you do not need in the history, or allow more in the settings. Nothing is deleted by itself.',
        })
      isTold = bytes > budget
    },
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`

/** What a project, a run or a job names. */
export function usedBlobs(store: Store): ReadonlySet<string> {
  const used = new Set<string>()
  for (const project of store.projects.list()) {
    for (const document of store.documents.ofProject(project.id))
      for (const blob of blobsIn(store.documents.text(document))) used.add(blob)
    for (const run of store.runs.ofProject(project.id))
      for (const picture of [run.input, run.mask, run.picture]) if (picture) used.add(picture.blob)
  }
  // Exports that can still be saved, and uploads that wait to be taken in.
  for (const blob of blobsIn(JSON.stringify(store.jobs.list()))) used.add(blob)
  return used
}
