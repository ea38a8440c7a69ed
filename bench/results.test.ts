/** Every table can be made again: it says its command, or README.md beside it does. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const folder = new URL('results/', import.meta.url)
const readme = await readFile(new URL('README.md', folder), 'utf8')
const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))

it.each(files)('%s comes with the command that makes it', async (name) => {
  const { command } = JSON.parse(await readFile(new URL(name, folder), 'utf8')) as { command?: string }
  const line = readme.split('\n').find((row) =>
    row
      .split('|')[1]
      ?.split(',')
      .some((cell) => cell.trim() === name),
  )
  expect(command ?? line?.split('|')[2]).toMatch(/node bench\/|npm run soak|in the file/)
})
