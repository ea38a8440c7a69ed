/** Projects by hand: made and named, opened one after the other, found again after a reload, renamed, deleted. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory } from './first-edit.ts'
import { runEnds } from './hands.ts'
import { importLargeProject } from './large-project.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: /Where things are/ }).click()
  })
  afterAll(() => studio?.close())

  const instruction = (): Locator => page.getByRole('textbox', { name: 'Instruction' })
  const dialog = (): Locator => page.getByRole('dialog', { name: 'Projects' })
  const openDialog = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Studio menu' }).click()
    await page.getByRole('menuitem', { name: 'Projects' }).click()
    await dialog().waitFor()
  }
  const project = (name: string): Locator => dialog().getByRole('button', { name: new RegExp(`^${name}`) })
  const names = (): Promise<string[]> => dialog().locator('.project-title').allInnerTexts()
  const nameField = (): Locator => dialog().getByRole('textbox', { name: 'Name of the project' })
  const act = async (name: string, entry: RegExp): Promise<void> => {
    await dialog()
      .getByRole('button', { name: `Actions for ${name}` })
      .click()
    await page.getByRole('menuitem', { name: entry }).click()
  }
  const isOpen = (name: string): Promise<void> =>
    page.getByRole('button', { name: `Project: ${name}`, exact: true }).waitFor()
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.textContent || document.activeElement?.tagName || '')

  it('one is made, and named where it stands; the focus stays with it', async () => {
    await runEnds(page, 16)
    await openHistory(page)
    await expect.poll(() => historyRows(page).count()).toBe(1)
    await openDialog()
    await dialog().getByRole('button', { name: 'New project' }).click()
    await nameField().fill('Winter')
    await page.keyboard.press('Enter')
    await expect.poll(names).toEqual(['Winter', 'First project'])
    await expect.poll(focused).toMatch(/^Winter/)
    await act('Winter', /Rename/)
    await nameField().fill('Summer')
    // Escape gives the name up, and leaves the dialog open.
    await page.keyboard.press('Escape')
    await nameField().waitFor({ state: 'detached' })
    await expect.poll(names).toEqual(['Winter', 'First project'])
    await expect.poll(focused).toMatch(/^Winter/)
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    await isOpen('Winter')
    expect(await historyRows(page).count()).toBe(0)
  })

  it('each has a document and a history of its own, and the one that was open last opens again', async () => {
    await instruction().fill('let it snow')
    await openDialog()
    await project('First project').click()
    await dialog().waitFor({ state: 'detached' })
    await isOpen('First project')
    await expect.poll(() => instruction().inputValue()).toBe('swap the dog and the rocket')
    await expect.poll(() => historyRows(page).count()).toBe(1)
    await openDialog()
    await project('Winter').click()
    await expect.poll(() => instruction().inputValue()).toBe('let it snow')
    await page.reload()
    await isOpen('Winter')
    await expect.poll(() => instruction().inputValue()).toBe('let it snow')
  })

  it('one is deleted only where one says so; another takes its place', async () => {
    await openDialog()
    await act('Winter', /Delete/)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(async () => (await names()).sort()).toEqual(['First project', 'Winter'])
    await act('Winter', /Delete/)
    await page.getByRole('button', { name: 'Delete the project' }).click()
    await expect.poll(names).toEqual(['First project'])
    await page.keyboard.press('Escape')
    await isOpen('First project')
    await expect.poll(() => instruction().inputValue()).toBe('swap the dog and the rocket')
    // The last one goes too: there is always one to work in.
    await openDialog()
    await act('First project', /Delete/)
    await page.getByRole('button', { name: 'Delete the project' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /Where things are/ }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: /Where things are/ }).waitFor()
    expect(await historyRows(page).count()).toBe(0)
  })

  it('one of many is found by its name', async () => {
    await openDialog()
    for (let i = 0; i < 6; i++) {
      await dialog().getByRole('button', { name: 'New project' }).click()
      await nameField().fill(`Sketch ${i}`)
      await page.keyboard.press('Enter')
      await project(`Sketch ${i}`).waitFor()
    }
    await dialog().getByRole('textbox', { name: 'Search projects' }).fill('sketch 3')
    await expect.poll(names).toEqual(['Sketch 3'])
    await project('Sketch 3').click()
    await isOpen('Sketch 3')
  })

  it('one larger than a part of an upload is imported from its file', () => importLargeProject(page))

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
