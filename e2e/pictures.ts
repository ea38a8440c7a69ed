/** Takes the pictures of the README from the running studio: node e2e/pictures.ts, after a build. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { openInBrowser } from './browser.ts'
import { root } from './electron-launch.ts'
import { openHistory } from './first-edit.ts'

const studio = await openInBrowser()
const { page } = studio
const step = async (k: number): Promise<void> => {
  await page.getByRole('slider', { name: 'Step', exact: true }).focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < k; i++) await page.keyboard.press('ArrowRight')
  await page.waitForTimeout(900)
}
const finished = (): Promise<unknown> =>
  page.waitForFunction(() => document.querySelector('[role=slider][aria-label=Step]')?.ariaValueNow === '16')

async function take(of: Page, name: string): Promise<void> {
  await of.mouse.move(700, 6)
  const png = await sharp(await of.screenshot())
    .png({ palette: true, quality: 92, compressionLevel: 9 })
    .toBuffer()
  await writeFile(join(root, 'docs', 'images', `${name}.png`), png)
}

await page.setViewportSize({ width: 1600, height: 950 })
await page.getByRole('button', { name: /Where things are/ }).click()
await finished()
await step(7)
await take(page, 'studio-light')
await step(4)
await page
  .getByRole('listbox', { name: /reasoning/i })
  .first()
  .locator('[data-index="1"]')
  .click()
await page.getByRole('combobox', { name: /Replace with/ }).fill('tree')
await page.getByRole('option', { name: /^tree/ }).first().waitFor()
await page.keyboard.press('Enter')
await page.keyboard.press('Escape')
await page.getByRole('button', { name: /Continue from step 4/ }).click()
await finished()
await page.emulateMedia({ colorScheme: 'dark' })
await page.waitForTimeout(500)
await take(page, 'studio-branch')
await page.emulateMedia({ colorScheme: 'light' })
await openHistory(page)
await page.waitForTimeout(900)
await take(page, 'studio-history')
await studio.close()
