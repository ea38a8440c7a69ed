import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyDocument, identityTransform, replay } from '../../shared/document.ts'
import { openStore, type Store } from '../store/store.ts'
import { temporaryFolder, testProject, testSettings } from '../store/testing.ts'
import { usedBlobs } from './clean-up.ts'
import { joinParts } from './join-parts.ts'
import { exportProject, importProject, projectLimits } from './project-file.ts'
import type { Task } from './tasks.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: Store
beforeEach(() => {
  folder = temporaryFolder()
  store = openStore(folder.path)
})
afterEach(() => {
  store.close()
  folder.remove()
})

const task: Task = { signal: new AbortController().signal, tell: () => undefined, check: () => undefined }
const bytes = (count: number): Promise<string> => store.blobs.put(randomBytes(count)).then(({ blob }) => blob)

/** A project whose document shows pictures of so many bytes each. */
async function projectOf(...sizes: number[]): Promise<string> {
  const { id, document } = testProject(store)
  const blobs = await Promise.all(sizes.map(bytes))
  const marks = blobs.map((blob) => ({
    kind: 'picture' as const,
    picture: { blob, width: 1, height: 1 },
    x: 0,
    y: 0,
    width: 1,
    height: 1,
  }))
  const value = { id: 'l', name: 'l', visible: true, opacity: 1, transform: identityTransform, marks }
  store.documents.append(document, 0, [{ type: 'addLayer', value }], { writer: 'me', revision: 0 })
  return id
}

describe('a project file', () => {
  it('that is written can be read again, whatever the limit, and one over it is refused in words', async () => {
    const project = await projectOf(5000, 5000, 5000)
    const outcomes: string[] = []
    for (let file = 14_000; file <= 22_000; file += 250) {
      const limits = { ...projectLimits, file }
      const made = await exportProject(store, project, task, limits).catch((error: unknown) => error)
      if (made instanceof Error) {
        expect(made).toMatchObject({ message: 'This project is too large for one file.' })
        outcomes.push('refused')
        continue
      }
      const { blob } = made as { blob: string }
      expect(store.blobs.get(blob).size).toBeLessThanOrEqual(file)
      const copy = await importProject(store, blob, task, limits)
      expect(replay(store.documents.open(copy.document)).layers[0]?.marks).toHaveLength(3)
      outcomes.push('came back')
    }
    const first = outcomes.indexOf('came back')
    expect(first).toBeGreaterThan(0)
    expect(outcomes.slice(first)).toEqual(outcomes.slice(first).map(() => 'came back'))
  })

  it('has as many files, and as large a manifest, as is read', async () => {
    const project = await projectOf(10, 10)
    for (const limit of [{ files: 2 }, { manifest: 100 }])
      await expect(exportProject(store, project, task, { ...projectLimits, ...limit })).rejects.toThrow('too large')
    await expect(exportProject(store, project, task, { ...projectLimits, files: 3 })).resolves.toBeDefined()
  })

  it('that came in parts is the file it was, and the parts are gone', async () => {
    const project = await projectOf(5000, 5000)
    const { blob } = await exportProject(store, project, task)
    const whole = readFileSync(store.blobs.get(blob).path)
    await store.blobs.remove([blob])
    const parts: string[] = []
    for (let at = 0; at < whole.length; at += 3000)
      parts.push((await store.blobs.put(whole.subarray(at, at + 3000))).blob)
    expect(parts.length).toBeGreaterThan(3)
    expect(await joinParts(store, parts)).toBe(blob)
    expect(parts.map((part) => store.blobs.find(part))).toEqual(parts.map(() => null))
    expect((await importProject(store, blob, task)).name).toBe('Test')
  })
})

describe('parts', () => {
  it('of more than a file may have are refused in words and go; one that something names stays', async () => {
    const project = await projectOf(1000)
    const [used] = [...usedBlobs(store)]
    const other = await bytes(1000)
    await expect(joinParts(store, [other, used!], 1999)).rejects.toThrow('The file is larger than')
    expect(store.blobs.find(other)).toBeNull()
    expect(store.blobs.find(used!)).not.toBeNull()
    await expect(exportProject(store, project, task)).resolves.toBeDefined()
    await expect(joinParts(store, [other])).rejects.toThrow('not in the store')
  })

  it('that a document names stay as well where it cannot be read', async () => {
    const { id, document } = store.projects.create('Broken')
    const blob = await bytes(100)
    const mask = [{ kind: 'picture' as const, picture: { blob, width: 1, height: 1 } }]
    store.documents.create(document, id, { ...emptyDocument(128, testSettings), feather: 9999, mask })
    expect(() => store.documents.open(document)).toThrow('cannot be read')
    expect([...usedBlobs(store)]).toEqual([blob])
  })
})
