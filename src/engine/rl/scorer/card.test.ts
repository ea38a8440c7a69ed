/** The card of the scorer that ships quotes what was measured. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scorerScoresSchema } from '../../../shared/rl.ts'
import { textErrorNames } from './text-errors.ts'
import { scorerFiles } from './config.ts'

const folder = new URL('../../../../resources/models/storybook-scorer/', import.meta.url)
const read = (name: string): Promise<string> => readFile(fileURLToPath(new URL(name, folder)), 'utf8')
const card = await read('README.md')
const scores = scorerScoresSchema.parse(JSON.parse(await read(scorerFiles.scores)))
const percent = (share: number): string => (100 * share).toFixed(1)
const quoted = ({ value, low, high }: { value: number; low: number; high: number }): string =>
  `${percent(value)} (${percent(low)}-${percent(high)})`

test('recall, and how many pairs it is of', () => {
  expect(card).toContain(`On ${scores.pairs} pairs of the test split`)
  expect(card).toContain(`seed ${scores.seed}`)
  expect(card).toContain(`its own picture among all ${scores.pairs} in ${quoted(scores.recallPicture)} %`)
  expect(card.replaceAll('\n', ' ')).toContain(`a picture its text in ${quoted(scores.recallText)} %`)
})

test('every planted error, of whole texts and of masked ones', () => {
  const rows = new Map(
    [...card.matchAll(/^\| (?!planted|---)(.+?) \| (.+?) \| (.+?) \|$/gm)].map(([, error, whole, masked]) => [
      error!,
      [whole!, masked!],
    ]),
  )
  const errors = new Set(scores.ranks.map(({ error }) => error))
  expect(new Set(rows.keys())).toEqual(errors)
  for (const name of textErrorNames) expect(errors).toContain(name)
  for (const error of errors) {
    const told = scores.ranks.filter((rank) => rank.error === error).sort((a, b) => a.masked - b.masked)
    expect(rows.get(error), error).toEqual(told.map(({ share }) => quoted(share)))
  }
})
