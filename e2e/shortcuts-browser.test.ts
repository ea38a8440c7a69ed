/** Shortcuts by hand: bound anew, taken over from another command, kept, and taken back. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: 'Queue', exact: true }).waitFor()
  })
  afterAll(() => studio?.close())

  type Drawer = 'History' | 'Queue'
  const isOpen = async (drawer: Drawer): Promise<boolean> =>
    (await page.getByRole('button', { name: drawer, exact: true }).getAttribute('aria-pressed')) === 'true'
  /** A chord opens the drawer, and closes it again. */
  const opens = async (chord: string, drawer: Drawer): Promise<void> => {
    expect(await isOpen(drawer)).toBe(false)
    await page.keyboard.press(chord)
    await expect.poll(() => isOpen(drawer)).toBe(true)
    await page.keyboard.press(chord)
    await expect.poll(() => isOpen(drawer)).toBe(false)
  }

  const dialog = (): Locator => page.getByRole('dialog', { name: 'Shortcuts' })
  const openDialog = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Shortcuts', exact: true }).click()
    await dialog().waitFor()
  }
  const done = async (): Promise<void> => {
    await dialog().getByRole('button', { name: 'Done' }).click()
    await dialog().waitFor({ state: 'detached' })
  }
  const field = (command: Drawer): Locator =>
    dialog().getByRole('button', { name: new RegExp(`^Shortcut of ${command}: `) })
  const chordIs = (command: Drawer, chord: string): Promise<void> =>
    expect
      .poll(() => field(command).getAttribute('aria-label'))
      .toBe(`Shortcut of ${command}: ${chord}. Press to change it.`)
  const press = async (command: Drawer, chord: string): Promise<void> => {
    await field(command).click()
    await page.keyboard.press(chord)
  }
  const clash = (): Locator => dialog().getByRole('alert')
  const hasFocus = (locator: Locator): Promise<boolean> => locator.evaluate((at) => at === document.activeElement)

  it('a command is found by its chord, and bound to another one', async () => {
    await openDialog()
    const search = dialog().getByRole('textbox', { name: 'Search shortcuts' })
    await search.fill('alt+2')
    await expect.poll(() => dialog().locator('.shortcut-title').allInnerTexts()).toEqual(['History'])
    await search.fill('')
    // Escape ends the listening, and nothing else.
    await press('History', 'Escape')
    await chordIs('History', 'Alt+2')
    await press('History', 'Control+Shift+H')
    await chordIs('History', 'Ctrl+Shift+H')
    await done()
    await opens('Control+Shift+H', 'History')
    // The old one is nobody's: it closes nothing.
    await page.keyboard.press('Control+Shift+H')
    await page.keyboard.press('Alt+2')
    await page.keyboard.press('Control+Shift+H')
    await expect.poll(() => isOpen('History')).toBe(false)
  })

  it('a chord that is taken says by which command, and is taken over only where one says so', async () => {
    await openDialog()
    await press('Queue', 'Control+Shift+H')
    await expect.poll(() => clash().innerText()).toContain('Ctrl+Shift+H is the shortcut of “History”.')
    await clash().getByRole('button', { name: 'Leave it' }).click()
    await clash().waitFor({ state: 'detached' })
    await chordIs('Queue', 'Alt+3')
    await chordIs('History', 'Ctrl+Shift+H')
    expect(await hasFocus(field('Queue'))).toBe(true)

    await press('Queue', 'Control+Shift+H')
    await clash().getByRole('button', { name: 'Take it over' }).click()
    await chordIs('Queue', 'Ctrl+Shift+H')
    await chordIs('History', 'none')
    expect(await hasFocus(field('Queue'))).toBe(true)
    await done()
    await opens('Control+Shift+H', 'Queue')
  })

  it('it is bound so after a reload', async () => {
    await page.reload()
    await page.getByRole('button', { name: 'Queue', exact: true }).waitFor()
    await opens('Control+Shift+H', 'Queue')
  })

  it('a default comes back; where another command has it meanwhile that is said first', async () => {
    const takeBack = (command: Drawer): Promise<void> =>
      dialog()
        .getByRole('button', { name: `Take back the default of ${command}` })
        .click()
    await openDialog()
    await takeBack('History')
    await chordIs('History', 'Alt+2')
    expect(await hasFocus(field('History'))).toBe(true)
    await press('Queue', 'Alt+2')
    await clash().getByRole('button', { name: 'Take it over' }).click()
    await chordIs('History', 'none')
    await takeBack('History')
    await expect.poll(() => clash().innerText()).toContain('Alt+2 is the shortcut of “Queue”.')
    await clash().getByRole('button', { name: 'Take it over' }).click()
    await chordIs('History', 'Alt+2')
    await chordIs('Queue', 'none')
    await done()
    await opens('Alt+2', 'History')
  })

  it('all defaults come back at once', async () => {
    await openDialog()
    const all = dialog().getByRole('button', { name: 'Take all defaults back' })
    await all.click()
    await chordIs('Queue', 'Alt+3')
    await expect.poll(() => all.isDisabled()).toBe(true)
    await page.reload()
    await page.getByRole('button', { name: 'Queue', exact: true }).waitFor()
    await opens('Alt+3', 'Queue')
  })

  it('what a browser or a panel keeps is said before it is bound', async () => {
    await openDialog()
    expect(await dialog().getByRole('status').innerText()).toContain('Browsers keep Ctrl+N')
    await press('History', 'Control+n')
    await expect.poll(() => clash().innerText()).toContain('Browsers keep Ctrl+N for themselves')
    await clash().getByRole('button', { name: 'Leave it' }).click()
    await chordIs('History', 'Alt+2')
    await press('History', 'p')
    await expect
      .poll(() => clash().innerText())
      .toContain('While a word of the reasoning has the focus, P belongs to it')
    await clash().getByRole('button', { name: 'Use it all the same' }).click()
    await chordIs('History', 'P')
    // The default needs no second question.
    await dialog().getByRole('button', { name: 'Take back the default of History' }).click()
    await chordIs('History', 'Alt+2')
    await done()
  })

  it('Option on a Mac makes another sign of a digit, and the chord is found by its place', async () => {
    await page.evaluate(() =>
      document.body.dispatchEvent(
        new KeyboardEvent('keydown', { key: '™', code: 'Digit2', altKey: true, bubbles: true, cancelable: true }),
      ),
    )
    await expect.poll(() => isOpen('History')).toBe(true)
    await page.keyboard.press('Alt+2')
    await expect.poll(() => isOpen('History')).toBe(false)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
