/** Data folders and records for the tests of store and service. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyDocument } from '../../shared/document.ts'
import type { Project, Run } from '../../shared/studio.ts'
import { freshRun } from '../service/fresh-run.ts'
import type { Store } from './store.ts'

export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tandem-store-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export const testSettings: Run['settings'] = {
  task: 'edit',
  instruction: 'remove the cat',
  mode: 'parallel',
  steps: 16,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 0, image: 0 },
  seed: 7,
  model: 'storybook',
}

export function testProject(store: Store, name = 'Test'): Project {
  const project = store.projects.create(name)
  store.documents.create(project.document, project.id, emptyDocument(128, testSettings))
  return project
}

/** A run that is done, with an id and a time of its own choosing. */
export const testRun = (project: string, id: string, change: Partial<Run> = {}): Run => ({
  ...freshRun({
    project,
    document: null,
    settings: testSettings,
    seed: 7,
    input: null,
    mask: null,
    box: null,
    pins: [],
  }),
  id,
  state: 'done',
  createdAt: 1,
  ...change,
})
