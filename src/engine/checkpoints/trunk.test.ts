/** Paths as a session is told them: one root, and what lies below it, on systems with drives and without. */
import { expect, it } from 'vitest'
import { belowRoot, oneRoot } from './trunk.ts'

it.each([
  ['/models/a.safetensors', '/', 'models/a.safetensors'],
  ['C:\\models\\a.safetensors', 'C:\\', 'models/a.safetensors'],
  ['D:/models/a.safetensors', 'D:/', 'models/a.safetensors'],
])('%s lies below %s as %s', (path, root, below) => {
  expect([oneRoot([path]), belowRoot(path)]).toEqual([root, below])
})

it('files on one drive have one root, however it is written', () => {
  expect(oneRoot(['C:\\a\\1.safetensors', 'c:/b/2.safetensors'])).toBe('C:\\')
})

it('files on two drives are refused with what to do: a session knows one root', () => {
  expect(() => oneRoot(['C:\\a\\1.safetensors', 'D:\\b\\2.safetensors'])).toThrow(/two drives, C:\\ and D:\\/)
})
