/** The bench in Electron; where the test's system has no keyring, the studio says so instead of keeping a key in plain text. */
import { expect, it } from 'vitest'
import { compareAndVote, dragAndPair, lookAtRun, makeRuns, openBench } from './bench.ts'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'

describeWith(await electronMissing())('the bench in Electron', () => {
  it('measures, compares, votes, and opens a pair of the drag report in step', async () => {
    const studio = await openInElectron()
    try {
      const { page } = studio
      await openBench(page)
      await makeRuns(page)
      await lookAtRun(page)
      await compareAndVote(page)
      await dragAndPair(page)
      const form = page.locator('.bench-form')
      await page.getByRole('button', { name: 'New run' }).first().click()
      await form.getByRole('radio', { name: 'Scores' }).click()
      await form.getByRole('radio', { name: 'Vision model' }).click()
      await form.getByLabel('Base URL').fill('https://judge.example/v1')
      await form.getByLabel('Model', { exact: true }).fill('vision-1')
      await form.getByRole('button', { name: /Look at what is sent/ }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Key for judge.example').waitFor({ timeout: 30_000 })
      const backend = await studio.app.evaluate(({ safeStorage }) =>
        safeStorage.isEncryptionAvailable() ? safeStorage.getSelectedStorageBackend() : 'none',
      )
      const plain = backend === 'basic_text' || backend === 'unknown' || backend === 'none'
      expect(await dialog.getByRole('switch', { name: /Keep it/ }).count()).toBe(plain ? 0 : 1)
      if (plain) expect(await dialog.innerText()).toMatch(/no keyring|cannot encrypt/)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  })
})
