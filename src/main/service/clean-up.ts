/** Disk budget: blobs that nothing names any more go, oldest first, once the store is larger than the person allows. */
import type { Store } from '../store/store.ts'
import { blobsIn } from './project-file.ts'

/** What was just uploaded is named by nothing yet. */
const GRACE_MS = 24 * 3600_000

export async function collectBlobs(store: Store, now = Date.now()): Promise<void> {
  if (store.blobs.totalBytes() <= store.preferences.get().diskBudget) return
  const used = new Set<string>()
  for (const project of store.projects.list()) {
    for (const document of store.documents.ofProject(project.id))
      for (const blob of blobsIn(JSON.stringify(store.documents.open(document)))) used.add(blob)
    for (const run of store.runs.ofProject(project.id))
      for (const picture of [run.input, run.mask, run.picture]) if (picture) used.add(picture.blob)
  }
  // Exports that can still be saved, and uploads that wait to be taken in.
  for (const blob of blobsIn(JSON.stringify(store.jobs.list()))) used.add(blob)
  await store.blobs.collect(used, now - GRACE_MS)
}
