/**
 * A start of the desktop application that has been open before, launched as the end-to-end tests launch it: from the start
 * of its process to a window that can be used, and to the first frame with the pixels of a stroke. A display that is there
 * is used, else a virtual one. Usage: node bench/studio-start.ts [starts]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDisplay } from '../e2e/display.ts'
import { openInElectron } from '../e2e/electron.ts'
import { electronMissing } from '../e2e/electron-launch.ts'
import { saveResult } from './lib.ts'
import { spread } from './studio-eyes.ts'
import { paintStroke } from './studio-page.ts'

const starts = Number(process.argv[2] ?? 12)

const missing = await electronMissing()
if (missing !== null) throw new Error(missing)
const display = await openDisplay()
// Not part of a start: the display stands.
process.env.DISPLAY = display.name
const data = await mkdtemp(join(tmpdir(), 'tandem-bench-start-'))
const interactive: number[] = []
const stroke: number[] = []
try {
  await open(false)
  for (let i = 0; i < starts; i++) await open(true)
  await saveResult('studio-start', {
    starts,
    interactive: spread('', interactive),
    first_stroke: spread('', stroke),
  })
} finally {
  display.close()
  await rm(data, { recursive: true, force: true, maxRetries: 10 })
}

/** Opens the application, paints, and closes it. Cold: for the first time, which makes the data folder and is not timed. */
async function open(warm: boolean): Promise<void> {
  const began = performance.now()
  const studio = await openInElectron({ data })
  const { page } = studio
  try {
    if (!warm) {
      await page.getByRole('button', { name: /Where things are/ }).click()
      await page.locator('.canvas-percent').waitFor()
      // The run that comes with it ends, and everything is kept.
      await page.waitForFunction(() => document.querySelector('[role=slider][aria-label=Step]')?.ariaValueNow === '16')
      await page.waitForTimeout(1500)
      return
    }
    // The view of the document stands, the connection is up, and the button that runs can be pressed.
    await page.locator('.canvas-percent').waitFor()
    await page.locator('.run-go button:enabled').first().waitFor()
    interactive.push(performance.now() - began)
    const { undo } = await paintStroke(page)
    stroke.push(performance.now() - began)
    await undo()
    // What was done in the last moment may be lost.
    await page.waitForTimeout(1000)
  } finally {
    await studio.close()
  }
}
