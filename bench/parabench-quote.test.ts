/** README and model card say of ParaBench what was measured, and nothing else. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { quote, quotedIn, readMeasured, withQuote } from './parabench-quote.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

test.each(quotedIn)('%s quotes the measured tables', async (name) => {
  const text = await readFile(join(root, name), 'utf8')
  expect(withQuote(text, await quote(await readMeasured()))).toBe(text)
})

test('a number that changed changes the quote', async () => {
  const measured = await readMeasured()
  const before = await quote(measured)
  const group = measured['storybook-16']!.modes['parallel']!
  group.overall = { value: 12.3, low: 1, high: 20 }
  expect(await quote(measured)).not.toBe(before)
})
