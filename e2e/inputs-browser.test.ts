/** Ways in that a person tries without being told: paste, several files at once, two fingers, the chord for opening. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CDPSession, Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { root } from './electron-launch.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    await studio.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Open a picture' }).waitFor()
    await page.getByRole('tab', { name: /Layers/ }).click()
  })
  afterAll(() => studio?.close())

  const layers = (): Locator => page.getByRole('listbox', { name: 'Layers' }).getByRole('option')
  const names = (): Promise<string[]> => layers().allInnerTexts()
  const colour = (background: string): Promise<Buffer> =>
    sharp({ create: { width: 40, height: 30, channels: 3, background } })
      .png()
      .toBuffer()

  it('a picture in the clipboard is pasted as a layer', async () => {
    const bytes = [...(await colour('#c03030'))]
    await page.evaluate(async (png) => {
      const type = 'image/png'
      await navigator.clipboard.write([new ClipboardItem({ [type]: new Blob([new Uint8Array(png)], { type }) })])
    }, bytes)
    await page.keyboard.press('Control+v')
    await expect.poll(() => layers().count()).toBe(1)
    // The first picture gives the document its size.
    await page.getByText('40 × 30 px').waitFor()
  })

  it('a text pasted into the instruction stays there', async () => {
    const before = await layers().count()
    await page.getByRole('tab', { name: /^Run/ }).click()
    await page.evaluate(() => navigator.clipboard.writeText('remove the dog'))
    await page.getByRole('textbox', { name: 'Instruction' }).click()
    await page.keyboard.press('Control+v')
    await expect.poll(() => page.getByRole('textbox', { name: 'Instruction' }).inputValue()).toBe('remove the dog')
    await page.getByRole('tab', { name: /Layers/ }).click()
    await expect.poll(() => layers().count()).toBe(before)
  })

  it('several files dropped at once are opened one after the other, and the one that is none says so', async () => {
    const before = await names()
    const files = [
      ['one.png', await colour('#30c030')],
      ['notes.txt', Buffer.from('no picture')],
      ['two.png', await colour('#3030c0')],
    ] as const
    const transfer = await page.evaluateHandle(
      (list) => {
        const made = new DataTransfer()
        for (const [name, bytes] of list) made.items.add(new File([new Uint8Array(bytes)], name))
        return made
      },
      files.map(([name, bytes]) => [name, [...bytes]] as const),
    )
    const target = page.locator('section[aria-label=Canvas]')
    for (const type of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(type, { dataTransfer: transfer })
    await expect.poll(names).toEqual(['two', 'one', ...before])
    await page.getByText('does not know what notes.txt is').waitFor()
  })

  it('one dropped on another screen is opened where it is seen: the editor comes up', async () => {
    const before = await names()
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    const train = page.getByRole('main', { name: 'Train' })
    await train.waitFor()
    const transfer = await page.evaluateHandle(
      (bytes) => {
        const made = new DataTransfer()
        made.items.add(new File([new Uint8Array(bytes)], 'three.png'))
        return made
      },
      [...(await colour('#c0c030'))],
    )
    await train.dispatchEvent('dragenter', { dataTransfer: transfer })
    await page.getByText('Drop pictures, trajectories').waitFor()
    for (const type of ['dragover', 'drop']) await train.dispatchEvent(type, { dataTransfer: transfer })
    await page.locator('section[aria-label=Canvas]').waitFor()
    await train.waitFor({ state: 'detached' })
    await expect.poll(names).toEqual(['three', ...before])
  })

  it('a picture that is none says why, and its diagnostics are on the clipboard with cause, call and version', async () => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+o')])
    await chooser.setFiles({ name: 'torn.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
    const said = page.getByRole('alert').filter({ hasText: 'torn.png is not a picture' })
    await said.getByRole('button', { name: 'Copy diagnostics' }).click()
    await page.getByText('Diagnostics copied.').waitFor()
    const text = await page.evaluate(() => navigator.clipboard.readText())
    expect(text).toMatch(/^torn\.png is not a picture the studio can read/)
    expect(text).toContain('Give a whole PNG, JPEG or WebP file.')
    expect(text).toMatch(/^kind: input$/m)
    expect(text).toMatch(/^where: pictures\.open$/m)
    expect(text).toMatch(/^studio: \d+\.\d+\.\d+ \(browser\)$/m)
    expect(text).toMatch(/^model: \S+ [0-9a-f]{12}$/m)
    // The instruction that was typed before is nobody's business.
    expect(text).not.toContain('remove the dog')
  })

  it('what went wrong makes room, and waits in the bar with its diagnostics until it is dismissed', async () => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+o')])
    const torn = Array.from({ length: 6 }, (_, i) => `torn-${i}.png`)
    await chooser.setFiles(
      torn.map((name) => ({ name, mimeType: 'image/png', buffer: Buffer.from('no picture either') })),
    )
    const waiting = page.getByRole('button', { name: /^\d+ messages?$/ })
    await waiting.click()
    const kept = page.getByRole('dialog', { name: 'Messages kept' })
    const first = kept.locator('.toast', { hasText: 'torn-0.png is not a picture' })
    await first.getByText('Give a whole PNG, JPEG or WebP file.').waitFor()
    await first.getByRole('button', { name: 'Copy diagnostics' }).click()
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/^torn-0\.png is not a picture the studio can read/)
    await first.getByRole('button', { name: 'Dismiss' }).click()
    await first.waitFor({ state: 'detached' })
    if (await kept.isVisible()) await page.keyboard.press('Escape')
    const rest = page.locator('.toasts').getByRole('button', { name: 'Dismiss' })
    while ((await rest.count()) > 0) await rest.first().click()
  })

  it('the chord for opening files brings up the dialog every time, and what is chosen is opened', async () => {
    const before = await layers().count()
    const scene = join(root, 'resources', 'demo', 'scene.png')
    for (let i = 1; i <= 4; i++) {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+o')])
      expect(chooser.isMultiple()).toBe(true)
      await chooser.setFiles(
        i % 2 === 1 ? [scene] : [{ name: 'a.png', mimeType: 'image/png', buffer: await readFile(scene) }],
      )
      await expect.poll(() => layers().count()).toBe(before + i)
    }
  })

  it('two fingers zoom about their middle and pan with it, and leave no stroke', async () => {
    const cdp = await studio.context.newCDPSession(page)
    await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 })
    const undo = page.getByRole('button', { name: /^Undo/ }).first()
    const last = await undo.getAttribute('aria-label')
    await page.keyboard.press('b')
    const box = (await page.locator('section[aria-label=Canvas] canvas').first().boundingBox())!
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    const zoom = async (): Promise<number> => Number.parseFloat(await page.locator('.canvas-status').innerText())
    const before = await zoom()
    await pinch(cdp, { x, y }, 60, 120)
    await expect.poll(zoom).toBeGreaterThan(before * 1.9)
    expect(await zoom()).toBeLessThan(before * 2.1)
    await pinch(cdp, { x, y }, 120, 60)
    await expect.poll(zoom).toBeLessThan(before * 1.05)
    expect(await undo.getAttribute('aria-label')).toBe(last)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})

/** Two fingers about a point, from one half distance to another. */
async function pinch(cdp: CDPSession, middle: { x: number; y: number }, from: number, to: number): Promise<void> {
  const at = (half: number): { x: number; y: number; id: number }[] => [
    { x: middle.x - half, y: middle.y, id: 0 },
    { x: middle.x + half, y: middle.y, id: 1 },
  ]
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from).slice(0, 1) })
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from) })
  for (let i = 1; i <= 10; i++)
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(from + ((to - from) * i) / 10) })
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}
