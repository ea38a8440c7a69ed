/** What the application has of the system's own: its menu, whose commands reach the studio, and files that are saved. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { MenuItem } from 'electron'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPngText } from '../src/shared/png-text.ts'
import { openInElectron, type ElectronStudio } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { dropFile, pixels, runEnds, stroke, undoButton } from './hands.ts'
import { importLargeProject } from './large-project.ts'
import { describeWith } from './needs.ts'

describeWith(await electronMissing())('the application', () => {
  let studio: ElectronStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInElectron()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: /Where things are/ }).click()
  })
  afterAll(() => studio?.close())

  const undoes = (): Promise<string | null> => undoButton(page).getAttribute('aria-label')

  /** Chooses an entry, as a click on it does. */
  const choose = (menu: string, entry: string): Promise<void> =>
    studio.app.evaluate(
      ({ BrowserWindow, Menu }, [outer, inner]) => {
        const find = (items: readonly MenuItem[] | undefined, label: string): MenuItem => {
          const found = items?.find((item) => item.label.replace('&', '') === label)
          if (!found) throw new Error(`There is no ${label}.`)
          return found
        }
        const item = find(find(Menu.getApplicationMenu()?.items, outer).submenu?.items, inner)
        const [window] = BrowserWindow.getAllWindows()
        window!.focus()
        const click = item.click as (event: object, window: unknown, contents: unknown) => void
        click({}, window, window!.webContents)
      },
      [menu, entry] as const,
    )

  describe('its menu', () => {
    interface Seen {
      readonly opened: string[]
    }
    const opened = (): Promise<string[]> => studio.app.evaluate(() => (globalThis as unknown as Seen).opened)

    it('undoes and does again what was done in the window', async () => {
      await runEnds(page, 16)
      await page.getByRole('button', { name: 'Brush', exact: true }).click()
      await stroke(page, [0.45, 0.6], [0.55, 0.6])
      await expect.poll(undoes).toBe('Undo: Paint')
      await choose('Edit', 'Undo')
      await expect.poll(undoes).not.toBe('Undo: Paint')
      await choose('Edit', 'Redo')
      await expect.poll(undoes).toBe('Undo: Paint')
    })

    it('undoes what was typed where the focus stands in a text of its own', async () => {
      await page.getByRole('button', { name: 'History', exact: true }).click()
      const search = page.getByRole('searchbox', { name: 'Search instruction and reasoning' })
      // At once: letters that come apart in time are undone apart.
      await search.focus()
      await page.keyboard.insertText('dog')
      await choose('Edit', 'Undo')
      await expect.poll(() => search.inputValue()).toBe('')
      expect(await undoes()).toBe('Undo: Paint')
    })

    it('opens files, projects, preferences, commands and shortcuts', async () => {
      const chooser = page.waitForEvent('filechooser')
      await choose('File', 'Open …')
      expect((await chooser).isMultiple()).toBe(true)
      for (const [menu, entry, title] of [
        ['File', 'All Projects …', 'Projects'],
        ['File', 'Preferences …', 'Preferences'],
        ['Help', 'All Commands …', 'Command palette'],
        ['Help', 'Shortcuts …', 'Shortcuts'],
      ] as const) {
        await choose(menu, entry)
        await page.getByRole('dialog', { name: title }).waitFor()
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
    })

    it('begins a project', async () => {
      await choose('File', 'New Project')
      await page.getByText('Make a first edit').waitFor()
      await page.keyboard.press('Control+k')
      await page.keyboard.type('All projects')
      await page.keyboard.press('Enter')
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^First project/ })
        .first()
        .click()
      await expect.poll(undoes).toBe('Undo: Paint')
    })

    it('leads to the paper and to the folder of the data', async () => {
      await studio.app.evaluate(({ shell }) => {
        const seen: string[] = []
        Object.assign(globalThis, { opened: seen })
        shell.openExternal = (address) => Promise.resolve(void seen.push(address))
        shell.openPath = (path) => Promise.resolve((seen.push(path), ''))
      })
      await choose('Help', 'About the Model (arXiv)')
      await choose('Help', 'Show Data Folder')
      expect(await opened()).toEqual(['https://arxiv.org/abs/2511.09611', studio.data])
    })

    it('has the diagnostics on the clipboard, without a path of this machine', async () => {
      await studio.app.evaluate(({ clipboard }) => clipboard.writeText(''))
      await choose('Help', 'Copy Diagnostics')
      const copied = (): Promise<string> => studio.app.evaluate(({ clipboard }) => clipboard.readText())
      await expect.poll(copied).toMatch(/Tandem Studio/)
      expect(await copied()).not.toContain(studio.data)
    })
  })

  describe('what it saves', () => {
    /**
     * The file that `ask` has the application save. Where the system's dialog would ask, the place is given: the rest,
     * from the page's link over the guard and the address of the bytes to the disk, is the product's.
     */
    async function saved(ask: () => Promise<unknown>): Promise<{ name: string; bytes: Buffer }> {
      const path = join(studio.data, 'saved')
      const done = studio.app.evaluate(
        ({ session }, to) =>
          new Promise<string>((resolve, reject) => {
            session.defaultSession.once('will-download', (_event, item) => {
              const offered = item.getSaveDialogOptions().defaultPath ?? ''
              item.setSavePath(to)
              item.once('done', (_done, state) => (state === 'completed' ? resolve(offered) : reject(new Error(state))))
            })
          }),
        path,
      )
      await ask()
      const offered = await done
      const bytes = await readFile(path)
      await rm(path)
      expect(offered).toContain(await studio.app.evaluate(({ app }) => app.getPath('downloads')))
      return { name: offered.split('/').at(-1)!, bytes }
    }

    it('is the picture of the document, where the person put it', async () => {
      const { name, bytes } = await saved(() => choose('File', 'Export Document as Picture …'))
      expect(name).toBe('First project.png')
      const { data, width, height, channels } = await pixels(bytes)
      expect([width, height]).toEqual([128, 128])
      // The stroke is in it, in the colour that a studio starts with.
      const at = (Math.round(0.6 * 128) * 128 + 64) * channels
      expect([...data.subarray(at, at + 3)]).toEqual([0x2f, 0x6f, 0xde])
    })

    it('is a run with what made it', async () => {
      const { bytes } = await saved(async () => {
        await page.getByRole('button', { name: 'Export this run' }).click()
        await page.getByRole('menuitem', { name: /^Picture with its recipe/ }).click()
      })
      expect(JSON.parse(readPngText(bytes).get('tandem')!)).toMatchObject({
        instruction: 'swap the dog and the rocket',
      })
    })

    it('is a project as one file, which opens again', async () => {
      await page.getByText('Saved', { exact: true }).waitFor()
      const { name, bytes } = await saved(() => choose('File', 'Export Project …'))
      expect(name).toBe('First project.tandem')
      await dropFile(page, name, bytes)
      await page.getByText(/is open\.$/).waitFor()
      await expect.poll(undoes).toBe('Undo: Paint')
    })
  })

  it('takes in a project larger than a part of an upload', () => importLargeProject(page))

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
