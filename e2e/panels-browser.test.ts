/** The areas of the editor by hand: made larger and smaller with mouse and keyboard, folded, and kept as they were left. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'

/** Of an arrow key, in pixels. */
const STEP = 16
const WINDOW = { width: 1440, height: 900 }

interface Edge {
  readonly name: string
  readonly area: string
  readonly along: 'width' | 'height'
  /** Towards which the area grows: 1 is right or down. */
  readonly grows: 1 | -1
}
const edges: readonly Edge[] = [
  { name: 'Width of the drawer', area: 'Tray', along: 'width', grows: 1 },
  { name: 'Width of the side', area: 'Run and layers', along: 'width', grows: -1 },
  { name: 'Height of the timeline', area: 'Timeline', along: 'height', grows: -1 },
  { name: 'Height of the reasoning', area: 'Reasoning', along: 'height', grows: -1 },
]

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('separator', { name: 'Width of the side' }).waitFor()
  })
  afterAll(() => studio?.close())

  const bar = ({ name }: Pick<Edge, 'name'>): Locator => page.getByRole('separator', { name })
  const said = async (edge: Edge, attribute = 'aria-valuenow'): Promise<number> =>
    Number(await bar(edge).getAttribute(attribute))
  /** As it lies in the window, in pixels. */
  const size = async ({ area, along }: Edge): Promise<number> =>
    (await page.locator(`[aria-label="${area}"]:is(aside, section)`).boundingBox())![along]
  /** The area has that size, and its bar says so. */
  const has = async (edge: Edge, pixels: number): Promise<void> => {
    await expect.poll(() => size(edge)).toBe(pixels)
    expect(await said(edge)).toBe(pixels)
  }
  const drag = async (edge: Edge, by: number): Promise<void> => {
    const { x, y, width, height } = (await bar(edge).boundingBox())!
    const [fromX, fromY] = [x + width / 2, y + height / 2]
    const [byX, byY] = edge.along === 'width' ? [by, 0] : [0, by]
    await page.mouse.move(fromX, fromY)
    await page.mouse.down()
    await page.mouse.move(fromX + byX, fromY + byY, { steps: 4 })
    await page.mouse.up()
    // With the button up it follows nothing.
    await page.mouse.move(fromX, fromY)
  }
  const arrows = (edge: Edge): readonly [more: string, less: string] => {
    const both = edge.along === 'width' ? (['ArrowRight', 'ArrowLeft'] as const) : (['ArrowDown', 'ArrowUp'] as const)
    return edge.grows === 1 ? both : [both[1], both[0]]
  }

  it.each(edges)('$name is changed by mouse and by keyboard, within its bounds', async (edge) => {
    const initial = await said(edge)
    await has(edge, initial)
    await drag(edge, edge.grows * 40)
    await has(edge, initial + 40)
    await bar(edge).dblclick()
    await has(edge, initial)

    const [more, less] = arrows(edge)
    await bar(edge).focus()
    await page.keyboard.press(more)
    await page.keyboard.press(more)
    await has(edge, initial + 2 * STEP)
    await page.keyboard.press(less)
    await has(edge, initial + STEP)
    const [least, most] = [await said(edge, 'aria-valuemin'), await said(edge, 'aria-valuemax')]
    await page.keyboard.press('Home')
    await has(edge, least)
    await page.keyboard.press(less)
    await has(edge, least)
    await page.keyboard.press('End')
    await has(edge, most)
    await drag(edge, edge.grows * 40)
    await has(edge, most)
    await page.keyboard.press('Enter')
    await has(edge, initial)
  })

  it('all sizes, folded parts and the open drawer are there again after a reload', async () => {
    const left: number[] = []
    for (const edge of edges) {
      await drag(edge, edge.grows * 24)
      left.push(await said(edge))
    }
    const fold = (): Locator => page.getByRole('button', { name: 'Temperature', exact: true })
    await fold().click()
    await page.reload()
    await bar(edges[0]!).waitFor()
    for (const [i, edge] of edges.entries()) await has(edge, left[i]!)
    expect(await fold().getAttribute('aria-expanded')).toBe('false')

    await page.getByRole('button', { name: 'Close Tray' }).click()
    await page.reload()
    await bar(edges[1]!).waitFor()
    expect(await bar(edges[0]!).count()).toBe(0)
    await page.getByRole('button', { name: 'Tray', exact: true }).click()
    await has(edges[0]!, left[0]!)
  })

  it('a small window has less of them, and a large one what they were set to', async () => {
    const [drawer, side] = [edges[0]!, edges[1]!]
    await bar(side).focus()
    await page.keyboard.press('End')
    const set = await said(side)
    await page.setViewportSize({ width: 1000, height: 700 })
    await expect.poll(() => said(side)).toBeLessThan(set)
    const canvas = (await page.locator('section[aria-label=Canvas]').boundingBox())!
    expect(canvas.width).toBeGreaterThan(200)
    await page.setViewportSize(WINDOW)
    await has(side, set)
    await has(drawer, await said(drawer))
  })

  it('a wide window has the reasoning in a column of its own, with a width of its own', async () => {
    const column: Edge = { name: 'Width of the reasoning', area: 'Reasoning', along: 'width', grows: -1 }
    await page.setViewportSize({ width: 1800, height: 900 })
    await bar(column).waitFor()
    expect(await bar({ name: 'Height of the reasoning' }).count()).toBe(0)
    const initial = await said(column)
    await drag(column, -40)
    await has(column, initial + 40)
    await page.reload()
    await bar(column).waitFor()
    await has(column, initial + 40)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
