import { expect, test } from 'vitest'
import { groupTray } from './tray-groups.ts'

const picture = { blob: 'c'.repeat(64), width: 32, height: 32 }
const tray = {
  cell: 32,
  cells: 4,
  sprites: [
    { name: 'cat', category: 'animal', picture },
    { name: 'apple', category: 'fruit', picture },
    { name: 'caterpillar', category: 'animal', picture },
  ],
  backgrounds: [{ name: 'meadow', picture }],
  attribution: '',
}
const names = (query: string) =>
  groupTray(tray, query).map(({ name, items }) => [name, ...items.map((item) => item.name)])

test('backgrounds come first, then sprites by kind in the order of the world', () => {
  expect(names('')).toEqual([
    ['Backgrounds', 'meadow'],
    ['Animal', 'cat', 'caterpillar'],
    ['Fruit', 'apple'],
  ])
})

test('a search finds by name and by kind, every word of it', () => {
  expect(names('CAT')).toEqual([['Animal', 'cat', 'caterpillar']])
  expect(names('fruit')).toEqual([['Fruit', 'apple']])
  expect(names('animal pillar')).toEqual([['Animal', 'caterpillar']])
  expect(names('background')).toEqual([['Backgrounds', 'meadow']])
  expect(names('dragon')).toEqual([])
})
