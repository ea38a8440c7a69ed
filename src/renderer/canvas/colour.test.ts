import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hexToHsv, hsvToHex, parseHex, withRecent } from './colour.ts'

const hex = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`)

test('every colour survives the way through hue, saturation and value', () => {
  fc.assert(fc.property(hex, (colour) => void expect(hsvToHex(hexToHsv(colour))).toBe(colour)))
})

test('a grey keeps the hue it was given, so that a picker does not jump', () => {
  expect(hexToHsv('#808080', { h: 210, s: 0.4 })).toMatchObject({ h: 210, s: 0 })
  expect(hexToHsv('#000000', { h: 210, s: 0.4 })).toEqual({ h: 210, s: 0.4, v: 0 })
})

test('colours are read as people type them', () => {
  expect(parseHex('#A1b2C3')).toBe('#a1b2c3')
  expect(parseHex(' fa0 ')).toBe('#ffaa00')
  expect(parseHex('#12345')).toBeNull()
  expect(parseHex('red')).toBeNull()
})

test('a colour used again moves to the front, and is there once', () => {
  expect(withRecent(['#1', '#2', '#3'], '#3', 3)).toEqual(['#3', '#1', '#2'])
  expect(withRecent(['#1', '#2', '#3'], '#4', 3)).toEqual(['#4', '#1', '#2'])
})
