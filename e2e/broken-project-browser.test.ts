/** A project that cannot be opened: another one opens in its place, it is said why, and it is still in the list. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { emptyDocument, identityTransform } from '../src/shared/document.ts'
import { testSettings } from '../src/main/store/testing.ts'
import { openStore } from '../src/main/store/store.ts'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'

const empty = emptyDocument(128, testSettings)
const layers = Array.from({ length: 201 }, (_, i) => ({
  id: `l${i}`,
  name: `Layer ${i}`,
  visible: true,
  opacity: 1,
  transform: identityTransform,
  marks: [],
}))

/** A data folder with projects of these documents, the last of them the one that was open. */
function dataWith(projects: Readonly<Record<string, typeof empty>>): string {
  const data = mkdtempSync(join(tmpdir(), 'tandem-broken-'))
  const store = openStore(data)
  for (const [name, base] of Object.entries(projects)) {
    const { id, document } = store.projects.create(name)
    store.documents.create(document, id, base)
    store.preferences.set({ ...store.preferences.get(), project: id })
  }
  store.close()
  return data
}

describeWith(chromiumMissing())('a start with a project', () => {
  it('that cannot be read opens another one and says why; one over a limit opens, and takes no further layer', async () => {
    const data = dataWith({ Large: { ...empty, layers }, Broken: { ...empty, feather: 9999 } })
    const studio = await openInBrowser({ data })
    try {
      const { page } = studio
      page.setDefaultTimeout(15_000)
      await page.getByRole('button', { name: 'Project: Large', exact: true }).waitFor()
      await page.getByText('"Broken" could not be opened. Its document cannot be read').waitFor()
      await page.getByText('"Large" was opened in its place.').waitFor()
      await page.getByRole('tab', { name: 'Layers' }).click()
      await page.getByRole('button', { name: 'Add a layer' }).click()
      await page.getByText('A document has 200 layers at most.').waitFor()
      await page.getByText('Saved', { exact: true }).waitFor()
      // The next start asks for nothing that did not open.
      await page.reload()
      await page.getByRole('button', { name: 'Project: Large', exact: true }).waitFor()
      expect(await page.getByText('could not be opened').count()).toBe(0)
    } finally {
      await studio.close()
      rmSync(data, { recursive: true, force: true })
    }
  })

  it('that is the only one and cannot be read begins a new one beside it', async () => {
    const data = dataWith({ Broken: { ...empty, feather: 9999 } })
    const studio = await openInBrowser({ data })
    try {
      const { page } = studio
      page.setDefaultTimeout(15_000)
      await page.getByText('"Broken" could not be opened.').waitFor()
      await page.getByRole('button', { name: 'Project: First project', exact: true }).waitFor()
      await page.getByRole('button', { name: 'Studio menu' }).click()
      await page.getByRole('menuitem', { name: 'Projects' }).click()
      await page
        .getByRole('dialog', { name: 'Projects' })
        .getByRole('button', { name: /^Broken/ })
        .waitFor()
    } finally {
      await studio.close()
      rmSync(data, { recursive: true, force: true })
    }
  })
})
