import { describe, expect, it } from 'vitest'
import type { Run } from '../../../shared/studio.ts'
import { describeEdits, treeLines, walkTree } from './run-tree.ts'

const run = (id: string, parent: Run['parent'], createdAt = 0): Run => ({ id, parent, createdAt }) as Run
const lines = treeLines([
  run('root', null),
  run('late', { run: 'root', step: 9 }),
  run('early', { run: 'root', step: 2 }, 5),
  run('leaf', { run: 'early', step: 4 }),
  run('orphan', { run: 'gone', step: 1 }, 9),
])

describe('the tree of runs', () => {
  it('has every run once, parents first, branches by the step they leave at', () => {
    expect(lines.map((line) => [line.run.id, line.depth])).toEqual([
      ['root', 0],
      ['early', 1],
      ['leaf', 2],
      ['late', 1],
      ['orphan', 0],
    ])
  })

  it('is walked with arrows: down and up the lines, left to the parent, right to the first branch', () => {
    const go = (from: string, key: string): string | null => walkTree(lines, from, key)
    expect(go('root', 'ArrowRight')).toBe('early')
    expect(go('leaf', 'ArrowLeft')).toBe('early')
    expect(go('leaf', 'ArrowDown')).toBe('late')
    expect(go('root', 'ArrowUp')).toBe('root')
    expect(go('root', 'End')).toBe('orphan')
    expect(go('root', 'x')).toBeNull()
    expect(go('unknown', 'ArrowDown')).toBe('root')
  })
})

it('says what was changed at a branch, with tokens as words', () => {
  const label = (token: number): string => ['a', 'cat'][token] ?? '?'
  const text = (index: number): { field: 'outputText'; index: number } => ({ field: 'outputText', index })
  expect(describeEdits({ replace: [{ place: text(4), token: '#1' }], remask: [] }, label)).toBe('“cat” at 5')
  expect(
    describeEdits(
      { replace: [], remask: [text(1), { field: 'outputImage', index: 3 }, { field: 'outputImage', index: 4 }] },
      label,
    ),
  ).toBe('1 word masked again, 2 cells masked again')
  expect(describeEdits(null, label)).toBe('gone on unchanged')
})
